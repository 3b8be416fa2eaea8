// twhin/metrics/recommendation.h -- how good ranked lists of recommended items are.
//
// For one list (a user, a session, a query), with rel_i = 1 if the item at place i = 1, 2, ... is
// relevant, R the relevant items and H@k = rel_1 + ... + rel_k:
//
//     recall@k          H@k / |R|
//     capped recall@k   H@k / min(k, |R|)       (can reach 1 also where |R| > k)
//     precision@k       H@k / k                 (places that the list does not fill are misses)
//     hit@k             1 if H@k > 0
//     nDCG@k            sum_{i<=k} rel_i / log2(i + 1)  over  sum_{i<=min(k,|R|)} 1 / log2(i + 1)
//     AP@k              sum_{i<=k} rel_i * H@i / i  over  min(k, |R|)
//     reciprocal rank   1 / first i <= k with rel_i = 1; 0 if there is none
//
// MAP@k is the mean of AP@k, hit rate the mean of hit@k, each list weighing alike. Take k at least
// the length of the list for the classical MAP, whose denominator is |R|.
//
// Sources: Jarvelin and Kekalainen, TOIS 2002 (nDCG, binary gain); Manning et al., 2008, ch. 8
// (MAP); Ziegler et al., WWW 2005 (intra-list similarity). LightGCN's Recall@20 and NDCG@20 are
// recall@k and nDCG@k above.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "twhin/metrics/unit_sum.h"

namespace twhin::metrics {

/// The metrics of one list at one k.
struct ListMetrics {
  double recall = 0.0, capped_recall = 0.0, precision = 0.0, hit = 0.0;
  double ndcg = 0.0, average_precision = 0.0, reciprocal_rank = 0.0;
};

/// Empty if no item is relevant: then none of the metrics is defined.
///
/// `recommended` has the best first and may be shorter or longer than k.
/// Errors    invalid_argument "metrics.k" if k is 0; "metrics.relevant_order" unless `relevant`
///           ascends strictly; "metrics.duplicate_item" if one of the first k items comes twice.
std::optional<ListMetrics> list_metrics(std::span<const std::uint64_t> recommended,
                                        std::span<const std::uint64_t> relevant, std::size_t k);

/// Means over lists; NaN over none.
struct RecommendationMetrics {
  std::uint64_t num_lists = 0;             ///< lists that enter the means
  std::uint64_t num_without_relevant = 0;  ///< lists left out, because nothing was relevant
  double recall = std::numeric_limits<double>::quiet_NaN();
  double capped_recall = std::numeric_limits<double>::quiet_NaN();
  double precision = std::numeric_limits<double>::quiet_NaN();
  double hit_rate = std::numeric_limits<double>::quiet_NaN();
  double ndcg = std::numeric_limits<double>::quiet_NaN();
  double map = std::numeric_limits<double>::quiet_NaN();
  double mrr = std::numeric_limits<double>::quiet_NaN();
};

/// Collects lists, in any order with the same result. One per user group and thread, then merge().
class RecommendationAccumulator {
 public:
  void add(const std::optional<ListMetrics>& list);
  void merge(const RecommendationAccumulator& other);
  RecommendationMetrics metrics() const;

 private:
  std::uint64_t num_lists_ = 0, num_without_relevant_ = 0;
  UnitSum recall_, capped_recall_, precision_, hit_, ndcg_, average_precision_, reciprocal_rank_;
};

/// How often each item of a catalogue was recommended.
class CatalogueUse {
 public:
  explicit CatalogueUse(std::size_t num_items) : shown_(num_items) {}

  /// Counts the first k items of a list.
  ///
  /// Errors    invalid_argument "metrics.unknown_item" if an item is not below num_items; then
  ///           nothing has been counted.
  void add(std::span<const std::uint64_t> recommended, std::size_t k);
  /// Errors    invalid_argument "metrics.size_mismatch" if the catalogues differ in size.
  void merge(const CatalogueUse& other);

  std::span<const std::uint64_t> shown() const { return shown_; }
  /// Catalogue coverage: items shown at least once / items. Empty for an empty catalogue.
  std::optional<double> coverage() const;

 private:
  std::vector<std::uint64_t> shown_;
};

/// Mean of popularity[item] over the first k items of a list; empty for an empty list or k = 0.
/// `popularity` is what the caller counts, e.g. the training edges of each item.
///
/// Errors    invalid_argument "metrics.unknown_item".
std::optional<double> mean_popularity(std::span<const std::uint64_t> recommended, std::size_t k,
                                      std::span<const double> popularity);

/// Intra-list diversity: the mean of 1 - cos(x_i, x_j) over all pairs i < j, from 0 (all alike)
/// through 1 (unrelated) to at most 2. A zero vector has cosine 0 with everything.
/// Empty for fewer than two rows.
///
/// Shapes    rows [num_rows, dim], row-major: the vectors of one list's items.
/// Errors    invalid_argument "metrics.size_mismatch" unless rows.size() = num_rows * dim;
///           "metrics.nan_vector" if a value is NaN or infinite.
/// Cost      num_rows * dim.
std::optional<double> intra_list_diversity(std::span<const float> rows, std::size_t num_rows,
                                           std::size_t dim);

}  // namespace twhin::metrics
