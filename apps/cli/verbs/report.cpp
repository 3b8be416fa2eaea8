// twhin report -- one page about a version: curves, quality, a map, who is near whom.
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/model_graph.h"
#include "cli/model_page.h"
#include "twhin/base/file.h"

namespace twhin::cli {
namespace {

constexpr std::size_t kQueries = 200;  // whose neighbours are looked up

int run_report(const Args& args, std::ostream& out) {
  const ModelVersion version = ModelVersion::open(args.text("model"));
  const OpenModel model(version);
  const Graph graph = open_graph_of(version, args.text("graph"));
  const std::string relation =
      args.given("relation") ? args.text("relation") : version.schema().relations.front().name;
  EvalOptions options;
  options.split = args.text("split");
  options.threads = static_cast<std::uint32_t>(args.threads());
  options.max_edges = args.count("max-edges");

  ModelPage page{version,
                 graph,
                 evaluate(version, graph, options, args.observer(), args.stop()),
                 TrainingCurve::read(version.path() / "metrics.jsonl"),
                 std::nullopt,
                 args.text("map-type"),
                 sample_neighbors(version, model.view(), graph, graph.schema().relation(relation),
                                  kQueries, options.seed)};
  if (args.given("map")) page.map = VectorMap::read(args.text("map"));
  write_text(args.text("out"), page.html());
  out << args.text("out") << '\n';
  return kExitOk;
}

}  // namespace

const Command kReport = {
    .name = "report",
    .group = Group::evaluation,
    .summary = "write one HTML page about a version",
    .arguments = {{"model", "MODEL", "a version, or a network: then its CURRENT version"}},
    .extra_options =
        {{"out", "FILE", "page to write", "report.html"},
         {"graph", "GRAPH", "instead of the graph that the version was trained on"},
         {"split", "NAME", "edges to rank", "test"},
         {"max-edges", "N", "at most so many edges, drawn evenly; without it all"},
         {"relation", "NAME",
          "whose rhs entities are sampled for neighbours; without it the first relation"},
         {"map", "FILE", "map of vectors that experiments/map drew: name, x, y and a colour"},
         {"map-type", "TYPE", "what is on the map, for its title", "entities"}},
    .run = &run_report,
};

}  // namespace twhin::cli
