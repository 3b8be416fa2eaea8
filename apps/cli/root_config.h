// cli/root_config.h -- the config file of all verbs: here the sections come together.
#pragma once

#include "twhin/config/field.h"

namespace twhin::cli {

struct RootConfig {
  Path graph = "run/graph";
  Path models = "run/models";

  template <class Visitor>
  static void fields(Visitor& f) {
    f("graph", &RootConfig::graph, "Directory of the network that import writes.", not_empty);
    f("models", &RootConfig::models, "Directory of the models that train writes.", not_empty);
  }
};

}  // namespace twhin::cli
