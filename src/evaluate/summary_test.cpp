#include "evaluate/summary.h"

#include <gtest/gtest.h>

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
