#include <fmt/format.h>

#include "cli/drift_text.h"
#include "twhin/base/checksum.h"
#include "twhin/base/version.h"
#include "twhin/config/write.h"
#include "twhin/report/page.h"

namespace twhin::cli {
namespace {

using namespace report;

std::string name_of(std::uint32_t version) { return fmt::format("v{}", version); }

Cell share_cell(const ShareFigures& f) {
  return Cell(f.mean).with_interval(f.interval.low, f.interval.high);
}

Table rows_table(const DriftResult& r) {
  Table table{
      "Change of rows",
      {{"entity type"},
       {"change"},
       {"mean", fixed(4)},
       {"p10", fixed(4)},
       {"p50", fixed(4)},
       {"p90", fixed(4)},
       {"p99", fixed(4)},
       {"max", fixed(4)}},
      {},
      "Aligned: after the rotation that brings all rows of the newer version nearest to the "
      "older ones. Quantiles are within 0.4 %."};
  for (const TypeDrift& type : r.types) {
    const auto add = [&](const char* what, const SpreadFigures& f) {
      table.rows.push_back({{type.name, what, f.mean, f.p10, f.p50, f.p90, f.p99, f.max}});
    };
    add("L2", type.rows.l2);
    add("L2, aligned", type.rows.aligned_l2);
    add("1 − cosine", type.rows.cosine);
    add("1 − cosine, aligned", type.rows.aligned_cosine);
    add("norm ratio", type.rows.norm_ratio);
  }
  return table;
}

BarChart bars(std::string title, std::string axis, std::vector<std::string> categories) {
  BarChart chart;
  chart.text.title = std::move(title);
  chart.text.width = Width::half;
  chart.value.title = std::move(axis);
  chart.value.format = fixed(3);
  chart.categories = std::move(categories);
  return chart;
}

void add_types(Page& page, const DriftResult& r) {
  std::vector<std::string> names;
  BarSeries raw{"raw", {}, {}, {}}, aligned{"aligned", {}, {}, {}}, cosine = raw, turned = aligned;
  for (const TypeDrift& type : r.types) {
    names.push_back(type.name);
    raw.values.push_back(type.rows.l2.mean);
    aligned.values.push_back(type.rows.aligned_l2.mean);
    cosine.values.push_back(type.rows.cosine.mean);
    turned.values.push_back(type.rows.aligned_cosine.mean);
  }
  BarChart l2 = bars("Mean L2 change", "L2", names);
  l2.series = {raw, aligned};
  BarChart angle = bars("Mean cosine change", "1 − cosine", names);
  angle.series = {cosine, turned};
  page.chart(l2).chart(angle);
}

void add_degrees(Page& page, const TypeDrift& type) {
  if (type.by_degree.size() < 2) return;
  std::vector<std::string> names;
  BarSeries raw{"raw", {}, {}, {}}, aligned{"aligned", {}, {}, {}}, cosine = raw, turned = aligned;
  Table table{"",
              {{"training edges"},
               {"entities", integer()},
               {"L2", fixed(4)},
               {"L2, aligned", fixed(4)},
               {"1 − cosine", fixed(4)},
               {"1 − cosine, aligned", fixed(4)},
               {"norm ratio", fixed(4)}},
              {},
              "Means."};
  for (const DegreeGroupDrift& group : type.by_degree) {
    const RowDrift& rows = group.rows;
    names.push_back(degrees_text(group));
    raw.values.push_back(rows.l2.mean);
    aligned.values.push_back(rows.aligned_l2.mean);
    cosine.values.push_back(rows.cosine.mean);
    turned.values.push_back(rows.aligned_cosine.mean);
    table.rows.push_back({{names.back(), rows.num_entities, rows.l2.mean, rows.aligned_l2.mean,
                           rows.cosine.mean, rows.aligned_cosine.mean, rows.norm_ratio.mean}});
  }
  page.section(fmt::format("{} by degree", type.name),
               "By training edges in the graph of the newer version.");
  BarChart l2 = bars("Mean L2 change", "L2", names);
  l2.series = {raw, aligned};
  BarChart angle = bars("Mean cosine change", "1 − cosine", names);
  angle.series = {cosine, turned};
  page.chart(l2).chart(angle).table(table);
}

void add_consumers(Page& page, const DriftResult& r) {
  page.section("What consumers see",
               "Exact answers for a sample of entities; in brackets 95 % intervals of the mean.");
  Table overlap{"Nearest entities that stay",
                {{"entity type"},
                 {"nearest", integer()},
                 {"asked", integer()},
                 {"overlap", percent()},
                 {"p10", percent()},
                 {"p50", percent()}},
                {},
                "By cosine, among entities of both versions."};
  for (const TypeDrift& type : r.types) {
    if (!type.overlap) continue;
    const ShareFigures& f = *type.overlap;
    overlap.rows.push_back({{type.name, f.k, f.num_sampled, share_cell(f), f.p10, f.p50}});
  }
  if (!overlap.rows.empty()) page.table(overlap);
  if (r.candidates.empty()) return;
  Table changed{"Candidates that change",
                {{"relation"},
                 {"first", integer()},
                 {"asked", integer()},
                 {"changed", percent()},
                 {"p50", percent()},
                 {"p90", percent()},
                 {"of it new entities", percent()}},
                {},
                "Among all entities of each version."};
  BarChart chart = bars("Candidates that change", "share", {});
  chart.value.format = percent(0);
  chart.text.width = Width::full;
  BarSeries shares{"changed", {}, {}, {}};
  for (const CandidateDrift& each : r.candidates) {
    const ShareFigures& f = each.changed;
    changed.rows.push_back(
        {{each.relation, f.k, f.num_sampled, share_cell(f), f.p50, f.p90, each.new_entities}});
    chart.categories.push_back(each.relation);
    shares.values.push_back(f.mean);
    shares.low.push_back(f.interval.low);
    shares.high.push_back(f.interval.high);
  }
  chart.series = {shares};
  page.chart(chart).table(changed);
}

void add_relations(Page& page, const DriftResult& r) {
  if (r.relations.empty()) return;
  page.section("Vectors of relations");
  Table table{"",
              {{"relation"},
               {"operator"},
               {"norm before", fixed(4)},
               {"norm after", fixed(4)},
               {"L2", fixed(4)},
               {"L2, aligned", fixed(4)},
               {"1 − cosine", fixed(4)},
               {"1 − cosine, aligned", fixed(4)}},
              {},
              ""};
  for (const RelationDrift& each : r.relations) {
    table.rows.push_back(
        {{each.name + (each.reciprocal ? " (reciprocal)" : ""), each.op, each.norm_old,
          each.norm_new, each.l2, each.aligned_l2 ? Cell(*each.aligned_l2) : Cell(), each.cosine,
          each.aligned_cosine ? Cell(*each.aligned_cosine) : Cell()}});
  }
  page.table(table);
}

}  // namespace

std::string drift_page(const DriftResult& r) {
  Page page(fmt::format("Drift from {} to {}", name_of(r.old_version), name_of(r.new_version)),
            "How far the vectors of two versions lie apart, and what consumers see of it.");
  std::vector<Headline> headlines = {
      {"change of rows", format_number(r.relative_change, percent()), "of their length"},
      {"after alignment", format_number(r.relative_aligned_change, percent()),
       "of their length: what no rotation explains"}};
  for (const TypeDrift& type : r.types) {
    if (!type.overlap || headlines.size() >= 4) continue;
    headlines.push_back({fmt::format("nearest {} that stay", type.name),
                         format_number(type.overlap->mean, percent()),
                         fmt::format("of {}", type.overlap->k)});
  }
  page.headlines(headlines);
  page.section("Rows");
  Table counts{"Entities",
               {{"entity type"},
                {"older", integer()},
                {"newer", integer()},
                {"both", integer()},
                {"mean norm before", fixed(4)},
                {"after", fixed(4)}},
               {},
               ""};
  for (const TypeDrift& type : r.types) {
    counts.rows.push_back({{type.name, type.num_old, type.num_new, type.num_common,
                            type.rows.mean_norm_old, type.rows.mean_norm_new}});
  }
  page.table(counts);
  add_types(page, r);
  page.table(rows_table(r));
  add_consumers(page, r);
  add_relations(page, r);
  for (const TypeDrift& type : r.types) add_degrees(page, type);
  page.section("What was compared");
  std::vector<Fact> facts = {{"older", r.old_path},
                             {"its checksum", to_hex(r.old_checksum)},
                             {"newer", r.new_path},
                             {"its checksum ", to_hex(r.new_checksum)},
                             {"dimensions", fmt::format("{}", r.dim)},
                             {"degrees are of", r.graph.empty() ? "none" : r.graph},
                             {"time", format_number(r.seconds, seconds())}};
  for (const std::string& each : r.only_old) facts.push_back({"only in the older", each});
  for (const std::string& each : r.only_new) facts.push_back({"only in the newer", each});
  page.facts(facts);
  page.code(config::to_yaml(r.options), "Options");
  page.footer(fmt::format("twhin {} · {} to {}", kVersion, r.old_path, r.new_path));
  return page.html();
}

}  // namespace twhin::cli
