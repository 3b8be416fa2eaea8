#include "evaluate/summary.h"

#include <gtest/gtest.h>

#include "evaluate/intervals.h"

namespace twhin {
namespace {

using metrics::RankCounts;

// Edge 0 has rank 1 at both ends, edge 1 rank 3. Drawn together, both draws may be edge 0 or both
// edge 1; drawn apart, the ends would even out.
TEST(Summary, ConfidenceIntervalsDrawTheEndsOfAnEdgeTogether) {
  QuerySet set;
  set.edges = {{0, 0, 0, 0}, {0, 1, 1, 0}};
  set.target_edge = {0, 1, 1, 0};
  const std::vector<RankCounts> ranks = {{0, 0, 9}, {2, 0, 9}, {2, 0, 9}, {0, 0, 9}};
  EvalOptions options;
  options.resamples = 100;
  const ProtocolResult result = summarise(Protocol::filtered, set, options, {}, ranks, {});
  ASSERT_TRUE(result.intervals);
  EXPECT_EQ(result.intervals->mr.low, 1.0);
  EXPECT_EQ(result.intervals->mr.high, 3.0);
  EXPECT_DOUBLE_EQ(result.intervals->mrr.low, 1.0 / 3.0);
  EXPECT_EQ(result.intervals->hits[0].low, 0.0);
  EXPECT_EQ(result.intervals->hits[0].high, 1.0);
  EXPECT_EQ(result.micro.mr, 2.0);
}

// The ranks differ from edge to edge, their distance of 3 does not.
TEST(Summary, IntervalsOfDifferencesAreOfTheSameEdges) {
  QuerySet set;
  set.edges = {{0, 0, 0, 0}, {0, 1, 1, 0}, {0, 2, 2, 0}};
  set.target_edge = {0, 1, 2};
  const std::vector<RankCounts> ranks = {{0, 0, 99}, {19, 0, 99}, {60, 0, 99}};
  const std::vector<RankCounts> others = {{3, 0, 99}, {22, 0, 99}, {63, 0, 99}};
  const std::vector<Division> divisions = {{"relation", {"a", "b"}, {0, 1, 1}}};
  EvalOptions options;
  options.resamples = 100;
  const Intervals own = intervals_over_edges(set, options, divisions, ranks, {}, {});
  const Intervals found = intervals_over_edges(set, options, divisions, ranks, {}, {}, others);
  EXPECT_LT(own.micro.mr.low, own.micro.mr.high);
  EXPECT_DOUBLE_EQ(found.micro.mr.low, -3.0);
  EXPECT_DOUBLE_EQ(found.micro.mr.high, -3.0);
  EXPECT_DOUBLE_EQ(found.micro.hits[0].high, 1.0);  // only edge 0 has rank 1, and the other has 4
  EXPECT_DOUBLE_EQ(found.micro.hits[2].high, 0.0);
  EXPECT_DOUBLE_EQ(found.groups[0][0].mrr.low, 1.0 - 1.0 / 4.0);
  EXPECT_DOUBLE_EQ(found.groups[0][0].mrr.high, 1.0 - 1.0 / 4.0);
}

// Group 0 has the target of edge 0 with rank 1 and that of edge 1 with rank 20; group 1 one of
// edge 1 with rank 4: whenever it is drawn, its MRR is 1/4.
TEST(Summary, GroupsHaveIntervalsAndBaselinesOfTheirOwn) {
  QuerySet set;
  set.edges = {{0, 0, 0, 0}, {0, 1, 1, 0}};
  set.target_edge = {0, 1, 1};
  const std::vector<RankCounts> ranks = {{0, 0, 99}, {19, 0, 99}, {3, 0, 99}};
  const std::vector<RankCounts> popularity = {{1, 0, 99}, {4, 0, 99}, {9, 0, 99}};
  const std::vector<Division> divisions = {{"relation", {"a", "b"}, {0, 0, 1}}};
  EvalOptions options;
  options.resamples = 100;
  const ProtocolResult result =
      summarise(Protocol::filtered, set, options, divisions, ranks, popularity);
  const std::vector<EvalGroup>& groups = result.breakdowns[0].groups;
  ASSERT_TRUE(groups[0].intervals && groups[1].intervals);
  EXPECT_EQ(groups[0].intervals->mrr.low, 1.0 / 20.0);
  EXPECT_EQ(groups[0].intervals->mrr.high, 1.0);
  EXPECT_EQ(groups[0].intervals->hits_at_10.low, 0.0);
  EXPECT_EQ(groups[1].intervals->mrr.low, 0.25);
  EXPECT_EQ(groups[1].intervals->mrr.high, 0.25);
  // Edge 1 is in a resample of two unless both draws are edge 0: one in four.
  EXPECT_GT(groups[1].intervals->mrr.num_undefined, 10u);
  EXPECT_LT(groups[1].intervals->mrr.num_undefined, 40u);
  EXPECT_DOUBLE_EQ(groups[0].popularity->mrr, (0.5 + 0.2) / 2.0);
  EXPECT_DOUBLE_EQ(groups[1].popularity->mrr, 0.1);
}

TEST(Summary, LargeBreakdownsHaveNoIntervals) {
  QuerySet set;
  set.edges = {{0, 0, 0, 0}};
  set.target_edge = {0};
  std::vector<Division> divisions = {{"relation", {}, {0}}, {"side", {"rhs"}, {0}}};
  divisions[0].names.resize(kMostGroupsWithIntervals + 1);
  const std::vector<RankCounts> ranks = {{1, 0, 9}};
  const ProtocolResult result = summarise(Protocol::raw, set, {}, divisions, ranks, {});
  EXPECT_FALSE(result.breakdowns[0].groups[0].intervals);
  ASSERT_TRUE(result.breakdowns[1].groups[0].intervals);
  EXPECT_EQ(result.breakdowns[1].groups[0].intervals->mrr.high, 0.5);
}

// Ranks 1, 2.5 (a tie), 12 of 12 places.
TEST(Summary, DistributionSaysWhichShareOfRanksIsWithinEachK) {
  QuerySet set;
  set.edges = {{0, 0, 0, 0}, {0, 1, 1, 0}, {0, 2, 2, 0}};
  set.target_edge = {0, 1, 2};
  const std::vector<RankCounts> ranks = {{0, 0, 11}, {1, 1, 11}, {11, 0, 11}};
  const ProtocolResult result = summarise(Protocol::raw, set, {}, {}, ranks, ranks);
  const RankDistribution& d = result.distribution;
  EXPECT_EQ(d.k, (std::vector<std::uint64_t>{1, 2, 3, 5, 7, 10, 15}));
  const std::vector<double> expected = {1.0 / 3, 1.0 / 3, 2.0 / 3, 2.0 / 3, 2.0 / 3, 2.0 / 3, 1.0};
  EXPECT_EQ(d.model, expected);
  EXPECT_EQ(d.popularity, expected);
  EXPECT_DOUBLE_EQ(d.random[2], 3.0 / 12.0);
  EXPECT_DOUBLE_EQ(d.random.back(), 1.0);
}

TEST(Summary, QuantileGroupsThatTiesLeaveEmptyAreNotListed) {
  std::vector<std::int64_t> degrees(10, 1);
  degrees[9] = 7;
  const Division division = divide_by_quantile("degree", degrees, 10);
  EXPECT_EQ(division.names, (std::vector<std::string>{"1", "7"}));
  EXPECT_EQ(division.of_target[0], 0u);
  EXPECT_EQ(division.of_target[9], 1u);
}

}  // namespace
}  // namespace twhin
