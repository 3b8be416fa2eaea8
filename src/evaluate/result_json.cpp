#include "evaluate/json_number.h"
#include "twhin/base/checksum.h"
#include "twhin/config/write.h"
#include "twhin/evaluate/evaluate.h"

namespace twhin {
namespace {

using Json = nlohmann::ordered_json;

std::string hits_key(std::size_t i) { return "hits_at_" + std::to_string(metrics::kHitsAt[i]); }

Json to_json(const metrics::RankingMetrics& m) {
  Json json = {{"queries", m.num_queries}, {"mr", json_number(m.mr)}, {"mrr", json_number(m.mrr)}};
  for (std::size_t i = 0; i < m.hits.size(); ++i) json[hits_key(i)] = json_number(m.hits[i]);
  json["auc"] = json_number(m.auc);
  return json;
}

Json to_json(const metrics::RankingIntervals& intervals) {
  Json json = {{"mr", json_interval(intervals.mr)}, {"mrr", json_interval(intervals.mrr)}};
  for (std::size_t i = 0; i < intervals.hits.size(); ++i) {
    json[hits_key(i)] = json_interval(intervals.hits[i]);
  }
  json["auc"] = json_interval(intervals.auc);
  return json;
}

Json to_json(const Breakdown& breakdown) {
  Json groups = Json::array();
  for (const EvalGroup& group : breakdown.groups) {
    Json json = {{"name", group.name}};
    json.update(to_json(group.metrics));
    if (group.intervals) {
      json["ci95"] = {{"mrr", json_interval(group.intervals->mrr)},
                      {"hits_at_10", json_interval(group.intervals->hits_at_10)}};
    }
    if (group.popularity) json["popularity"] = to_json(*group.popularity);
    groups.push_back(std::move(json));
  }
  Json macro = to_json(breakdown.macro.mean);
  macro["groups"] = breakdown.macro.num_groups;
  return {{"by", breakdown.by}, {"groups", std::move(groups)}, {"macro", std::move(macro)}};
}

Json to_json(const RankDistribution& distribution) {
  Json out = {{"k", distribution.k}, {"share_within", distribution.model}};
  if (!distribution.popularity.empty()) out["popularity"] = distribution.popularity;
  if (!distribution.random.empty()) out["random"] = distribution.random;
  return out;
}

Json to_json(const ProtocolResult& result) {
  Json json = {{"protocol", enum_name(result.protocol)}, {"micro", to_json(result.micro)}};
  if (result.intervals) json["ci95"] = to_json(*result.intervals);
  if (result.popularity) json["popularity"] = to_json(*result.popularity);
  if (result.random) json["random"] = to_json(*result.random);
  json["ranks"] = to_json(result.distribution);
  json["breakdowns"] = Json::array();
  for (const Breakdown& breakdown : result.breakdowns) {
    json["breakdowns"].push_back(to_json(breakdown));
  }
  return json;
}

/// Model minus other, of a figure that both have.
Json difference_of(const metrics::RankingMetrics& a, const metrics::RankingMetrics& b) {
  Json json = {{"mr", json_number(a.mr - b.mr)}, {"mrr", json_number(a.mrr - b.mrr)}};
  for (std::size_t i = 0; i < a.hits.size(); ++i) {
    json[hits_key(i)] = json_number(a.hits[i] - b.hits[i]);
  }
  json["auc"] = json_number(a.auc - b.auc);
  return json;
}

}  // namespace

std::string to_json(const EvalComparison& c) {
  Json difference = difference_of(c.model.main().micro, c.other.main().micro);
  if (c.difference) difference["ci95"] = to_json(*c.difference);
  difference["better"] = c.num_better;
  difference["worse"] = c.num_worse;
  difference["alike"] = c.num_alike;
  difference["breakdowns"] = Json::array();
  const auto& ours = c.model.main().breakdowns;
  const auto& theirs = c.other.main().breakdowns;
  for (std::size_t d = 0; d < ours.size(); ++d) {
    Json groups = Json::array();
    for (std::size_t g = 0; g < ours[d].groups.size(); ++g) {
      Json json = {{"name", ours[d].groups[g].name}};
      json.update(difference_of(ours[d].groups[g].metrics, theirs[d].groups[g].metrics));
      if (!c.group_differences.empty() && !c.group_differences[d].empty()) {
        const GroupIntervals& intervals = c.group_differences[d][g];
        json["ci95"] = {{"mrr", json_interval(intervals.mrr)},
                        {"hits_at_10", json_interval(intervals.hits_at_10)}};
      }
      groups.push_back(std::move(json));
    }
    difference["breakdowns"].push_back({{"by", ours[d].by}, {"groups", std::move(groups)}});
  }
  const Json json = {{"protocol", enum_name(c.protocol)},
                     {"difference", std::move(difference)},
                     {"model", Json::parse(to_json(c.model))},
                     {"other", Json::parse(to_json(c.other))}};
  return json.dump(1);
}

std::string to_json(const EvalResult& result) {
  const bool sampled = result.options.candidates != CandidateSet::all;
  Json json;
  if (!result.model.empty()) {
    json["model"] = {{"path", result.model}, {"checksum", to_hex(result.model_checksum)}};
  }
  json["graph"] = {{"path", result.graph}, {"checksum", to_hex(result.graph_checksum)}};
  json["candidates"] = sampled ? "sampled" : "all";
  if (sampled) json["warning"] = kSampledWarning;
  json["ties"] = metrics::kTiePolicy;
  json["edges"] = result.num_edges;
  json["edges_in_split"] = result.num_edges_in_split;
  json["edges_of_unknown_entities"] = result.num_unknown;
  json["queries"] = result.num_queries;
  json["distinct_queries"] = result.num_distinct_queries;
  json["scores"] = result.num_scores;
  json["seconds"] = result.seconds;
  json["results"] = Json::array();
  for (const ProtocolResult& each : result.protocols) json["results"].push_back(to_json(each));
  json["options"] = Json::parse(config::to_json(result.options));
  return json.dump(1);
}

}  // namespace twhin
