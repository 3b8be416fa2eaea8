#include "model/pull.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "twhin/base/rng.h"

namespace twhin {
namespace {

std::vector<float> random_numbers(std::size_t n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> out(n);
  for (float& x : out) x = static_cast<float>(2.0 * rng.uniform() - 1.0);
  return out;
}

TEST(PullWeights, OfASidesNegativesAreTogetherThoseOfItsPositives) {
  const std::vector<float> edges = {0.5f, 2.0f, 1.5f};
  for (const std::size_t others : {0u, 1u, 4u, 100u}) {
    std::vector<float> weights(3 + others, -1.0f);
    EXPECT_FLOAT_EQ(pull_weights(2.0f, edges, 3, weights), 8.0f);
    EXPECT_FLOAT_EQ(weights[1], 4.0f);
    for (std::size_t k = 3; k < weights.size(); ++k) {
      EXPECT_FLOAT_EQ(weights[k], 8.0f / static_cast<float>(others));
    }
  }
  std::vector<float> weights(5);
  EXPECT_FLOAT_EQ(pull_weights(1.0f, {}, 2, weights), 2.0f);
  EXPECT_FLOAT_EQ(weights[0], 1.0f);
  EXPECT_FLOAT_EQ(weights[4], 2.0f / 3.0f);
}

// The penalty is quadratic, so its central difference is exact but for roundings: h = 2^-6 loses
// some 2^-24 / 2^-7 = 2^-17 of the values, which are below 2.
TEST(Pull, GradientIsTheCentralDifferenceOfThePenalty) {
  constexpr std::size_t kRows = 4, kDim = 7;
  constexpr float kStep = 0x1.0p-6f, kLambda = 0.7f;
  std::vector<float> x = random_numbers(kRows * kDim, 1);
  const std::vector<float> y = random_numbers(kRows * kDim, 2);
  const std::vector<float> weights = {1.0f, 0.25f, 0.0f, 2.0f};
  const auto penalty = [&](std::vector<float>& gradient) {
    gradient.assign(kRows * kDim, 0.125f);
    return add_pull(kLambda, weights, {x.data(), kRows, kDim}, {y.data(), kRows, kDim},
                    {gradient.data(), kRows, kDim});
  };
  std::vector<float> gradient, ignored;
  double expected = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    expected += 0.7 * weights[i / kDim] * std::pow(double{x[i]} - double{y[i]}, 2);
  }
  EXPECT_NEAR(penalty(gradient), expected, 1e-5 * expected);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float at = x[i];
    x[i] = at + kStep;
    const double above = penalty(ignored);
    x[i] = at - kStep;
    const double below = penalty(ignored);
    x[i] = at;
    // What was in `gradient` before stays: the pull is added.
    EXPECT_NEAR(gradient[i] - 0.125, (above - below) / (2 * kStep), 0x1.0p-13) << i;
  }
}

TEST(Pull, RowsWithoutWeightAreLeftAlone) {
  const std::vector<float> x = {1.0f, 2.0f}, y = {NAN, NAN}, weights = {0.0f};
  std::vector<float> gradient = {3.0f, 4.0f};
  EXPECT_EQ(add_pull(5.0f, weights, {x.data(), 1, 2}, {y.data(), 1, 2}, {gradient.data(), 1, 2}),
            0.0);
  EXPECT_EQ(gradient, (std::vector<float>{3.0f, 4.0f}));
}

}  // namespace
}  // namespace twhin
