#include "twhin/metrics/ranking.h"

#include <fmt/format.h>

#include "twhin/base/error.h"

namespace twhin::metrics {
namespace {

void require_group(std::size_t group, std::size_t num_groups) {
  if (group < num_groups) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.unknown_group")
      .what(fmt::format("there is no group {}", group))
      .expected(fmt::format("a group below {}", num_groups))
      .build();
}

}  // namespace

void RankingAccumulator::add(const RankCounts& query) {
  const std::uint64_t twice_rank = 2 + 2 * query.greater + query.equal;
  ++num_queries_;
  twice_ranks_ += twice_rank;
  reciprocal_.add(2.0 / static_cast<double>(twice_rank));
  for (std::size_t i = 0; i < kHitsAt.size(); ++i) {
    hits_[i] += twice_rank <= 2 * std::uint64_t{kHitsAt[i]} ? 1u : 0u;
  }
  if (const auto auc = query.auc()) {
    ++num_with_candidates_;
    auc_.add(*auc);
  }
}

void RankingAccumulator::merge(const RankingAccumulator& other) {
  num_queries_ += other.num_queries_;
  num_with_candidates_ += other.num_with_candidates_;
  twice_ranks_ += other.twice_ranks_;
  for (std::size_t i = 0; i < kHitsAt.size(); ++i) hits_[i] += other.hits_[i];
  reciprocal_.merge(other.reciprocal_);
  auc_.merge(other.auc_);
}

RankingMetrics RankingAccumulator::metrics() const {
  RankingMetrics out;
  out.num_queries = num_queries_;
  out.num_with_candidates = num_with_candidates_;
  const auto n = static_cast<double>(num_queries_);
  out.mr = 0.5 * static_cast<double>(twice_ranks_) / n;
  out.mrr = reciprocal_.mean(num_queries_);
  for (std::size_t i = 0; i < kHitsAt.size(); ++i) out.hits[i] = static_cast<double>(hits_[i]) / n;
  out.auc = auc_.mean(num_with_candidates_);
  return out;
}

RankingMetrics ranking_metrics(std::span<const RankCounts> queries) {
  RankingAccumulator all;
  for (const RankCounts& query : queries) all.add(query);
  return all.metrics();
}

MacroMetrics macro_mean(std::span<const RankingMetrics> groups) {
  MacroMetrics out;
  double mr = 0.0, mrr = 0.0, auc = 0.0;
  std::array<double, kHitsAt.size()> hits = {};
  std::uint64_t num_with_auc = 0;
  for (const RankingMetrics& group : groups) {
    if (group.num_queries == 0) {
      ++out.num_empty;
      continue;
    }
    ++out.num_groups;
    out.mean.num_queries += group.num_queries;
    out.mean.num_with_candidates += group.num_with_candidates;
    mr += group.mr;
    mrr += group.mrr;
    for (std::size_t i = 0; i < hits.size(); ++i) hits[i] += group.hits[i];
    if (group.num_with_candidates > 0) {
      ++num_with_auc;
      auc += group.auc;
    }
  }
  const auto n = static_cast<double>(out.num_groups);
  out.mean.mr = mr / n;
  out.mean.mrr = mrr / n;
  for (std::size_t i = 0; i < hits.size(); ++i) out.mean.hits[i] = hits[i] / n;
  out.mean.auc = auc / static_cast<double>(num_with_auc);
  return out;
}

void GroupedRanking::add(std::size_t group, const RankCounts& query) {
  require_group(group, groups_.size());
  groups_[group].add(query);
}

void GroupedRanking::merge(const GroupedRanking& other) {
  if (other.groups_.size() != groups_.size()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.size_mismatch")
        .what("rankings with different numbers of groups cannot be merged")
        .found(fmt::format("{} groups", other.groups_.size()))
        .expected(fmt::format("{} groups", groups_.size()))
        .build();
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) groups_[i].merge(other.groups_[i]);
}

RankingMetrics GroupedRanking::group(std::size_t group) const {
  require_group(group, groups_.size());
  return groups_[group].metrics();
}

RankingMetrics GroupedRanking::micro() const {
  RankingAccumulator all;
  for (const RankingAccumulator& group : groups_) all.merge(group);
  return all.metrics();
}

MacroMetrics GroupedRanking::macro() const {
  std::vector<RankingMetrics> metrics;
  metrics.reserve(groups_.size());
  for (const RankingAccumulator& group : groups_) metrics.push_back(group.metrics());
  return macro_mean(metrics);
}

}  // namespace twhin::metrics
