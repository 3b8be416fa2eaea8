// cli/model_graph.h -- the graph that belongs to a version.
#pragma once

#include <string>

#include "twhin/graph/graph.h"
#include "twhin/model/version.h"

namespace twhin::cli {

/// `wanted`, or, if that is empty, the graph that the version was trained on.
/// Errors    those of Graph::open; not_found "cli.graph_is_gone" if the recorded place has none;
///           invalid_argument "cli.graph_has_changed" if it has another one than was recorded. Of a
///           graph that the user names the checksum is not compared.
Graph open_graph_of(const ModelVersion& version, const std::string& wanted);

}  // namespace twhin::cli
