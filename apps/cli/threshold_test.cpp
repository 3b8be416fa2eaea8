#include "cli/threshold.h"

#include <gtest/gtest.h>

#include <cmath>

namespace twhin::cli {
namespace {

Threshold of_figures(bool at_least, double user, double tweet) {
  Threshold out{"max-l2", "mean L2 change", 0.0, {}, at_least};
  out.take(user, "user");
  out.take(tweet, "tweet");
  return out;
}

TEST(Threshold, TheWorstIsTheLargestOrTheSmallest) {
  EXPECT_EQ(of_figures(false, 0.3, 0.1).of, "user");
  EXPECT_EQ(of_figures(false, 0.1, 0.3).of, "tweet");
  EXPECT_EQ(of_figures(true, 0.3, 0.1).of, "tweet");
  EXPECT_EQ(of_figures(true, 0.1, 0.3).of, "user");
  EXPECT_TRUE(of_figures(false, 0.1, 0.3).holds(0.3));
  EXPECT_FALSE(of_figures(false, 0.1, 0.3).holds(0.2));
  EXPECT_TRUE(of_figures(true, 0.1, 0.3).holds(0.1));
  EXPECT_FALSE(of_figures(true, 0.1, 0.3).holds(0.2));
}

TEST(Threshold, NaNIsWorseThanAnythingWhereverItComes) {
  for (const bool at_least : {false, true}) {
    const Threshold first = of_figures(at_least, NAN, 0.1), last = of_figures(at_least, 0.1, NAN);
    EXPECT_EQ(first.of, "user");
    EXPECT_EQ(last.of, "tweet");
    EXPECT_FALSE(first.holds(at_least ? -1e9 : 1e9));
    EXPECT_FALSE(last.holds(at_least ? -1e9 : 1e9));
  }
}

TEST(Threshold, WithoutAFigureBelongsToNobody) {
  EXPECT_TRUE((Threshold{"max-l2", "mean L2 change"}).of.empty());
}

}  // namespace
}  // namespace twhin::cli
