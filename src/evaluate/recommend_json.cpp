#include "evaluate/json_number.h"
#include "twhin/base/checksum.h"
#include "twhin/config/write.h"
#include "twhin/evaluate/recommend.h"

namespace twhin {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const metrics::RecommendationMetrics& m) {
  return {{"users", m.num_lists},
          {"users_without_relevant", m.num_without_relevant},
          {"recall", json_number(m.recall)},
          {"capped_recall", json_number(m.capped_recall)},
          {"precision", json_number(m.precision)},
          {"hit_rate", json_number(m.hit_rate)},
          {"ndcg", json_number(m.ndcg)},
          {"map", json_number(m.map)},
          {"mrr", json_number(m.mrr)}};
}

Json to_json(const std::vector<ListQuality>& qualities) {
  Json out = Json::array();
  for (const ListQuality& each : qualities) {
    Json json = {{"k", each.k}};
    json.update(to_json(each.metrics));
    if (each.intervals) {
      json["ci95"] = {{"recall", json_interval(each.intervals->recall)},
                      {"precision", json_interval(each.intervals->precision)},
                      {"hit_rate", json_interval(each.intervals->hit_rate)},
                      {"ndcg", json_interval(each.intervals->ndcg)},
                      {"map", json_interval(each.intervals->map)}};
    }
    json["coverage"] = json_number(each.coverage);
    json["diversity"] = json_number(each.diversity);
    json["popularity"] = json_number(each.popularity);
    out.push_back(std::move(json));
  }
  return out;
}

Json at_each_k(const UserGroup& group, const std::vector<std::uint32_t>& k) {
  Json out = Json::array();
  for (std::size_t i = 0; i < k.size(); ++i) {
    Json row = {{"k", k[i]}};
    row.update(to_json(group.at_k[i]));
    row["popularity"] = to_json(group.popularity_at_k[i]);
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

std::string to_json(const RecommendResult& result) {
  Json json;
  if (!result.model.empty()) {
    json["model"] = {{"path", result.model}, {"checksum", to_hex(result.model_checksum)}};
  }
  json["graph"] = {{"path", result.graph}, {"checksum", to_hex(result.graph_checksum)}};
  json.update({{"relation", result.options.relation},
               {"split", result.options.split},
               {"excluded_splits", result.excluded},
               {"candidates", "all"},
               {"ties", "go by id"},
               {"users", result.num_users},
               {"users_asking", result.num_asking},
               {"items", result.num_items},
               {"relevant", result.num_relevant},
               {"relevant_but_known", result.num_known},
               {"relevant_but_not_among_items", result.num_outside},
               {"edges_of_unknown_entities", result.num_unknown},
               {"scores", result.num_scores},
               {"seconds", result.seconds},
               {"results", to_json(result.lists)},
               {"popularity", to_json(result.popularity)},
               {"user_groups", Json::array()}});
  for (const UserBreakdown& breakdown : result.breakdowns) {
    Json groups = Json::array();
    for (const UserGroup& group : breakdown.groups) {
      groups.push_back({{"name", group.name}, {"at", at_each_k(group, result.options.k)}});
    }
    json["user_groups"].push_back({{"by", breakdown.by}, {"groups", std::move(groups)}});
  }
  json["options"] = Json::parse(config::to_json(result.options));
  return json.dump(1);
}

}  // namespace twhin
