// twhin export -- a graph as tables that other programs read.
#include "twhin/graph/export.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "twhin/base/error.h"
#include "twhin/base/memory.h"

namespace twhin::cli {
namespace {

void check_out(const Args& args) {
  if (args.given("out")) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "cli.missing_option")
      .what("export needs to know where to")
      .hint("add --out DIR")
      .build();
}

void check_format(const std::string& format) {
  if (format == "parquet") return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "cli.unknown_format")
      .what(fmt::format("a graph is not written as {}", quote(format)))
      .at("--format")
      .expected("parquet")
      .build();
}

int run_export(const Args& args, std::ostream& out) {
  check_out(args);
  check_format(args.text("format"));
  const Graph graph = Graph::open(args.text("graph"));
  const std::string directory = args.text("out");

  const ExportSummary summary =
      export_graph(graph, directory, args.flag("ids") ? EntityColumns::ids : EntityColumns::names,
                   args.threads(), args.observer(), args.stop());

  if (args.flag("json")) {
    out << nlohmann::ordered_json({{"out", directory},
                                   {"files", summary.num_files},
                                   {"edges", summary.num_edges},
                                   {"entities", summary.num_entities},
                                   {"bytes", summary.num_bytes},
                                   {"seconds", summary.seconds}})
               .dump(1)
        << '\n';
  } else {
    out << fmt::format("{} edges and {} entities in {} files ({}) in {:.2f} s\n",
                       grouped(summary.num_edges), grouped(summary.num_entities),
                       grouped(summary.num_files), format_bytes(summary.num_bytes), summary.seconds)
        << fmt::format("\nThe way back: twhin import {}/config.yaml\n", directory);
  }
  return kExitOk;
}

}  // namespace

const Command kExport = {
    .name = "export",
    .group = Group::files,
    .summary = "write a graph's edges and entities as tables, with a config that imports them",
    .arguments = {{"graph", "GRAPH", "the directory of a graph"}},
    .extra_options = {{"out", "DIR", "where to; nothing may lie there yet"},
                      {"format", "NAME", "how tables are written: parquet (default)", "parquet"},
                      {"ids", "", "numbers from 0 in each type instead of names"},
                      json_option()},
    .run = &run_export,
};

}  // namespace twhin::cli
