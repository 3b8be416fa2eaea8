// twhin generate -- writes a synthetic network, or its truth as a model of the imported graph.
#include "twhin/generate/generate.h"

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "twhin/generate/planted_network.h"

namespace twhin::cli {
namespace {

int run_generate(const Args& args, std::ostream& out) {
  const std::filesystem::path directory = args.text("out");
  if (args.given("true-model")) {
    const std::filesystem::path models =
        args.given("models") ? std::filesystem::path(args.text("models")) : directory / "models";
    out << write_true_model(directory, args.text("true-model"), models).string() << '\n';
    return kExitOk;
  }
  const GenerateSummary summary =
      generate(args.fields<GenerateOptions>(), directory, args.observer(), args.stop());

  Table table({"written", "number"});
  for (std::size_t t = 0; t < kPlantedTypes.size(); ++t) {
    table.row({kPlantedTypes[t], grouped(summary.entities[t])});
  }
  for (std::size_t r = 0; r < kPlantedRelations.size(); ++r) {
    table.row({kPlantedRelations[r].name, grouped(summary.edges[r])});
  }
  table.row({"ads shown", grouped(summary.exposures)});
  out << table.text() << "\nNext: twhin import " << (directory / "config.yaml").string() << '\n';
  return kExitOk;
}

}  // namespace

const Command kGenerate = {
    .name = "generate",
    .group = Group::network,
    .summary = "write a Twitter-like network whose right answers are known",
    .arguments = {{"out", "OUT",
                   "directory to write; one that generate wrote is replaced, unless a graph or "
                   "models lie in it"}},
    .options = options_of<GenerateOptions>(),
    .extra_options = {{"true-model", "GRAPH",
                       "write no network, but the truth of the one in OUT as a model of GRAPH: the "
                       "upper bound for any learned one"},
                      {"models", "DIR", "where --true-model goes; OUT/models if left out"}},
    .run = &run_generate,
};

}  // namespace twhin::cli
