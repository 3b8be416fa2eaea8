// twhin/metrics/ranking.h -- link prediction metrics over many queries, and over groups of them.
//
//     MR      = mean of rank_q
//     MRR     = mean of 1 / rank_q
//     Hits@k  = share of queries with rank_q <= k
//     AUC     = mean of auc_q, over the queries that have a candidate
//
// with rank_q and auc_q of rank.h: ties take the mean rank, also under the reciprocal and the
// threshold (two tied at the top both have rank 1.5: 1/rank .667, no hit at 1).
//
// Micro means weigh each query alike; macro means weigh each group (a relation, a type pair, a
// degree decile, a time slice) alike, however many queries it has.
//
// Source: Bordes et al., NIPS 2013 (MR, Hits@k); Voorhees, TREC 1999 (MRR).
// Exact: ranks are summed in integers, the rest by UnitSum, so the order of add() and merge() does
// not show in the result.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "twhin/metrics/rank.h"
#include "twhin/metrics/unit_sum.h"

namespace twhin::metrics {

inline constexpr std::array<std::uint32_t, 4> kHitsAt = {1, 3, 10, 50};

/// See the head of the file. Means over no query are NaN.
struct RankingMetrics {
  std::uint64_t num_queries = 0;
  std::uint64_t num_with_candidates = 0;  ///< queries that enter auc
  double mr = std::numeric_limits<double>::quiet_NaN();
  double mrr = std::numeric_limits<double>::quiet_NaN();
  std::array<double, kHitsAt.size()> hits = {mr, mr, mr, mr};  ///< hits[i]: Hits@kHitsAt[i]
  double auc = std::numeric_limits<double>::quiet_NaN();
};

/// Collects queries. Copyable; one per thread, then merge().
class RankingAccumulator {
 public:
  void add(const RankCounts& query);
  void merge(const RankingAccumulator& other);
  std::uint64_t num_queries() const { return num_queries_; }
  RankingMetrics metrics() const;

 private:
  std::uint64_t num_queries_ = 0;
  std::uint64_t num_with_candidates_ = 0;
  unsigned __int128 twice_ranks_ = 0;  // ranks are multiples of a half
  std::array<std::uint64_t, kHitsAt.size()> hits_ = {};
  UnitSum reciprocal_;
  UnitSum auc_;
};

/// The metrics of `queries`, each weighing alike.
RankingMetrics ranking_metrics(std::span<const RankCounts> queries);

/// Unweighted mean over groups.
struct MacroMetrics {
  std::uint64_t num_groups = 0;  ///< groups that enter the mean
  std::uint64_t num_empty = 0;   ///< groups left out, because they have no query
  RankingMetrics mean;           ///< num_queries and num_with_candidates are totals
};

/// `mean.auc` is over the groups that have one.
MacroMetrics macro_mean(std::span<const RankingMetrics> groups);

/// One accumulator a group.
class GroupedRanking {
 public:
  explicit GroupedRanking(std::size_t num_groups) : groups_(num_groups) {}

  /// Errors    invalid_argument "metrics.unknown_group" if group >= num_groups().
  void add(std::size_t group, const RankCounts& query);
  /// Errors    invalid_argument "metrics.size_mismatch" if the numbers of groups differ.
  void merge(const GroupedRanking& other);

  std::size_t num_groups() const { return groups_.size(); }
  /// Errors    invalid_argument "metrics.unknown_group".
  RankingMetrics group(std::size_t group) const;
  RankingMetrics micro() const;
  MacroMetrics macro() const;

 private:
  std::vector<RankingAccumulator> groups_;
};

}  // namespace twhin::metrics
