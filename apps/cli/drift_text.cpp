#include "cli/drift_text.h"

#include <fmt/format.h>

#include <cmath>

#include "cli/table.h"

namespace twhin::cli {
namespace {

std::string number(double x) { return std::isfinite(x) ? fmt::format("{:.4f}", x) : "-"; }

std::string name_of(const std::string& path, std::uint32_t version) {
  return fmt::format("v{} ({})", version, path);
}

void add_rows(Table& table, const std::string& name, const RowDrift& rows) {
  const auto add = [&](const std::string& label, const char* what, const SpreadFigures& f) {
    table.row({label, what, number(f.mean), number(f.p10), number(f.p50), number(f.p90),
               number(f.p99), number(f.max)});
  };
  add(name, "L2", rows.l2);
  add("", "L2, aligned", rows.aligned_l2);
  add("", "1 - cosine", rows.cosine);
  add("", "1 - cosine, aligned", rows.aligned_cosine);
  add("", "norm ratio", rows.norm_ratio);
}

std::string share(const ShareFigures& f) {
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", f.mean, f.interval.low, f.interval.high);
}

void add_degrees(const TypeDrift& type, std::string& text) {
  if (type.by_degree.empty()) return;
  Table table({"training edges", type.name, "L2", "L2, aligned", "1 - cosine",
               "1 - cosine, aligned", "norm ratio"});
  for (const DegreeGroupDrift& group : type.by_degree) {
    const RowDrift& rows = group.rows;
    table.row({degrees_text(group), grouped(rows.num_entities), number(rows.l2.mean),
               number(rows.aligned_l2.mean), number(rows.cosine.mean),
               number(rows.aligned_cosine.mean), number(rows.norm_ratio.mean)});
  }
  text += fmt::format("\n{} by degree, means\n{}", type.name, table.text());
}

}  // namespace

std::string degrees_text(const DegreeGroupDrift& group) {
  return group.smallest == group.largest
             ? grouped(group.smallest)
             : fmt::format("{}-{}", grouped(group.smallest), grouped(group.largest));
}

std::string to_text(const DriftResult& r) {
  std::string text = fmt::format("from {}\nto   {}\n", name_of(r.old_path, r.old_version),
                                 name_of(r.new_path, r.new_version));
  text += fmt::format(
      "all rows: change of {:.3f} of their length, {:.3f} after alignment (one rotation of all "
      "types)\n",
      r.relative_change, r.relative_aligned_change);
  for (const std::string& each : r.only_old) text += "only in the older: " + each + '\n';
  for (const std::string& each : r.only_new) text += "only in the newer: " + each + '\n';
  Table counts({"entity type", "older", "newer", "both", "norm before", "norm after"});
  Table rows({"entity type", "change", "mean", "p10", "p50", "p90", "p99", "max"});
  for (const TypeDrift& type : r.types) {
    counts.row({type.name, grouped(type.num_old), grouped(type.num_new), grouped(type.num_common),
                number(type.rows.mean_norm_old), number(type.rows.mean_norm_new)});
    add_rows(rows, type.name, type.rows);
  }
  text += '\n' + counts.text() + '\n' + rows.text();
  Table overlap({"entity type", "nearest", "asked", "overlap (95 % interval)", "p10", "p50"});
  bool any = false;
  for (const TypeDrift& type : r.types) {
    if (!type.overlap) continue;
    any = true;
    const ShareFigures& f = *type.overlap;
    overlap.row(
        {type.name, grouped(f.k), grouped(f.num_sampled), share(f), number(f.p10), number(f.p50)});
  }
  if (any) text += "\nnearest entities that stay\n" + overlap.text();
  if (!r.candidates.empty()) {
    Table table({"relation", "first", "asked", "changed (95 % interval)", "p50", "p90",
                 "of it new entities"});
    for (const CandidateDrift& each : r.candidates) {
      const ShareFigures& f = each.changed;
      table.row({each.relation, grouped(f.k), grouped(f.num_sampled), share(f), number(f.p50),
                 number(f.p90), number(each.new_entities)});
    }
    text += "\ncandidates that change\n" + table.text();
  }
  if (!r.relations.empty()) {
    Table table({"relation", "operator", "norm before", "norm after", "L2", "L2, aligned",
                 "1 - cosine", "1 - cosine, aligned"});
    for (const RelationDrift& each : r.relations) {
      table.row({each.name + (each.reciprocal ? " (reciprocal)" : ""), each.op,
                 number(each.norm_old), number(each.norm_new), number(each.l2),
                 each.aligned_l2 ? number(*each.aligned_l2) : "-", number(each.cosine),
                 each.aligned_cosine ? number(*each.aligned_cosine) : "-"});
    }
    text += "\nvectors of relations\n" + table.text();
  }
  for (const TypeDrift& type : r.types) add_degrees(type, text);
  return text;
}

}  // namespace twhin::cli
