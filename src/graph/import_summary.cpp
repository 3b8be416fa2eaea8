#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "twhin/base/memory.h"
#include "twhin/graph/import.h"

namespace twhin {
namespace {

// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3;) text.insert(i -= 3, ",");
  return text;
}

// Columns two spaces apart, the first aligned left and the others right.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const auto& row : rows) {
    text += fmt::format("{:<{}}", row[0], widths[0]);
    for (std::size_t c = 1; c < row.size(); ++c) text += fmt::format("  {:>{}}", row[c], widths[c]);
    text += '\n';
  }
  return text;
}

std::uint64_t edges_of(const RelationCounts& counts, const std::string& split) {
  const auto it = counts.edges.find(split);
  return it == counts.edges.end() ? 0 : it->second;
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

std::string coverage_table(const ImportSummary& summary, std::size_t most) {
  const Schema& schema = summary.schema;
  const std::string& core = schema.entities[summary.coverage.core_type].name;
  std::vector<std::vector<std::string>> rows{{"relation", "coverage", "of " + core, "lhs",
                                              "degree p50", "p99", "max", "rhs", "degree p50",
                                              "p99", "max"}};
  for (std::size_t r = 0; r < std::min(most, summary.coverage.relations.size()); ++r) {
    const RelationCoverage& c = summary.coverage.relations[r];
    std::vector<std::string> row{schema.relations[r].name, c.high ? "high" : "low",
                                 percent(c.core_share)};
    for (const DegreeFigures* side : {&c.lhs, &c.rhs}) {
      row.push_back(percent(side->share));
      for (const std::uint32_t n : {side->p50, side->p99, side->max}) row.push_back(grouped(n));
    }
    rows.push_back(std::move(row));
  }
  return aligned(rows);
}

}  // namespace

std::uint64_t ImportSummary::num_edges() const {
  std::uint64_t total = 0;
  for (const RelationCounts& c : counts) {
    for (const auto& [split, edges] : c.edges) total += edges;
  }
  return total;
}

std::uint64_t ImportSummary::num_rejected() const {
  std::uint64_t total = unassigned_rejected;
  for (const RelationCounts& c : counts) total += c.rejected;
  return total;
}

std::string ImportSummary::to_table() const {
  constexpr std::size_t kMostRelations = 40;
  std::vector<std::vector<std::string>> types{{"entity type", "entities", "partitions"}};
  for (const EntityType& type : schema.entities) {
    types.push_back({type.name, grouped(type.num_entities()), grouped(type.num_partitions())});
  }

  std::vector<std::string> header{"relation", "rows"};
  header.insert(header.end(), splits.begin(), splits.end());
  for (const char* name : {"duplicates", "self-loops", "filtered", "rejected"}) {
    header.emplace_back(name);
  }
  std::vector<std::vector<std::string>> relations{header};
  const auto add = [&](const std::string& name, const RelationCounts& c) {
    std::vector<std::string> row{name, grouped(c.rows)};
    for (const std::string& split : splits) row.push_back(grouped(edges_of(c, split)));
    for (const std::uint64_t n : {c.duplicates, c.self_loops, c.filtered, c.rejected}) {
      row.push_back(grouped(n));
    }
    relations.push_back(std::move(row));
  };
  RelationCounts total;
  for (std::size_t r = 0; r < counts.size(); ++r) {
    const RelationCounts& c = counts[r];
    if (r < kMostRelations) add(schema.relations[r].name, c);
    total.rows += c.rows;
    total.duplicates += c.duplicates;
    total.self_loops += c.self_loops;
    total.filtered += c.filtered;
    total.rejected += c.rejected;
    for (const auto& [split, edges] : c.edges) total.edges[split] += edges;
  }
  if (counts.size() > kMostRelations) {
    relations.push_back({fmt::format("... {} more", counts.size() - kMostRelations)});
  }
  if (unassigned_filtered + unassigned_rejected > 0) {
    RelationCounts none;
    none.rows = unassigned_filtered + unassigned_rejected;
    none.filtered = unassigned_filtered;
    none.rejected = unassigned_rejected;
    add("(none)", none);
    total.rows += none.rows;
    total.filtered += none.filtered;
    total.rejected += none.rejected;
  }
  if (relations.size() > 2) add("total", total);

  std::string text = aligned(types) + '\n';
  if (!changes.empty()) {
    std::vector<std::vector<std::string>> rows{{"since the base", "kept", "new", "vanished"}};
    for (const EntityChange& c : changes) {
      rows.push_back({c.type, grouped(c.num_kept), grouped(c.num_new), grouped(c.num_vanished)});
    }
    text += aligned(rows) + '\n';
    std::vector<std::vector<std::string>> edges{{"edges of train", "new", "of"}};
    for (std::size_t r = 0; r < std::min(kMostRelations, new_edges.size()); ++r) {
      edges.push_back({schema.relations[r].name, grouped(new_edges[r]),
                       grouped(edges_of(counts[r], splits.front()))});
    }
    text += aligned(edges) + '\n';
  }
  text += aligned(relations) + '\n' + coverage_table(*this, kMostRelations) + '\n';
  if (num_rare > 0) {
    text += fmt::format("filtered: {} rows with an entity below its type's least degree\n",
                        grouped(num_rare));
  }
  if (num_leaks > 0) {
    text += fmt::format("filtered: {} edges that would have given held-out ones away\n",
                        grouped(num_leaks));
  }
  for (const HeldOutSplit& split : held_out) {
    if (split.num_in_train == 0) continue;
    text += fmt::format("split {}: {} of {} edges ({}) are in train as well\n", split.name,
                        grouped(split.num_in_train), grouped(split.num_edges),
                        percent(split.share_in_train()));
  }
  if (!rejected.empty()) {
    text += fmt::format("{} rows rejected{}\n", grouped(num_rejected()),
                        num_rejected() > rejected.size() ? ", the first are" : "");
    for (const RejectedRow& row : rejected)
      text += fmt::format("  {}: {}\n", row.place, row.reason);
    text += '\n';
  }
  text += fmt::format(
      "{} rows from {} files ({}) in {:.2f} s, {} rows/s; graph {}, peak memory {}{}\n",
      grouped(num_rows), grouped(num_files), format_bytes(input_bytes), seconds,
      grouped(static_cast<std::uint64_t>(static_cast<double>(num_rows) / std::max(seconds, 1e-9))),
      format_bytes(graph_bytes), format_bytes(peak_memory_bytes),
      spilled_bytes > 0 ? fmt::format(", {} through temporary files", format_bytes(spilled_bytes))
                        : "");
  return text;
}

std::string ImportSummary::to_json() const {
  using Json = nlohmann::ordered_json;
  Json json = {{"rows", num_rows}, {"edges", num_edges()}, {"rejected", num_rejected()}};
  json["entities"] = Json::array();
  for (const EntityType& type : schema.entities) {
    json["entities"].push_back({{"name", type.name},
                                {"entities", type.num_entities()},
                                {"partitions", type.num_partitions()}});
  }
  json["relations"] = Json::array();
  for (std::size_t r = 0; r < counts.size(); ++r) {
    const RelationCounts& c = counts[r];
    json["relations"].push_back({{"name", schema.relations[r].name},
                                 {"rows", c.rows},
                                 {"edges", c.edges},
                                 {"duplicates", c.duplicates},
                                 {"self_loops", c.self_loops},
                                 {"filtered", c.filtered},
                                 {"rejected", c.rejected}});
  }
  json["changes"] = Json::array();
  for (const EntityChange& c : changes) {
    json["changes"].push_back(
        {{"name", c.type}, {"kept", c.num_kept}, {"new", c.num_new}, {"vanished", c.num_vanished}});
  }
  json["new_edges"] = Json::object();
  for (std::size_t r = 0; r < new_edges.size(); ++r) {
    json["new_edges"][schema.relations[r].name] = new_edges[r];
  }
  json["unassigned"] = {{"rejected", unassigned_rejected}, {"filtered", unassigned_filtered}};
  json["rare"] = num_rare;
  json["leaks"] = num_leaks;
  json["held_out"] = Json::array();
  for (const HeldOutSplit& split : held_out) {
    json["held_out"].push_back({{"split", split.name},
                                {"edges", split.num_edges},
                                {"in_train", split.num_in_train},
                                {"share", split.share_in_train()}});
  }
  json["rejected_rows"] = Json::array();
  for (const RejectedRow& row : rejected) {
    json["rejected_rows"].push_back({{"at", row.place}, {"reason", row.reason}});
  }
  json["files"] = num_files;
  json["input_bytes"] = input_bytes;
  json["graph_bytes"] = graph_bytes;
  json["spilled_bytes"] = spilled_bytes;
  json["seconds"] = seconds;
  json["peak_memory_bytes"] = peak_memory_bytes;
  return json.dump(2) + "\n";
}

}  // namespace twhin
