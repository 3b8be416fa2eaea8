#include "twhin/metrics/ranking.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "metrics/testing.h"

namespace twhin::metrics {
namespace {

using testing::id_of;

RankCounts at_rank(std::uint64_t rank, std::uint64_t candidates = 100) {
  return {.greater = rank - 1, .equal = 0, .candidates = candidates};
}

std::vector<RankCounts> random_queries(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<RankCounts> out(count);
  for (RankCounts& q : out) {
    q.candidates = rng.below(1000);
    q.greater = rng.below(q.candidates + 1);
    q.equal = rng.below(q.candidates - q.greater + 1);
  }
  return out;
}

void expect_same_bits(const RankingMetrics& a, const RankingMetrics& b) {
  EXPECT_EQ(a.num_queries, b.num_queries);
  EXPECT_EQ(a.num_with_candidates, b.num_with_candidates);
  EXPECT_EQ(a.mr, b.mr);
  EXPECT_EQ(a.mrr, b.mrr);
  EXPECT_EQ(a.hits, b.hits);
  EXPECT_EQ(a.auc, b.auc);
}

TEST(RankingMetrics, OfFourQueriesByHand) {
  const std::vector<RankCounts> queries = {at_rank(1), at_rank(2), at_rank(10), at_rank(51)};
  const RankingMetrics m = ranking_metrics(queries);
  EXPECT_EQ(m.num_queries, 4u);
  EXPECT_DOUBLE_EQ(m.mr, 16.0);
  EXPECT_DOUBLE_EQ(m.mrr, (1.0 + 0.5 + 0.1 + 1.0 / 51.0) / 4.0);
  EXPECT_EQ(m.hits, (std::array<double, 4>{0.25, 0.5, 0.75, 0.75}));
  EXPECT_DOUBLE_EQ(m.auc, (1.0 + 0.99 + 0.91 + 0.50) / 4.0);
}

TEST(RankingMetrics, TieAtTheTopIsNoHitAtOne) {
  RankingAccumulator all;
  all.add({.greater = 0, .equal = 1, .candidates = 1});
  EXPECT_EQ(all.metrics().hits[0], 0.0);
  EXPECT_EQ(all.metrics().hits[1], 1.0);
  EXPECT_DOUBLE_EQ(all.metrics().mrr, 1.0 / 1.5);
}

TEST(RankingMetrics, OfNoQueryAreNotNumbers) {
  const RankingMetrics m = ranking_metrics({});
  EXPECT_EQ(m.num_queries, 0u);
  EXPECT_TRUE(std::isnan(m.mr) && std::isnan(m.mrr) && std::isnan(m.auc));
  for (const double hit : m.hits) EXPECT_TRUE(std::isnan(hit));
}

TEST(RankingMetrics, LeaveQueriesWithoutCandidatesOutOfTheAucOnly) {
  const std::vector<RankCounts> queries = {at_rank(1, 0), at_rank(3, 4)};
  const RankingMetrics m = ranking_metrics(queries);
  EXPECT_EQ(m.num_queries, 2u);
  EXPECT_EQ(m.num_with_candidates, 1u);
  EXPECT_DOUBLE_EQ(m.mr, 2.0);
  EXPECT_DOUBLE_EQ(m.auc, 0.5);
}

// 2^-62 a query and one rounding of the sum, which is below 2^10: far below 1e-12 together; the
// plain sum of n numbers of at most 1 is off by at most n^2 eps / 2 = 1.2e-10 of a mean of n.
TEST(RankingMetrics, EqualAPlainSum) {
  const auto queries = random_queries(1000, 1);
  double mr = 0.0, mrr = 0.0, auc = 0.0;
  std::size_t with_auc = 0;
  std::array<double, 4> hits = {};
  for (const RankCounts& q : queries) {
    mr += q.rank();
    mrr += 1.0 / q.rank();
    for (std::size_t i = 0; i < hits.size(); ++i) hits[i] += q.rank() <= kHitsAt[i] ? 1.0 : 0.0;
    if (q.auc()) ++with_auc, auc += *q.auc();
  }
  const RankingMetrics m = ranking_metrics(queries);
  EXPECT_EQ(m.mr, mr / 1000.0) << "ranks are multiples of a half: both sums are exact";
  EXPECT_NEAR(m.mrr, mrr / 1000.0, 1e-12);
  EXPECT_NEAR(m.auc, auc / static_cast<double>(with_auc), 1e-12);
  for (std::size_t i = 0; i < hits.size(); ++i) EXPECT_EQ(m.hits[i], hits[i] / 1000.0);
}

TEST(RankingMetrics, HaveTheSameBitsInAnyOrderAndThroughAnyMerge) {
  auto queries = random_queries(1000, 2);
  const RankingMetrics expected = ranking_metrics(queries);
  testing::shuffle(queries, 3);
  std::array<RankingAccumulator, 3> parts;
  for (std::size_t i = 0; i < queries.size(); ++i) parts[i * i % 3].add(queries[i]);
  RankingAccumulator all;
  for (const std::size_t part : {2, 0, 1}) all.merge(parts[part]);
  expect_same_bits(all.metrics(), expected);
}

TEST(GroupedRanking, MicroWeighsQueriesAndMacroWeighsGroups) {
  GroupedRanking grouped(3);
  for (int i = 0; i < 3; ++i) grouped.add(0, at_rank(1));
  grouped.add(2, at_rank(4));
  EXPECT_DOUBLE_EQ(grouped.micro().mrr, (3.0 + 0.25) / 4.0);
  const MacroMetrics macro = grouped.macro();
  EXPECT_EQ(macro.num_groups, 2u);
  EXPECT_EQ(macro.num_empty, 1u);
  EXPECT_EQ(macro.mean.num_queries, 4u);
  EXPECT_DOUBLE_EQ(macro.mean.mrr, (1.0 + 0.25) / 2.0);
  EXPECT_DOUBLE_EQ(macro.mean.mr, 2.5);
  EXPECT_DOUBLE_EQ(macro.mean.hits[0], 0.5);
  EXPECT_DOUBLE_EQ(macro.mean.auc, (1.0 + 0.97) / 2.0);
  EXPECT_EQ(grouped.group(1).num_queries, 0u);
  EXPECT_DOUBLE_EQ(grouped.group(2).mr, 4.0);
}

TEST(GroupedRanking, MacroAucIsOverTheGroupsThatHaveOne) {
  GroupedRanking grouped(2);
  grouped.add(0, at_rank(1, 0));
  grouped.add(1, at_rank(3, 4));
  EXPECT_DOUBLE_EQ(grouped.macro().mean.auc, 0.5);
}

TEST(GroupedRanking, MergesGroupByGroupAndMicroEqualsTheUngrouped) {
  const auto queries = random_queries(300, 5);
  GroupedRanking a(4), b(4);
  for (std::size_t i = 0; i < queries.size(); ++i) (i % 2 ? a : b).add(i % 4, queries[i]);
  a.merge(b);
  expect_same_bits(a.micro(), ranking_metrics(queries));
  EXPECT_EQ(a.group(3).num_queries, 75u);
}

TEST(GroupedRanking, RefusesGroupsThatItDoesNotHave) {
  GroupedRanking grouped(2), other(3);
  EXPECT_EQ(id_of([&] { grouped.add(2, at_rank(1)); }), "metrics.unknown_group");
  EXPECT_EQ(id_of([&] { static_cast<void>(grouped.group(2)); }), "metrics.unknown_group");
  EXPECT_EQ(id_of([&] { grouped.merge(other); }), "metrics.size_mismatch");
}

TEST(UnitSum, AddsOnesExactlyBeyondTwoToTheSixtyFour) {
  UnitSum sum;
  for (int i = 0; i < 9; ++i) sum.add(1.0);  // 9 * 2^62 is more than 64 bits hold
  sum.add(0.5);
  sum.add(0.0);
  EXPECT_EQ(sum.value(), 9.5);
  EXPECT_EQ(sum.mean(19), 0.5);
}

}  // namespace
}  // namespace twhin::metrics
