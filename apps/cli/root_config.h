// cli/root_config.h -- the config file of all verbs: here the sections come together.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "twhin/config/describe.h"
#include "twhin/config/field.h"
#include "twhin/config/types.h"
#include "twhin/graph/options.h"
#include "twhin/index/options.h"
#include "twhin/mixture/options.h"
#include "twhin/train/options.h"

namespace twhin::cli {

/// An entry of `entities`: what each verb may be told of a type.
struct EntityConfig : EntityOptions, EntityTrainOptions {
  template <class Visitor>
  static void fields(Visitor& f) {
    EntityOptions::fields(f);
    EntityTrainOptions::fields(f);
  }
};

/// An entry of `relations`.
struct RelationConfig : RelationEnds, RelationOptions {
  template <class Visitor>
  static void fields(Visitor& f) {
    RelationEnds::fields(f);
    RelationOptions::fields(f);
  }
};

struct RootConfig {
  Path graph = "run/graph";
  Path models = "run/models";
  Named<EntityConfig> entities;
  Named<RelationConfig> relations;
  std::vector<SourceOptions> sources;
  SplitOptions split;
  Named<std::vector<std::string>> networks;
  ImportSettings import;
  TrainOptions train;
  IndexOptions index;
  MixtureOptions mixture;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("graph", &RootConfig::graph, "Directory of the network that import writes.", not_empty);
    f("models", &RootConfig::models, "Directory of the models that train writes.", not_empty);
    f("entities", &RootConfig::entities, "Entity types by their names.");
    f("relations", &RootConfig::relations,
      "Relations by their names. The name \"*\" stands for all that a column names and nobody "
      "declares.");
    f("sources", &RootConfig::sources, "Files that the edges are read from.");
    f("split", &RootConfig::split, "Edges that are held out of training.");
    f("networks", &RootConfig::networks, "Named lists of relations that are trained together.");
    f("import", &RootConfig::import, "How the network is imported.");
    f("train", &RootConfig::train,
      "How a network is trained. Defaults by size are chosen for the network and said when a run "
      "begins: docs/training.md.");
    f("index", &RootConfig::index,
      "How `twhin index` builds: the section that the version was trained with, unless it is given "
      "--config.");
    f("mixture", &RootConfig::mixture,
      "How users become mixtures of clusters, where twhin mixture is given --config.");
  }
};

/// The options as help and documents show them; those that the network's size decides say so.
std::vector<config::Field> root_config_fields();

/// The part of the config that import depends on.
inline ImportOptions import_options(const RootConfig& config) {
  ImportOptions out;
  for (const auto& [name, entity] : config.entities) out.entities.emplace_back(name, entity);
  for (const auto& [name, relation] : config.relations) out.relations.emplace_back(name, relation);
  out.sources = config.sources;
  out.split = config.split;
  out.networks = config.networks;
  out.import = config.import;
  return out;
}

/// The part of the config that train depends on.
inline TrainConfig train_config(const RootConfig& config, std::string network) {
  TrainConfig out;
  out.train = config.train;
  for (const auto& [name, entity] : config.entities) out.entities.emplace_back(name, entity);
  for (const auto& [name, relation] : config.relations) out.relations.emplace_back(name, relation);
  out.network = std::move(network);
  return out;
}

}  // namespace twhin::cli
