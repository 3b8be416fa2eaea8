// cli/model_graph.h -- the version that a verb reads, and the graph that belongs to it.
#pragma once

#include <string>

#include "cli/command.h"
#include "twhin/graph/graph.h"
#include "twhin/model/version.h"

namespace twhin::cli {

class Args;

/// The option of verbs that read a model: with it, argument "model" is a network whose newest
/// checkpoint is read.
Option follow_option();
/// The version that argument "model" names, or, with follow_option(), the newest state of the
/// network; which one is said on stderr.
/// Errors    those of ModelVersion::open and open_newest.
ModelVersion open_model(const Args& args);

/// `wanted`, or, if that is empty, the graph that the version was trained on.
/// Errors    those of Graph::open; not_found "cli.graph_is_gone", with the caller's hint beside its
///           own; invalid_argument "cli.graph_has_changed" if it has another one than was recorded.
///           Of a graph that the user names the checksum is not compared.
Graph open_graph_of(const ModelVersion& version, const std::string& wanted,
                    const std::string& else_hint = {});

}  // namespace twhin::cli
