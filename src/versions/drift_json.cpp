#include <cmath>
#include <nlohmann/json.hpp>

#include "twhin/base/checksum.h"
#include "twhin/config/write.h"
#include "twhin/versions/drift.h"

namespace twhin {
using Json = nlohmann::ordered_json;
namespace {

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(); }

Json to_json(const SpreadFigures& f) {
  return {{"mean", number(f.mean)}, {"p10", number(f.p10)}, {"p50", number(f.p50)},
          {"p90", number(f.p90)},   {"p99", number(f.p99)}, {"max", number(f.max)}};
}

Json to_json(const RowDrift& rows) {
  return {{"entities", rows.num_entities},
          {"rows_of_zeros", rows.num_zero},
          {"mean_norm_old", number(rows.mean_norm_old)},
          {"mean_norm_new", number(rows.mean_norm_new)},
          {"l2", to_json(rows.l2)},
          {"cosine", to_json(rows.cosine)},
          {"aligned_l2", to_json(rows.aligned_l2)},
          {"aligned_cosine", to_json(rows.aligned_cosine)},
          {"norm_ratio", to_json(rows.norm_ratio)}};
}

Json to_json(const ShareFigures& f) {
  return {{"k", f.k},
          {"sampled", f.num_sampled},
          {"mean", number(f.mean)},
          {"ci95", {number(f.interval.low), number(f.interval.high)}},
          {"p10", number(f.p10)},
          {"p50", number(f.p50)},
          {"p90", number(f.p90)}};
}

Json to_json(const TypeDrift& type) {
  Json out = {{"type", type.name},
              {"entities_old", type.num_old},
              {"entities_new", type.num_new},
              {"entities_common", type.num_common},
              {"rows", to_json(type.rows)},
              {"by_degree", Json::array()},
              {"overlap", type.overlap ? to_json(*type.overlap) : Json()}};
  for (const DegreeGroupDrift& group : type.by_degree) {
    out["by_degree"].push_back(
        {{"degrees", {group.smallest, group.largest}}, {"rows", to_json(group.rows)}});
  }
  return out;
}

Json to_json(const RelationDrift& r) {
  return {{"relation", r.name},
          {"operator", r.op},
          {"reciprocal", r.reciprocal},
          {"norm_old", number(r.norm_old)},
          {"norm_new", number(r.norm_new)},
          {"l2", number(r.l2)},
          {"cosine", number(r.cosine)},
          {"aligned_l2", r.aligned_l2 ? number(*r.aligned_l2) : Json()},
          {"aligned_cosine", r.aligned_cosine ? number(*r.aligned_cosine) : Json()}};
}

}  // namespace

std::string DriftResult::to_json() const {
  const auto version = [](const std::string& path, std::uint32_t number, std::uint64_t checksum) {
    return Json{{"path", path}, {"version", number}, {"checksum", to_hex(checksum)}};
  };
  Json json = {{"old", version(old_path, old_version, old_checksum)},
               {"new", version(new_path, new_version, new_checksum)},
               {"graph", graph.empty() ? Json() : Json(graph)},
               {"dim", dim},
               {"relative_change", number(relative_change)},
               {"relative_aligned_change", number(relative_aligned_change)},
               {"types", Json::array()},
               {"relations", Json::array()},
               {"candidates", Json::array()},
               {"only_old", only_old},
               {"only_new", only_new}};
  for (const TypeDrift& type : types) json["types"].push_back(twhin::to_json(type));
  for (const RelationDrift& r : relations) json["relations"].push_back(twhin::to_json(r));
  for (const CandidateDrift& c : candidates) {
    json["candidates"].push_back({{"relation", c.relation},
                                  {"changed", twhin::to_json(c.changed)},
                                  {"new_entities", number(c.new_entities)}});
  }
  json["seconds"] = seconds;
  json["options"] = Json::parse(config::to_json(options));
  return json.dump(1);
}

}  // namespace twhin
