#include "twhin/metrics/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "metrics/testing.h"

namespace twhin::metrics {
namespace {

using testing::id_of;
using testing::kInf;
using testing::kNaN;

TEST(QuantileOfSorted, InterpolatesBetweenOrderStatistics) {
  const std::vector<double> values = {1.0, 2.0, 4.0, 8.0, 16.0};
  EXPECT_EQ(quantile_of_sorted(values, 0.0), 1.0);
  EXPECT_EQ(quantile_of_sorted(values, 0.5), 4.0);
  EXPECT_EQ(quantile_of_sorted(values, 1.0), 16.0);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(values, 0.125), 1.5);
  EXPECT_DOUBLE_EQ(quantile_of_sorted(values, 0.9), 8.0 + 0.6 * 8.0);
  EXPECT_TRUE(std::isnan(quantile_of_sorted({}, 0.5)));
}

TEST(Bootstrap, DrawsAsManyUnitsAsThereAre) {
  std::vector<std::uint64_t> drawn(20, 0);
  const auto statistic = [&](std::span<const std::uint32_t> counts, std::span<double> out) {
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0u), 20u);
    for (std::size_t u = 0; u < counts.size(); ++u) drawn[u] += counts[u];
    out[0] = 0.0;
  };
  bootstrap(20, 1, statistic, {.seed = 7, .resamples = 2000});
  // Each unit is drawn 2000 times on average, standard deviation below 45; six of them is chance
  // no more.
  for (const std::uint64_t times : drawn) EXPECT_NEAR(static_cast<double>(times), 2000.0, 270.0);
}

TEST(Bootstrap, RepeatsWithTheSameSeedAndNotWithAnother) {
  const auto values = testing::random_levels<double>(200, 64, 1);
  const Interval a = bootstrap_mean(values, {.seed = 3});
  const Interval b = bootstrap_mean(values, {.seed = 3});
  const Interval c = bootstrap_mean(values, {.seed = 4});
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_NE(a.low, c.low);
}

TEST(Bootstrap, DoesNotDependOnThreads) {
  const auto values = testing::random_levels<double>(200, 64, 1);
  const Interval one = bootstrap_mean(values, {.resamples = 101});
  const Interval three = bootstrap_mean(values, {.resamples = 101, .threads = 3});
  EXPECT_EQ(one.low, three.low);
  EXPECT_EQ(one.high, three.high);
}

// For the mean of many values the percentile interval is the normal one, mean +- 1.96 s/sqrt(n).
// With 4000 resamples the ends themselves scatter by about 0.04 of s/sqrt(n).
TEST(Bootstrap, IntervalOfAMeanIsTheNormalOne) {
  const auto values = testing::random_levels<double>(2000, 1024, 11);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 2000.0;
  double square = 0.0;
  for (const double v : values) square += (v - mean) * (v - mean);
  const double error = std::sqrt(square / 2000.0 / 2000.0);
  const Interval interval = bootstrap_mean(values, {.seed = 5, .resamples = 4000});
  EXPECT_NEAR(interval.low, mean - 1.96 * error, 0.2 * error);
  EXPECT_NEAR(interval.high, mean + 1.96 * error, 0.2 * error);
}

// 95 % of the intervals of many samples should hold the true mean. 400 samples: 380 +- 4.4.
TEST(Bootstrap, CoversTheTruthAboutAsOftenAsItSays) {
  int covered = 0;
  for (std::uint64_t sample = 0; sample < 400; ++sample) {
    const auto values = testing::random_levels<double>(60, 1 << 20, 100 + sample);
    const Interval interval = bootstrap_mean(values, {.seed = sample, .resamples = 400});
    if (interval.low <= 0.5 && 0.5 <= interval.high) ++covered;
  }
  EXPECT_GE(covered, 360);
  EXPECT_LE(covered, 395);
}

TEST(Bootstrap, OfEqualValuesIsAPoint) {
  const Interval interval = bootstrap_mean(std::vector<double>(9, 0.25));
  EXPECT_EQ(interval.low, 0.25);
  EXPECT_EQ(interval.high, 0.25);
  const Interval of_one = bootstrap_mean(std::vector<double>{3.0});
  EXPECT_EQ(of_one.low, 3.0);
  EXPECT_EQ(of_one.high, 3.0);
}

TEST(Bootstrap, OfNothingIsUndefined) {
  const Interval interval = bootstrap_mean(std::vector<double>{}, {.resamples = 10});
  EXPECT_TRUE(std::isnan(interval.low));
  EXPECT_EQ(interval.num_undefined, 10u);
}

TEST(Bootstrap, DoesNotMixAnUndrawnInfinityIn) {
  std::vector<double> values(50, 1.0);
  values[0] = kInf;
  const Interval interval = bootstrap_mean(values, {.seed = 1, .resamples = 500});
  EXPECT_EQ(interval.low, 1.0) << "about a third of the resamples miss unit 0";
  EXPECT_EQ(interval.high, kInf);
}

TEST(Bootstrap, CountsResamplesWithoutAStatistic) {
  const auto first_unit_drawn = [](std::span<const std::uint32_t> counts, std::span<double> out) {
    out[0] = counts[0] > 0 ? 1.0 : kNaN;
  };
  const auto interval = bootstrap(10, 1, first_unit_drawn, {.seed = 2, .resamples = 1000}).front();
  EXPECT_NEAR(interval.num_undefined, 1000.0 * std::pow(0.9, 10), 75.0);  // five deviations
  EXPECT_EQ(interval.low, 1.0);
}

// The statistics of one call come from the same resamples, so the interval of a difference is
// that of the differences.
TEST(Bootstrap, GivesEachStatisticTheSameResamples) {
  const auto values = testing::random_levels<double>(100, 64, 1);
  const auto mean_twice = [&](std::span<const std::uint32_t> counts, std::span<double> out) {
    out[0] = 0.0;
    for (std::size_t u = 0; u < counts.size(); ++u) out[0] += counts[u] * values[u];
    out[1] = -out[0];
  };
  const auto intervals = bootstrap(100, 2, mean_twice, {.seed = 6, .resamples = 99});
  EXPECT_DOUBLE_EQ(intervals[0].low, -intervals[1].high);
}

TEST(BootstrapRanking, AgreesWithTheMeansOfEachQuery) {
  Rng rng(8);
  std::vector<RankCounts> queries(80);
  std::vector<double> ranks, reciprocals, hits10, aucs;
  for (RankCounts& q : queries) {
    q = {.greater = rng.below(30), .equal = rng.below(3), .candidates = 40};
    ranks.push_back(q.rank());
    reciprocals.push_back(1.0 / q.rank());
    hits10.push_back(q.rank() <= 10.0 ? 1.0 : 0.0);
    aucs.push_back(*q.auc());
  }
  const BootstrapOptions options{.seed = 12, .resamples = 300};
  const RankingIntervals found = bootstrap_ranking(queries, options);
  const auto expect_near = [&](const Interval& interval, const std::vector<double>& values) {
    const Interval expected = bootstrap_mean(values, options);
    EXPECT_NEAR(interval.low, expected.low, 1e-12);
    EXPECT_NEAR(interval.high, expected.high, 1e-12);
  };
  expect_near(found.mr, ranks);
  expect_near(found.mrr, reciprocals);
  expect_near(found.hits[2], hits10);
  expect_near(found.auc, aucs);
}

TEST(BootstrapRanking, LeavesQueriesWithoutCandidatesOutOfTheAuc) {
  const std::vector<RankCounts> queries = {{0, 0, 0}, {1, 0, 4}};
  const RankingIntervals found = bootstrap_ranking(queries, {.seed = 1, .resamples = 400});
  EXPECT_EQ(found.auc.low, 0.75);
  EXPECT_EQ(found.auc.high, 0.75);
  EXPECT_NEAR(found.auc.num_undefined, 100.0, 45.0);  // both draws take the first: one in four
}

TEST(Bootstrap, RefusesOptionsThatGiveNoInterval) {
  const std::vector<double> one = {1.0};
  const auto id = [&](BootstrapOptions o) { return id_of([&] { bootstrap_mean(one, o); }); };
  EXPECT_EQ(id({.resamples = 0}), "metrics.bootstrap_options");
  EXPECT_EQ(id({.confidence = 0.0}), "metrics.bootstrap_options");
  EXPECT_EQ(id({.confidence = 1.0}), "metrics.bootstrap_options");
  EXPECT_EQ(id({.confidence = kNaN}), "metrics.bootstrap_options");
  EXPECT_EQ(id_of([] { bootstrap_mean(std::vector<double>{1.0, kNaN}); }), "metrics.nan_value");
}

}  // namespace
}  // namespace twhin::metrics
