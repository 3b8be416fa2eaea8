// twhin eval -- ranks held-out edges of a version and prints how well it does.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/model_graph.h"
#include "cli/table.h"
#include "twhin/base/error.h"
#include "twhin/evaluate/evaluate.h"

namespace twhin::cli {
namespace {

constexpr std::size_t kMostRows = 20;  // of a table on a terminal; --json has all

std::string figure(double value, int digits) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, digits);
}

std::vector<std::string> figures(std::string name, const metrics::RankingMetrics& m) {
  std::vector<std::string> cells = {std::move(name), grouped(m.num_queries), figure(m.mrr, 4),
                                    figure(m.mr, 1)};
  for (const double hits : m.hits) cells.push_back(figure(hits, 4));
  cells.push_back(figure(m.auc, 4));
  return cells;
}

std::vector<std::string> header(std::string first) {
  std::vector<std::string> cells = {std::move(first), "queries", "MRR", "MR"};
  for (const std::uint32_t k : metrics::kHitsAt) cells.push_back(fmt::format("Hits@{}", k));
  cells.push_back("AUC");
  return cells;
}

std::string summary(const EvalResult& result) {
  const EvalOptions& options = result.options;
  const bool sampled = options.candidates != CandidateSet::all;
  std::string text = fmt::format(
      "{}: {} of {} edges, {}, ranked against {}; {}\n", options.split, grouped(result.num_edges),
      grouped(result.num_edges_in_split),
      options.sides == Sides::both ? "both sides"
                                   : fmt::format("the {} side", enum_name(options.sides)),
      sampled ? fmt::format("{} sampled candidates", grouped(options.num_candidates))
              : "all entities of the type",
      metrics::kTiePolicy);
  if (result.num_unknown > 0) {
    text += fmt::format("left out: {} edges of entities that the model does not have\n",
                        grouped(result.num_unknown));
  }
  text += fmt::format("{} scores in {:.2f} s: {:.3g} a second\n", grouped(result.num_scores),
                      result.seconds, static_cast<double>(result.num_scores) / result.seconds);
  if (sampled) text += fmt::format("{}\n", kSampledWarning);
  return text;
}

std::string overview(const EvalResult& result) {
  Table table(header(""));
  for (const ProtocolResult& each : result.protocols) {
    const std::string name(enum_name(each.protocol));
    table.row(figures(name, each.micro));
    if (const Breakdown* relations = each.breakdown("relation"); relations->groups.size() > 1) {
      table.row(figures(name + ", mean of relations", relations->macro.mean));
    }
    if (each.popularity) table.row(figures(name + ", by popularity", *each.popularity));
    if (each.random) table.row(figures(name + ", by chance", *each.random));
  }
  std::string text = table.text();
  for (const ProtocolResult& each : result.protocols) {
    if (!each.intervals) continue;
    const auto& i = *each.intervals;
    text +=
        fmt::format("95 % interval, {}: MRR {:.4f} to {:.4f}, Hits@10 {:.4f} to {:.4f}\n",
                    enum_name(each.protocol), i.mrr.low, i.mrr.high, i.hits[2].low, i.hits[2].high);
  }
  return text;
}

/// The largest groups of a table of names; all of a table in the order of a number.
std::string breakdown_text(const Breakdown& breakdown, std::string_view protocol) {
  std::vector<EvalGroup> groups = breakdown.groups;
  const bool ordered = breakdown.by == "degree" || breakdown.by == "time";
  const std::size_t shown = ordered ? groups.size() : std::min(groups.size(), kMostRows);
  if (shown < groups.size()) {
    std::stable_sort(groups.begin(), groups.end(), [](const EvalGroup& a, const EvalGroup& b) {
      return a.metrics.num_queries > b.metrics.num_queries;
    });
  }
  Table table(header(""));
  for (std::size_t i = 0; i < shown; ++i) {
    table.row(figures(groups[i].name, groups[i].metrics));
  }
  std::string text = fmt::format("\n{}, by {}\n{}", protocol, breakdown.by, table.text());
  if (shown < groups.size()) {
    text += fmt::format("and {} smaller ones: --json has all\n", groups.size() - shown);
  }
  return text;
}

std::string to_text(const EvalResult& result) {
  std::string text = summary(result) + "\n" + overview(result);
  const ProtocolResult& main = result.main();
  for (const Breakdown& breakdown : main.breakdowns) {
    if (breakdown.by == "relation and side" || breakdown.groups.size() < 2) continue;
    text += breakdown_text(breakdown, enum_name(main.protocol));
  }
  return text;
}

int run_eval(const Args& args, std::ostream& out) {
  const ModelVersion version = ModelVersion::open(args.text("model"));
  const Graph graph = open_graph_of(version, args.text("graph"));
  EvalOptions options = args.fields<EvalOptions>();
  options.threads = args.threads();

  const EvalResult result = evaluate(version, graph, options, args.observer(), args.stop());

  out << (args.flag("json") ? to_json(result) + "\n" : to_text(result));
  const std::optional<double> wanted = args.number("min-mrr");
  if (!wanted || result.main().micro.mrr >= *wanted) return kExitOk;
  args.observer().warn(fmt::format("MRR {:.4f} is below {}", result.main().micro.mrr, *wanted));
  return kExitBelowThreshold;
}

}  // namespace

const Command kEval = {
    .name = "eval",
    .group = Group::evaluation,
    .summary = "rank held-out edges against all entities: MRR, Hits@k, mean rank",
    .arguments = {{"model", "MODEL", "a version, or a network: then its CURRENT version"}},
    .options = options_of<EvalOptions>(),
    .extra_options = {{"graph", "DIR",
                       "the graph; the one that the version was trained on if left "
                       "out"},
                      {"min-mrr", "X", "exit with status 3 if the MRR is below X"},
                      json_option()},
    .run = &run_eval,
};

}  // namespace twhin::cli
