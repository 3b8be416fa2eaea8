// evaluate/check_split.h -- a split that the graph must have.
#pragma once

#include <string>

#include "twhin/graph/graph.h"

namespace twhin {

/// Throws not_found "evaluate.unknown_split", with the nearest.
void check_split(const Graph& graph, const std::string& split);

}  // namespace twhin
