#include "cli/model_graph.h"

#include <fmt/format.h>

#include "cli/args.h"
#include "twhin/base/error.h"

namespace twhin::cli {

Option follow_option() {
  return {
      "follow-checkpoints", "",
      "MODEL is a network: read the newest checkpoint of its run under way, or CURRENT if there "
      "is none"};
}

ModelVersion open_model(const Args& args) {
  if (!args.flag("follow-checkpoints")) return ModelVersion::open(args.text("model"));
  ModelVersion version = ModelVersion::open_newest(args.text("model"));
  args.observer().say(
      fmt::format("reading {}, {} epochs trained", version.path().string(), version.info().epochs));
  return version;
}

Graph open_graph_of(const ModelVersion& version, const std::string& wanted,
                    const std::string& else_hint) {
  if (!wanted.empty()) return Graph::open(wanted);
  const ModelInfo& info = version.info();
  if (!std::filesystem::exists(std::filesystem::path(info.graph_path) / Manifest::kFileName)) {
    throw ErrorBuilder(ErrorKind::not_found, "cli.graph_is_gone")
        .what("the graph that the version was trained on is not where it was")
        .at(version.path().string())
        .found(fmt::format("no graph in {}", quote(info.graph_path)))
        .hint("--graph DIR names it")
        .hint(else_hint)
        .build();
  }
  Graph graph = Graph::open(info.graph_path);
  if (graph.checksum() != info.graph_checksum) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "cli.graph_has_changed")
        .what("the graph is not the one that the version was trained on")
        .at(info.graph_path)
        .found("checksum " + to_hex(graph.checksum()))
        .expected(fmt::format("checksum {} (recorded in {})", to_hex(info.graph_checksum),
                              version.path().string()))
        .hint(fmt::format("--graph {} evaluates on it all the same, matching entities by name",
                          info.graph_path))
        .build();
  }
  return graph;
}

}  // namespace twhin::cli
