#include "candidates/quota.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "twhin/base/rng.h"

namespace twhin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Quotas, GiveTheLargestRemaindersThePlacesThatAreLeft) {
  // Shares of 10: 4.7, 1.6, 1.58, 1.2, 0.92; the whole parts are 7; .92, .7 and .6 come next.
  EXPECT_THAT(quotas(std::vector{47.0, 16.0, 15.8, 12.0, 9.2}, 10), ElementsAre(5, 2, 1, 1, 1));
  EXPECT_THAT(quotas(std::vector{0.5, 0.3, 0.2}, 10), ElementsAre(5, 3, 2));
}

TEST(Quotas, OfEqualRemaindersTheHeavierAndThenTheEarlierComponentComesFirst) {
  EXPECT_THAT(quotas(std::vector{1.0, 1.0, 1.0}, 4), ElementsAre(2, 1, 1));
  // Shares of 2: 0.5, 1.5; both rests are one half.
  EXPECT_THAT(quotas(std::vector{1.0, 3.0}, 2), ElementsAre(0, 2));
}

TEST(Quotas, AreNoneForNoWeightAndForNoPlaces) {
  EXPECT_THAT(quotas({}, 5), IsEmpty());
  EXPECT_THAT(quotas(std::vector{0.0, 0.0}, 5), ElementsAre(0, 0));
  EXPECT_THAT(quotas(std::vector{0.0, 1.0, 0.0}, 5), ElementsAre(0, 5, 0));
  EXPECT_THAT(quotas(std::vector{1.0, 2.0}, 0), ElementsAre(0, 0));
}

TEST(Quotas, AddUpToTheLengthAndStayWithinOneOfTheirShares) {
  Rng rng(7);
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<double> weights(1 + rng.below(9));
    for (double& each : weights) each = rng.below(4) == 0 ? 0.0 : rng.uniform() / 3.0;
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const std::size_t k = rng.below(200);
    const std::vector<std::size_t> quota = quotas(weights, k);
    const std::size_t all = std::accumulate(quota.begin(), quota.end(), std::size_t{0});
    EXPECT_EQ(all, sum > 0.0 ? k : 0);
    for (std::size_t c = 0; c < weights.size(); ++c) {
      const double share = sum > 0.0 ? static_cast<double>(k) * weights[c] / sum : 0.0;
      EXPECT_LT(std::abs(static_cast<double>(quota[c]) - share), 1.0 + 1e-9) << "trial " << trial;
      EXPECT_TRUE(weights[c] > 0.0 || quota[c] == 0);
    }
  }
}

}  // namespace
}  // namespace twhin
