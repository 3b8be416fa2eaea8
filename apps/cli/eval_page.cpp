#include "cli/eval_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "twhin/base/checksum.h"
#include "twhin/base/version.h"
#include "twhin/config/document.h"
#include "twhin/config/write.h"

namespace twhin::cli {
using namespace report;
namespace {

constexpr std::size_t kMostBars = 30;  // of a breakdown by name; the table has all

std::string count_text(std::uint64_t number) {
  return format_number(static_cast<std::int64_t>(number));
}

std::string interval_text(const metrics::Interval& interval, const NumberFormat& format) {
  return fmt::format("95 % interval {} to {}", format_number(interval.low, format),
                     format_number(interval.high, format));
}

bool is_sampled(const EvalResult& result) { return result.options.candidates != CandidateSet::all; }

std::string protocol_text(const EvalResult& result, Protocol protocol) {
  return fmt::format("{}, {}", enum_name(protocol), is_sampled(result) ? "sampled" : "exact");
}

bool has_order(const Breakdown& breakdown) {
  return breakdown.by == "degree" || breakdown.by == "time";
}

std::string title_of(const Breakdown& breakdown) {
  if (breakdown.by == "degree") return "training degree of the ranked end";
  return breakdown.by;
}

void add_headlines(Page& page, const EvalResult& result) {
  const ProtocolResult& main = result.main();
  const auto detail = [&](const metrics::Interval* interval, const NumberFormat& format) {
    return interval != nullptr ? interval_text(*interval, format) : std::string();
  };
  const auto* i = main.intervals ? &*main.intervals : nullptr;
  page.headlines(
      {{"MRR", format_number(main.micro.mrr, fixed(4)), detail(i ? &i->mrr : nullptr, fixed(4))},
       {"Hits@10", format_number(main.micro.hits[2], percent()),
        detail(i ? &i->hits[2] : nullptr, percent())},
       {"mean rank", format_number(main.micro.mr, integer()),
        detail(i ? &i->mr : nullptr, integer())},
       {"AUC", format_number(main.micro.auc, fixed(4)), detail(i ? &i->auc : nullptr, fixed(4))}});
}

Cell with_interval(double value, const metrics::Interval* interval) {
  Cell cell(value);
  if (interval == nullptr || !std::isfinite(interval->low)) return cell;
  return std::move(cell).with_interval(interval->low, interval->high);
}

Table figures_table(const EvalResult& result) {
  Table table{
      "Against what costs nothing",
      {{"ranked by"}, {"MRR", fixed(4)}, {"mean rank", integer()}},
      {},
      result.main().intervals
          ? fmt::format("In brackets 95 % intervals: {} resamples of the held-out edges, the "
                        "ends of an edge together. They do not cover another training.",
                        count_text(result.options.resamples))
          : ""};
  for (const std::uint32_t k : metrics::kHitsAt) {
    table.columns.push_back({fmt::format("Hits@{}", k), percent()});
  }
  table.columns.push_back({"AUC", fixed(4)});
  const auto row = [&](const std::string& name, const metrics::RankingMetrics& m,
                       const metrics::RankingIntervals* intervals, bool emphasis) {
    Row out{{name, with_interval(m.mrr, intervals ? &intervals->mrr : nullptr), m.mr}};
    for (std::size_t i = 0; i < m.hits.size(); ++i) {
      const bool shown = intervals != nullptr && metrics::kHitsAt[i] == 10;
      out.cells.push_back(with_interval(m.hits[i], shown ? &intervals->hits[i] : nullptr));
    }
    out.cells.emplace_back(m.auc);
    out.emphasis = emphasis;
    table.rows.push_back(std::move(out));
  };
  for (const ProtocolResult& each : result.protocols) {
    if (result.protocols.size() > 1) {
      Row heading{{std::string(enum_name(each.protocol))}};
      heading.heading = true;
      table.rows.push_back(std::move(heading));
    }
    row("this model", each.micro, each.intervals ? &*each.intervals : nullptr, true);
    if (const Breakdown* relations = each.breakdown("relation");
        relations != nullptr && relations->groups.size() > 1) {
      row("this model, mean of relations", relations->macro.mean, nullptr, false);
    }
    if (each.popularity) row("popularity", *each.popularity, nullptr, false);
    if (each.random) row("chance", *each.random, nullptr, false);
  }
  return table;
}

std::vector<double> as_doubles(const std::vector<std::uint64_t>& values) {
  return {values.begin(), values.end()};
}

void add_distribution(Page& page, const RankDistribution& d) {
  LineChart curve;
  curve.text = {"Share of queries whose answer is among the first k",
                "Hits@k for every k. Popularity orders candidates by their training edges."};
  curve.text.width = Width::half;
  curve.x = {"k", integer()};
  curve.x.logarithmic = true;
  curve.y = {"share", percent(0)};
  curve.y.from_zero = true;
  const std::vector<double> k = as_doubles(d.k);
  curve.series = {{"model", k, d.model}};
  if (!d.popularity.empty()) curve.series.push_back({"popularity", k, d.popularity});
  if (!d.random.empty()) curve.series.push_back({"chance", k, d.random, {}, {}, true});
  page.chart(curve);

  Histogram ranks;
  ranks.text = {"Distribution of ranks", "Share of queries; the bins widen with the rank."};
  ranks.text.width = Width::half;
  ranks.x = {"rank", integer()};
  ranks.x.logarithmic = true;
  ranks.y = {"share", percent(0)};
  ranks.edges = {1.0};
  for (std::size_t i = 0; i < k.size(); ++i) {
    ranks.edges.push_back(i + 1 < k.size() ? k[i] + 1.0 : k[i]);
    ranks.counts.push_back(d.model[i] - (i > 0 ? d.model[i - 1] : 0.0));
  }
  if (k.size() > 1) page.chart(ranks);
}

Table breakdown_table(const Breakdown& breakdown) {
  Table table{fmt::format("By {}", title_of(breakdown)),
              {{breakdown.by == "degree" ? "training edges" : breakdown.by},
               {"queries", integer()},
               {"MRR", fixed(4)}},
              {},
              ""};
  const bool popularity = breakdown.groups.front().popularity.has_value();
  if (popularity) table.columns.push_back({"MRR of popularity", fixed(4)});
  table.columns.push_back({"mean rank", integer()});
  for (const std::uint32_t k : metrics::kHitsAt) {
    table.columns.push_back({fmt::format("Hits@{}", k), percent()});
  }
  table.columns.push_back({"AUC", fixed(4)});
  const auto row = [&](const std::string& name, const EvalGroup& group) {
    const metrics::RankingMetrics& m = group.metrics;
    Row out{{name, m.num_queries,
             with_interval(m.mrr, group.intervals ? &group.intervals->mrr : nullptr)}};
    if (popularity) {
      out.cells.push_back(group.popularity ? Cell(group.popularity->mrr) : Cell());
    }
    out.cells.emplace_back(m.mr);
    for (const double hits : m.hits) out.cells.emplace_back(hits);
    out.cells.emplace_back(m.auc);
    table.rows.push_back(std::move(out));
  };
  for (const EvalGroup& group : breakdown.groups) row(group.name, group);
  row("mean of groups", {"", breakdown.macro.mean, {}, {}});
  table.rows.back().emphasis = true;
  return table;
}

/// All groups of an ordered breakdown; otherwise those with the most queries.
std::vector<const EvalGroup*> groups_for_bars(const Breakdown& breakdown) {
  std::vector<const EvalGroup*> groups;
  for (const EvalGroup& group : breakdown.groups) groups.push_back(&group);
  if (has_order(breakdown)) return groups;
  std::stable_sort(groups.begin(), groups.end(), [](const EvalGroup* a, const EvalGroup* b) {
    return a->metrics.num_queries > b->metrics.num_queries;
  });
  groups.resize(std::min(groups.size(), kMostBars));
  return groups;
}

template <class Value, class OfGroup>
BarSeries bars_of(const std::string& name, const std::vector<const EvalGroup*>& groups,
                  const Value& value, const OfGroup& interval) {
  BarSeries series{name, {}, {}, {}};
  const bool has_intervals =
      std::all_of(groups.begin(), groups.end(), [](const EvalGroup* g) { return g->intervals; });
  for (const EvalGroup* group : groups) {
    series.values.push_back(value(group->metrics));
    if (!has_intervals) continue;
    series.low.push_back(interval(*group->intervals).low);
    series.high.push_back(interval(*group->intervals).high);
  }
  return series;
}

void add_bars(Page& page, const Breakdown& breakdown) {
  const std::vector<const EvalGroup*> groups = groups_for_bars(breakdown);
  BarChart chart;
  for (const EvalGroup* group : groups) chart.categories.push_back(group->name);
  chart.text.width = Width::half;
  if (groups.size() < breakdown.groups.size()) {
    chart.text.note =
        fmt::format("The {} with the most queries, of {}.", groups.size(), breakdown.groups.size());
  }
  BarChart hits = chart;
  chart.text.title = fmt::format("MRR by {}", title_of(breakdown));
  chart.value.format = fixed(3);
  chart.series = {bars_of(
      "model", groups, [](const auto& m) { return m.mrr; },
      [](const GroupIntervals& i) { return i.mrr; })};
  hits.text.title = fmt::format("Hits@10 by {}", title_of(breakdown));
  hits.value.format = percent();
  hits.series = {bars_of(
      "model", groups, [](const auto& m) { return m.hits[2]; },
      [](const GroupIntervals& i) { return i.hits_at_10; })};
  if (groups.front()->popularity) {
    BarSeries mrr{"popularity", {}, {}, {}}, at_10 = mrr;
    for (const EvalGroup* group : groups) {
      mrr.values.push_back(group->popularity->mrr);
      at_10.values.push_back(group->popularity->hits[2]);
    }
    chart.series.push_back(std::move(mrr));
    hits.series.push_back(std::move(at_10));
  }
  page.chart(chart).chart(hits);
}

std::vector<Fact> facts_of_model(const ModelVersion& model) {
  return {{"model", fmt::format("{} v{}", model.info().network, model.info().version)},
          {"model's checksum", to_hex(model.checksum())},
          {"comparator", model.info().comparator},
          {"dimensions", fmt::format("{}", model.info().dim)},
          {"epochs", fmt::format("{}", model.info().epochs)}};
}

void add_measured(Page& page, const ModelVersion& model, const EvalResult& result,
                  const EvalResult* other = nullptr) {
  const EvalOptions& options = result.options;
  page.section("What was measured");
  std::vector<Fact> facts = facts_of_model(model);
  const auto fact = [&](std::string key, std::string value) {
    facts.push_back({std::move(key), std::move(value)});
  };
  if (other != nullptr) {
    fact("compared with", other->model);
    fact("its checksum", to_hex(other->model_checksum));
  }
  fact("graph", result.graph);
  fact("graph's checksum", to_hex(result.graph_checksum));
  fact("split", fmt::format("{}: {} of {} edges", options.split, count_text(result.num_edges),
                            count_text(result.num_edges_in_split)));
  if (result.num_unknown > 0) {
    fact("left out", fmt::format("{} edges of entities that the model does not have",
                                 count_text(result.num_unknown)));
  }
  fact("queries", fmt::format("{}: {}", count_text(result.num_queries),
                              options.sides == Sides::both
                                  ? "the lhs and the rhs of each edge"
                                  : fmt::format("the {} of each edge", enum_name(options.sides))));
  fact("candidates", is_sampled(result)
                         ? fmt::format("sampled: {} {}", count_text(options.num_candidates),
                                       enum_name(options.candidates))
                         : "all entities of the type, of all partitions: exact");
  for (const ProtocolResult& each : result.protocols) {
    fact(std::string(enum_name(each.protocol)),
         each.protocol == Protocol::filtered
             ? "other known edges, of any split of the graph, do not compete"
             : "all candidates compete");
  }
  fact("ties", std::string(metrics::kTiePolicy));
  fact("intervals", options.resamples == 0
                        ? "none"
                        : fmt::format("95 %, percentiles of {} bootstrap resamples of the edges",
                                      count_text(options.resamples)));
  fact("scores", fmt::format("{} in {}", count_text(result.num_scores),
                             format_number(result.seconds, seconds())));
  page.facts(facts);
  add_config(page, model, config::to_yaml(options));
}

}  // namespace

void add_config(Page& page, const ModelVersion& model, const std::string& options_yaml) {
  page.code(options_yaml, "Options of this evaluation");
  const std::string& trained = model.info().config_json;
  if (trained == "{}") return;  // rows that no run of train has made
  const auto document = config::Document::parse_json(trained, "config of the model");
  page.code(config::to_yaml(document.root().node()), "Config that the model was trained with");
}

void add_ranking(Page& page, const EvalResult& result) {
  page.table(figures_table(result));
  add_distribution(page, result.main().distribution);
}

void add_breakdowns(Page& page, const EvalResult& result) {
  for (const Breakdown& breakdown : result.main().breakdowns) {
    if (breakdown.groups.size() < 2) continue;
    page.section(fmt::format("By {}", title_of(breakdown)));
    add_bars(page, breakdown);
    page.table(breakdown_table(breakdown));
  }
}

std::string eval_page(const ModelVersion& model, const EvalResult& result) {
  Page page(fmt::format("Evaluation of {} v{}", model.info().network, model.info().version),
            fmt::format("{} held-out edges of split {}; {}", count_text(result.num_edges),
                        result.options.split, protocol_text(result, result.main().protocol)));
  if (is_sampled(result)) page.paragraph(std::string(kSampledWarning) + ".");
  add_headlines(page, result);
  page.section("Quality");
  add_ranking(page, result);
  add_breakdowns(page, result);
  add_measured(page, model, result);
  page.footer(fmt::format("twhin {} · {}", kVersion, result.model));
  return page.html();
}

namespace {

NumberFormat difference_format() { return fixed(4); }

Table comparison_table(const EvalComparison& c) {
  Table table{"Both models", {{"model"}, {"MRR", fixed(4)}, {"mean rank", integer()}}, {}, ""};
  for (const std::uint32_t k : metrics::kHitsAt) {
    table.columns.push_back({fmt::format("Hits@{}", k), percent()});
  }
  table.columns.push_back({"AUC", fixed(4)});
  const auto row = [&](const EvalResult& result) {
    const metrics::RankingMetrics& m = result.main().micro;
    const auto& intervals = result.main().intervals;
    Row out{{result.model, with_interval(m.mrr, intervals ? &intervals->mrr : nullptr), m.mr}};
    for (const double hits : m.hits) out.cells.emplace_back(hits);
    out.cells.emplace_back(m.auc);
    table.rows.push_back(std::move(out));
  };
  row(c.model);
  table.rows.front().emphasis = true;
  row(c.other);
  return table;
}

void add_difference(Page& page, const EvalComparison& c, std::size_t d) {
  const Breakdown &ours = c.model.main().breakdowns[d], &theirs = c.other.main().breakdowns[d];
  const bool known = !c.group_differences.empty() && !c.group_differences[d].empty();
  page.section(fmt::format("By {}", title_of(ours)));
  Table table{"Difference of the MRR",
              {{ours.by == "degree" ? "training edges" : ours.by},
               {"queries", integer()},
               {"MRR", fixed(4)},
               {"the other's", fixed(4)},
               {"difference", difference_format()}},
              {},
              known ? "In brackets 95 % intervals of the difference." : ""};
  BarChart bars;
  bars.text = {fmt::format("MRR by {}", title_of(ours))};
  bars.value.format = fixed(3);
  bars.series = {{"model", {}, {}, {}}, {"other", {}, {}, {}}};
  if (ours.groups.size() > kMostBars) {
    bars.text.note = fmt::format("The first {} of {}.", kMostBars, ours.groups.size());
  }
  for (std::size_t g = 0; g < ours.groups.size(); ++g) {
    const metrics::RankingMetrics &a = ours.groups[g].metrics, &b = theirs.groups[g].metrics;
    table.rows.push_back(
        {{ours.groups[g].name, a.num_queries, a.mrr, b.mrr,
          with_interval(a.mrr - b.mrr, known ? &c.group_differences[d][g].mrr : nullptr)}});
    if (g >= kMostBars) continue;
    bars.categories.push_back(ours.groups[g].name);
    bars.series[0].values.push_back(a.mrr);
    bars.series[1].values.push_back(b.mrr);
  }
  page.chart(bars).table(table);
}

}  // namespace

std::string eval_page(const ModelVersion& model, const EvalComparison& c) {
  Page page(
      fmt::format("{} v{} against another version", model.info().network, model.info().version),
      fmt::format("{} held-out edges of split {}; {}", count_text(c.model.num_edges),
                  c.model.options.split, protocol_text(c.model, c.protocol)));
  if (is_sampled(c.model)) page.paragraph(std::string(kSampledWarning) + ".");
  const metrics::RankingMetrics &ours = c.model.main().micro, &theirs = c.other.main().micro;
  const auto share = [&](std::uint64_t count) {
    return format_number(static_cast<double>(count) / static_cast<double>(c.model.num_queries),
                         percent());
  };
  page.headlines(
      {{"difference of the MRR", format_number(ours.mrr - theirs.mrr, difference_format()),
        c.difference ? interval_text(c.difference->mrr, difference_format()) : ""},
       {"difference of Hits@10", format_number(ours.hits[2] - theirs.hits[2], percent()),
        c.difference ? interval_text(c.difference->hits[2], percent()) : ""},
       {"ranked better", share(c.num_better), "of the queries"},
       {"ranked worse", share(c.num_worse), "of the queries"}});
  page.section("Quality", "Model minus other; intervals are of the differences of the same edges.");
  page.table(comparison_table(c));
  const RankDistribution &a = c.model.main().distribution, &b = c.other.main().distribution;
  LineChart curve;
  curve.text = {"Share of queries whose answer is among the first k", "Hits@k for every k."};
  curve.x = {"k", integer()};
  curve.x.logarithmic = true;
  curve.y = {"share", percent(0)};
  curve.y.from_zero = true;
  curve.series = {{"model", as_doubles(a.k), a.model}, {"other", as_doubles(b.k), b.model}};
  page.chart(curve);
  for (std::size_t d = 0; d < c.model.main().breakdowns.size(); ++d) {
    if (c.model.main().breakdowns[d].groups.size() > 1) add_difference(page, c, d);
  }
  add_measured(page, model, c.model, &c.other);
  page.footer(fmt::format("twhin {} · {} against {}", kVersion, c.model.model, c.other.model));
  return page.html();
}

}  // namespace twhin::cli
