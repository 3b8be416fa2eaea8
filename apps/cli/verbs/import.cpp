// twhin import -- from tables of names to a partitioned network on disk.
#include "twhin/graph/import.h"

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/root_config.h"
#include "twhin/base/error.h"
#include "twhin/graph/estimate.h"

namespace twhin::cli {
namespace {

/// The setting that a user changes from one machine to the next, as an option of its own.
struct MemoryOption {
  std::optional<Bytes> memory;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("memory", &MemoryOption::memory,
      "Memory that the process may have resident, in place of the config's import.memory.",
      at_least(Bytes{std::uint64_t{64} << 20}));
  }
};

int run_import(const Args& args, std::ostream& out) {
  const config::Document document = args.document();
  const auto config = config::load<RootConfig>(document);
  ImportOptions options = import_options(config);
  if (args.given("threads")) options.import.threads = static_cast<std::uint32_t>(args.threads());
  if (args.given("memory")) options.import.memory = args.fields<MemoryOption>().memory;
  check_import(options, [&](std::string_view path) { return document.place(path); });

  if (args.flag("dry-run")) {
    if (args.given("base")) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "cli.conflicting_options")
          .what("--dry-run estimates an import without a base")
          .found("--dry-run and --base")
          .hint("leave --base out; what the base has and the sources have not comes on top")
          .build();
    }
    const ImportEstimate estimate =
        estimate_import(options, config.graph.resolved, args.observer(), args.stop());
    out << (args.flag("json") ? estimate.to_json() + "\n" : estimate.to_table());
    estimate.check_memory();
    estimate.check_disk();
    return kExitOk;
  }
  std::optional<Graph> base;
  if (args.given("base")) base = Graph::open(args.text("base"));

  const ImportSummary summary = import_graph(options, config.graph.resolved, args.observer(),
                                             args.stop(), base ? &*base : nullptr);

  out << (args.flag("json") ? summary.to_json() : summary.to_table());
  return kExitOk;
}

}  // namespace

const Command kImport = {
    .name = "import",
    .group = Group::network,
    .summary = "read the sources of a config and write the network",
    .arguments = {{"config", "CONFIG", "the config file"}},
    .options = options_of<MemoryOption>(),
    .extra_options = {{"base", "GRAPH", "keep the ids of this graph's entities; new ones follow"},
                      {"dry-run", "", "sample the input, print what the import will need"},
                      json_option()},
    .reads_config = true,
    .run = &run_import,
};

}  // namespace twhin::cli
