// twhin/metrics/bootstrap.h -- confidence intervals by resampling the queries.
//
// A resample draws as many units (queries, users, sessions) as there are, with replacement; the
// statistic is computed on each; the interval goes from the (1-c)/2 to the (1+c)/2 quantile of
// what came out, c the confidence (percentile method: Efron and Tibshirani, 1993, chapter 13).
// Quantiles interpolate linearly between order statistics.
//
// The interval says how far the figure may move with other queries of the same kind. It does not
// cover another seed of training: repeat the training for that. To compare two models on the same
// queries, take the interval of the differences per query.
//
// Draws come from Rng(seed, bootstrap, resample): the same seed gives the same interval.
// Cost: resamples * units draws (about 2 ns each while the units fit in the cache); 4 bytes a unit
// and thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "twhin/metrics/rank.h"
#include "twhin/metrics/ranking.h"

namespace twhin::metrics {

struct BootstrapOptions {
  std::uint64_t seed = 1;
  std::uint32_t resamples = 1000;
  double confidence = 0.95;
  std::size_t threads = 1;  ///< No result depends on it.
  /// Called by the first thread now and then with the number of resamples that are done; what it
  /// throws ends the bootstrap.
  std::function<void(std::uint32_t done)> progress = {};
};

/// NaN bounds if the statistic was defined on no resample.
struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  std::uint32_t num_undefined = 0;  ///< resamples left out, because the statistic was NaN there
};

/// Computes the statistics of one resample. `counts[u]` says how often unit u was drawn (their sum
/// is the number of units): a weight on what the unit contributes. `out` has one place a statistic;
/// NaN means undefined on this resample. Called from several threads at once, if there are.
using BootstrapStatistic =
    std::function<void(std::span<const std::uint32_t> counts, std::span<double> out)>;

/// One interval a statistic, all from the same resamples.
///
/// Errors    invalid_argument "metrics.bootstrap_options" if resamples is 0 or the confidence is
///           not between 0 and 1; "metrics.too_many_units" from 2^32 units on.
std::vector<Interval> bootstrap(std::size_t num_units, std::size_t num_statistics,
                                const BootstrapStatistic& statistic,
                                const BootstrapOptions& options = {});

/// The interval of the mean of `values`, one a unit.
///
/// Errors    as bootstrap(); "metrics.nan_value" if a value is NaN.
Interval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options = {});

/// Intervals of the metrics of ranking_metrics().
struct RankingIntervals {
  Interval mr, mrr, auc;
  std::array<Interval, kHitsAt.size()> hits;
};
RankingIntervals bootstrap_ranking(std::span<const RankCounts> queries,
                                   const BootstrapOptions& options = {});

/// The q-quantile of ascending values, at place q (n - 1), interpolated; NaN if there are none.
/// Requires 0 <= q <= 1.
double quantile_of_sorted(std::span<const double> ascending, double q);

}  // namespace twhin::metrics
