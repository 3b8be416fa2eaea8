#include "cli/eval_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cli/table.h"

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
    std::string name(enum_name(each.protocol));
    if (result.options.candidates != CandidateSet::all) name += ", sampled";
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

/// All groups of a table in the order of a number; the largest of a table of names.
std::vector<std::size_t> groups_to_show(const Breakdown& breakdown) {
  std::vector<std::size_t> out(breakdown.groups.size());
  std::iota(out.begin(), out.end(), std::size_t{0});
  if (breakdown.by == "degree" || breakdown.by == "time" || out.size() <= kMostRows) return out;
  std::stable_sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) {
    return breakdown.groups[a].metrics.num_queries > breakdown.groups[b].metrics.num_queries;
  });
  out.resize(kMostRows);
  return out;
}

std::string left_out_text(const Breakdown& breakdown) {
  const std::size_t shown = groups_to_show(breakdown).size(), all = breakdown.groups.size();
  return shown == all ? "" : fmt::format("and {} smaller ones: --json has all\n", all - shown);
}

/// With the MRR of popularity behind that of the model, if it was asked for.
std::string breakdown_text(const Breakdown& breakdown, std::string_view protocol) {
  constexpr std::ptrdiff_t kBehindMrr = 3;
  const bool popularity = breakdown.groups.front().popularity.has_value();
  std::vector<std::string> columns = header("");
  if (popularity) columns.insert(columns.begin() + kBehindMrr, "popular");
  Table table(std::move(columns));
  for (const std::size_t g : groups_to_show(breakdown)) {
    const EvalGroup& group = breakdown.groups[g];
    std::vector<std::string> cells = figures(group.name, group.metrics);
    if (popularity) cells.insert(cells.begin() + kBehindMrr, figure(group.popularity->mrr, 4));
    table.row(std::move(cells));
  }
  return fmt::format("\n{}, by {}\n{}{}", protocol, breakdown.by, table.text(),
                     left_out_text(breakdown));
}

}  // namespace

std::string to_text(const EvalResult& result) {
  std::string text = summary(result) + "\n" + overview(result);
  const ProtocolResult& main = result.main();
  if (main.popularity) text += "in the tables below, popular is the MRR by popularity\n";
  for (const Breakdown& breakdown : main.breakdowns) {
    if (breakdown.by == "relation and side" || breakdown.groups.size() < 2) continue;
    text += breakdown_text(breakdown, enum_name(main.protocol));
  }
  return text;
}

namespace {

std::string signed_figure(double value, int digits) {
  return std::isnan(value) ? "-" : fmt::format("{:+.{}f}", value, digits);
}

std::vector<std::string> difference_figures(const metrics::RankingMetrics& a,
                                            const metrics::RankingMetrics& b) {
  std::vector<std::string> cells = {"difference", grouped(a.num_queries),
                                    signed_figure(a.mrr - b.mrr, 4), signed_figure(a.mr - b.mr, 1)};
  for (std::size_t i = 0; i < a.hits.size(); ++i) {
    cells.push_back(signed_figure(a.hits[i] - b.hits[i], 4));
  }
  cells.push_back(signed_figure(a.auc - b.auc, 4));
  return cells;
}

std::string breakdown_text(const Breakdown& ours, const Breakdown& theirs,
                           const std::vector<GroupIntervals>* intervals) {
  Table table({ours.by, "queries", "MRR", "other's", "difference", "from", "to"});
  for (const std::size_t g : groups_to_show(ours)) {
    const EvalGroup &a = ours.groups[g], &b = theirs.groups[g];
    const metrics::Interval interval = intervals ? (*intervals)[g].mrr : metrics::Interval();
    table.row({a.name, grouped(a.metrics.num_queries), figure(a.metrics.mrr, 4),
               figure(b.metrics.mrr, 4), signed_figure(a.metrics.mrr - b.metrics.mrr, 4),
               signed_figure(interval.low, 4), signed_figure(interval.high, 4)});
  }
  return fmt::format("\nby {}\n{}{}", ours.by, table.text(), left_out_text(ours));
}

}  // namespace

std::string to_text(const EvalComparison& c) {
  const metrics::RankingMetrics &ours = c.model.main().micro, &theirs = c.other.main().micro;
  Table table(header(std::string(enum_name(c.protocol))));
  table.row(figures(c.model.model, ours));
  table.row(figures(c.other.model, theirs));
  table.row(difference_figures(ours, theirs));
  std::string text = summary(c.model) + "\n" + table.text();
  if (c.difference) {
    const auto &mrr = c.difference->mrr, &hits = c.difference->hits[2];
    text += fmt::format(
        "95 % interval of the difference: MRR {:+.4f} to {:+.4f}, Hits@10 {:+.4f} to {:+.4f}\n",
        mrr.low, mrr.high, hits.low, hits.high);
  }
  text += fmt::format("the first ranks {} answers better, {} worse, {} alike\n",
                      grouped(c.num_better), grouped(c.num_worse), grouped(c.num_alike));
  const auto &breakdowns = c.model.main().breakdowns, &others = c.other.main().breakdowns;
  for (std::size_t d = 0; d < breakdowns.size(); ++d) {
    if (breakdowns[d].by == "relation and side" || breakdowns[d].groups.size() < 2) continue;
    const bool known = !c.group_differences.empty() && !c.group_differences[d].empty();
    text += breakdown_text(breakdowns[d], others[d], known ? &c.group_differences[d] : nullptr);
  }
  return text;
}

namespace {

std::vector<std::string> list_figures(std::string name, const ListQuality& q) {
  const metrics::RecommendationMetrics& m = q.metrics;
  return {std::move(name),        fmt::format("{}", q.k), figure(m.recall, 4),
          figure(m.precision, 4), figure(m.ndcg, 4),      figure(m.map, 4),
          figure(m.hit_rate, 4),  figure(m.mrr, 4),       figure(q.coverage, 4),
          figure(q.diversity, 3), figure(q.popularity, 1)};
}

std::string summary(const RecommendResult& result) {
  const RecommendOptions& options = result.options;
  std::string splits;
  for (const std::string& split : result.excluded) splits += (splits.empty() ? "" : ", ") + split;
  std::string text = fmt::format(
      "{} of {}: {} items of type {} ({}) put in order for {} users of type {}; left out: {}\n",
      options.split, options.relation, grouped(result.num_items), result.item_type,
      options.items == ItemSet::all ? "all" : std::string(enum_name(options.items)),
      grouped(result.num_users), result.user_type,
      splits.empty() ? "nothing" : "what they have by " + splits);
  text += fmt::format("{} held-out items of {} users are asked for; equal scores go by id\n",
                      grouped(result.num_relevant), grouped(result.num_asking));
  const auto note = [&](std::uint64_t count, std::string_view why) {
    if (count > 0) text += fmt::format("not asked for: {} {}\n", grouped(count), why);
  };
  note(result.num_known, "that an excluded split has too");
  note(result.num_outside, "that do not compete");
  note(result.num_unknown, "edges of entities that the model does not have");
  return text + fmt::format("{} scores in {:.2f} s: {:.3g} a second\n", grouped(result.num_scores),
                            result.seconds,
                            static_cast<double>(result.num_scores) / result.seconds);
}

std::string groups_text(const RecommendResult& result, const UserBreakdown& breakdown) {
  std::vector<std::string> header = {breakdown.by, "users"};
  for (const std::uint32_t k : result.options.k) header.push_back(fmt::format("recall@{}", k));
  for (const std::uint32_t k : result.options.k) header.push_back(fmt::format("nDCG@{}", k));
  Table table(header);
  for (const UserGroup& group : breakdown.groups) {
    std::vector<std::string> cells = {group.name, grouped(group.at_k.front().num_lists)};
    for (const auto& at : group.at_k) cells.push_back(figure(at.recall, 4));
    for (const auto& at : group.at_k) cells.push_back(figure(at.ndcg, 4));
    table.row(std::move(cells));
  }
  return fmt::format("\nby {} of the user\n{}", breakdown.by, table.text());
}

}  // namespace

std::string to_text(const RecommendResult& result) {
  Table table({"", "k", "recall", "precision", "nDCG", "MAP", "hit rate", "MRR", "coverage",
               "diversity", "popularity"});
  for (const ListQuality& each : result.lists) table.row(list_figures("model", each));
  for (const ListQuality& each : result.popularity) {
    table.row(list_figures("by popularity", each));
  }
  std::string text = summary(result) + "\n" + table.text();
  for (const ListQuality& each : result.lists) {
    if (!each.intervals) continue;
    text += fmt::format("95 % interval at {}: recall {:.4f} to {:.4f}, nDCG {:.4f} to {:.4f}\n",
                        each.k, each.intervals->recall.low, each.intervals->recall.high,
                        each.intervals->ndcg.low, each.intervals->ndcg.high);
  }
  for (const UserBreakdown& breakdown : result.breakdowns) {
    if (breakdown.groups.size() > 1) text += groups_text(result, breakdown);
  }
  return text;
}

}  // namespace twhin::cli
