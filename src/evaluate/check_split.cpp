#include "evaluate/check_split.h"

#include <fmt/format.h>

#include "twhin/base/error.h"

namespace twhin {

void check_split(const Graph& graph, const std::string& split) {
  if (graph.has_split(split)) return;
  throw ErrorBuilder(ErrorKind::not_found, "evaluate.unknown_split")
      .what(fmt::format("the graph has no split {}", quote(split)))
      .at(graph.path().string())
      .expected("one of " + list(graph.splits()))
      .hint(did_you_mean(split, graph.splits()))
      .build();
}

}  // namespace twhin
