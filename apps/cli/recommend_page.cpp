// The page of twhin eval --recommend: see eval_page.h.
#include <fmt/format.h>

#include <algorithm>

#include "cli/eval_page.h"
#include "twhin/base/checksum.h"
#include "twhin/base/version.h"
#include "twhin/config/write.h"

namespace twhin::cli {
using namespace report;
namespace {

std::string count_text(std::uint64_t number) {
  return format_number(static_cast<std::int64_t>(number));
}

const ListQuality& longest(const std::vector<ListQuality>& lists) {
  return *std::max_element(lists.begin(), lists.end(),
                           [](const auto& a, const auto& b) { return a.k < b.k; });
}

void add_headlines(Page& page, const RecommendResult& result) {
  const ListQuality& at = longest(result.lists);
  const auto detail = [&](metrics::Interval RecommendationIntervals::*which) {
    if (!at.intervals) return std::string();
    const metrics::Interval& interval = (*at.intervals).*which;
    return fmt::format("95 % interval {} to {}", format_number(interval.low, fixed(4)),
                       format_number(interval.high, fixed(4)));
  };
  const auto name = [&](const char* metric) { return fmt::format("{}@{}", metric, at.k); };
  page.headlines({{name("recall"), format_number(at.metrics.recall, fixed(4)),
                   detail(&RecommendationIntervals::recall)},
                  {name("nDCG"), format_number(at.metrics.ndcg, fixed(4)),
                   detail(&RecommendationIntervals::ndcg)},
                  {name("hit rate"), format_number(at.metrics.hit_rate, fixed(4)),
                   detail(&RecommendationIntervals::hit_rate)},
                  {name("coverage"), format_number(at.coverage, percent()),
                   fmt::format("of {} items", count_text(result.num_items))}});
}

Cell with_interval(double value, const std::optional<RecommendationIntervals>& intervals,
                   metrics::Interval RecommendationIntervals::*which) {
  if (!intervals) return value;
  return Cell(value).with_interval(((*intervals).*which).low, ((*intervals).*which).high);
}

Table figures_table(const RecommendResult& result) {
  Table table{"By length of the list",
              {{"recommended by"},
               {"k", integer()},
               {"recall", fixed(4)},
               {"precision", fixed(4)},
               {"nDCG", fixed(4)},
               {"MAP", fixed(4)},
               {"hit rate", fixed(4)},
               {"MRR", fixed(4)}},
              {},
              "Popularity recommends the items with the most training edges to everybody, but for "
              "what each already has. In brackets 95 % intervals over users."};
  const auto rows = [&](const std::string& name, const std::vector<ListQuality>& lists,
                        bool emphasis) {
    for (const ListQuality& q : lists) {
      Row row{{name, q.k,
               with_interval(q.metrics.recall, q.intervals, &RecommendationIntervals::recall),
               q.metrics.precision,
               with_interval(q.metrics.ndcg, q.intervals, &RecommendationIntervals::ndcg),
               q.metrics.map, q.metrics.hit_rate, q.metrics.mrr}};
      row.emphasis = emphasis;
      table.rows.push_back(std::move(row));
    }
  };
  rows("this model", result.lists, true);
  rows("popularity", result.popularity, false);
  return table;
}

Table content_table(const RecommendResult& result) {
  Table table{"What is in the lists",
              {{"recommended by"},
               {"k", integer()},
               {"coverage", percent()},
               {"diversity", fixed(3)},
               {"popularity", fixed(1)}},
              {},
              "Coverage: share of the items that are recommended to anybody. Diversity: mean of "
              "1 − cosine of two items of a list. Popularity: mean training edges of an item."};
  const auto rows = [&](const std::string& name, const std::vector<ListQuality>& lists,
                        bool emphasis) {
    for (const ListQuality& q : lists) {
      Row row{{name, q.k, q.coverage, q.diversity, q.popularity}};
      row.emphasis = emphasis;
      table.rows.push_back(std::move(row));
    }
  };
  rows("this model", result.lists, true);
  rows("popularity", result.popularity, false);
  return table;
}

struct Curve {
  const char* name;
  double metrics::RecommendationMetrics::*value;
  metrics::Interval RecommendationIntervals::*interval;
};
constexpr Curve kCurves[] = {
    {"Recall", &metrics::RecommendationMetrics::recall, &RecommendationIntervals::recall},
    {"nDCG", &metrics::RecommendationMetrics::ndcg, &RecommendationIntervals::ndcg},
    {"Precision", &metrics::RecommendationMetrics::precision, &RecommendationIntervals::precision},
    {"Hit rate", &metrics::RecommendationMetrics::hit_rate, &RecommendationIntervals::hit_rate},
};

Series series_of(const std::string& name, const Curve& curve, std::vector<ListQuality> lists) {
  std::sort(lists.begin(), lists.end(), [](const auto& a, const auto& b) { return a.k < b.k; });
  Series out{name, {}, {}, {}, {}, false};
  for (const ListQuality& each : lists) {
    out.x.push_back(each.k);
    out.y.push_back(each.metrics.*curve.value);
    if (!each.intervals) continue;
    out.low.push_back(((*each.intervals).*curve.interval).low);
    out.high.push_back(((*each.intervals).*curve.interval).high);
  }
  return out;
}

void add_curves(Page& page, const RecommendResult& result) {
  if (result.lists.size() < 2) return;
  for (const Curve& curve : kCurves) {
    LineChart chart;
    chart.text = {fmt::format("{} by length of the list", curve.name)};
    chart.text.width = Width::half;
    chart.x = {"k", integer()};
    chart.y.from_zero = true;
    chart.series = {series_of("model", curve, result.lists),
                    series_of("popularity", curve, result.popularity)};
    page.chart(chart);
  }
}

/// Model beside popularity at the longest list, for each group.
BarChart group_bars(const RecommendResult& result, const UserBreakdown& breakdown,
                    const Curve& curve) {
  const auto& k = result.options.k;
  const auto longest = static_cast<std::size_t>(std::max_element(k.begin(), k.end()) - k.begin());
  BarChart chart;
  chart.text = {fmt::format("{}@{} by {} of the user", curve.name, k[longest], breakdown.by)};
  chart.text.width = Width::half;
  chart.value.format = fixed(3);
  chart.series = {{"model", {}, {}, {}}, {"popularity", {}, {}, {}}};
  for (const UserGroup& group : breakdown.groups) {
    chart.categories.push_back(group.name);
    chart.series[0].values.push_back(group.at_k[longest].*curve.value);
    chart.series[1].values.push_back(group.popularity_at_k[longest].*curve.value);
  }
  return chart;
}

void add_groups(Page& page, const RecommendResult& result, const UserBreakdown& breakdown) {
  if (breakdown.groups.size() < 2) return;
  page.section(fmt::format("By {} of the user", breakdown.by));
  page.chart(group_bars(result, breakdown, kCurves[0]))
      .chart(group_bars(result, breakdown, kCurves[1]));
  Table table{
      fmt::format("Users by {}", breakdown.by), {{breakdown.by}, {"users", integer()}}, {}, ""};
  for (const char* metric : {"recall", "nDCG"}) {
    for (const std::uint32_t k : result.options.k) {
      table.columns.push_back({fmt::format("{}@{}", metric, k), fixed(4)});
    }
  }
  for (const UserGroup& group : breakdown.groups) {
    Row row{{group.name, group.at_k.front().num_lists}};
    for (const auto& at : group.at_k) row.cells.emplace_back(at.recall);
    for (const auto& at : group.at_k) row.cells.emplace_back(at.ndcg);
    table.rows.push_back(std::move(row));
  }
  page.table(table);
}

void add_measured(Page& page, const ModelVersion& model, const RecommendResult& result) {
  page.section("What was measured");
  std::string excluded;
  for (const std::string& split : result.excluded) {
    excluded += (excluded.empty() ? "" : ", ") + split;
  }
  std::vector<Fact> facts = {
      {"model", fmt::format("{} v{}", model.info().network, model.info().version)},
      {"model's checksum", to_hex(model.checksum())},
      {"graph", result.graph},
      {"graph's checksum", to_hex(result.graph_checksum)},
      {"relation", fmt::format("{}: the {} is recommended", result.options.relation,
                               enum_name(result.options.recommended))},
      {"users",
       fmt::format("{} of type {} with held-out edges in {}; {} of them have something to be "
                   "found, and count alike",
                   count_text(result.num_users), result.user_type, result.options.split,
                   count_text(result.num_asking))},
      {"items", fmt::format("{} of type {} compete ({}): exact", count_text(result.num_items),
                            result.item_type, enum_name(result.options.items))},
      {"left out of a list", excluded.empty() ? "nothing" : "what the user has by " + excluded},
      {"asked for", fmt::format("{} held-out items", count_text(result.num_relevant))},
      {"ties", "equal scores go by id"},
      {"nDCG", "binary gain; the ideal list has min(k, held-out items of the user) hits on top"},
      {"MAP", "the denominator of a user is min(k, held-out items)"},
      {"intervals", result.options.resamples == 0
                        ? "none"
                        : fmt::format("95 %, percentiles of {} bootstrap resamples of the users",
                                      count_text(result.options.resamples))},
      {"scores", fmt::format("{} in {}", count_text(result.num_scores),
                             format_number(result.seconds, seconds()))}};
  const auto not_asked = [&](std::uint64_t count, const char* why) {
    if (count > 0) facts.push_back({"not asked for", fmt::format("{} {}", count_text(count), why)});
  };
  not_asked(result.num_known, "that an excluded split has too");
  not_asked(result.num_outside, "that do not compete");
  not_asked(result.num_unknown, "edges of entities that the model does not have");
  page.facts(facts);
  add_config(page, model, config::to_yaml(result.options));
}

}  // namespace

std::string eval_page(const ModelVersion& model, const RecommendResult& result) {
  Page page(fmt::format("Recommendations of {} v{}", model.info().network, model.info().version),
            fmt::format("{} of split {}: {} items of type {} put in order for {} users of type {}",
                        result.options.relation, result.options.split, count_text(result.num_items),
                        result.item_type, count_text(result.num_users), result.user_type));
  add_headlines(page, result);
  page.section("Quality");
  page.table(figures_table(result));
  add_curves(page, result);
  page.table(content_table(result));
  for (const UserBreakdown& each : result.breakdowns) add_groups(page, result, each);
  add_measured(page, model, result);
  page.footer(fmt::format("twhin {} · {}", kVersion, result.model));
  return page.html();
}

}  // namespace twhin::cli
