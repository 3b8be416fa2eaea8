#include "graph/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace twhin {
namespace {

constexpr float kLeast = std::numeric_limits<float>::denorm_min();
constexpr float kLargest = std::numeric_limits<float>::max();

float sum(const std::vector<float>& values) {
  ExactSum sum;
  for (const float x : values) sum.add(x);
  return sum.value();
}

TEST(ExactSum, OfOneIsItselfFromTheLeastToTheLargest) {
  EXPECT_EQ(sum({}), 0.0f);
  for (const float x : {0.0f, kLeast, 7 * kLeast, std::numeric_limits<float>::min(), 1e-20f, 1.0f,
                        0.1f, 1e20f, kLargest}) {
    EXPECT_EQ(sum({x}), x);
    EXPECT_EQ(sum({0.0f, x, 0.0f}), x);
  }
}

TEST(ExactSum, IsTheDoubleSumWhereThatIsExact) {
  // 2^10 floats of 24 bits with exponents that differ by at most 8: 24 + 8 + 10 bits < 53.
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(1.0f, 256.0f);
  std::vector<float> values(1024);
  double expected = 0.0;
  for (float& x : values) expected += x = uniform(random);
  EXPECT_EQ(sum(values), static_cast<float>(expected));
}

TEST(ExactSum, LosesNothingWhereADoubleWould) {
  // 2^60 + 2^36 is halfway between two floats, whose step is 2^37: the tie goes to the even one,
  // and the least float tips it.
  const float large = std::ldexp(1.0f, 60), half = std::ldexp(1.0f, 36);
  EXPECT_EQ(sum({large, half}), large);
  EXPECT_EQ(sum({large, half, kLeast}), std::nextafter(large, kLargest));
  EXPECT_EQ(sum({kLeast, half, large}), std::nextafter(large, kLargest));
  EXPECT_EQ(sum(std::vector<float>(1 << 12, kLeast)), 4096 * kLeast);
}

TEST(ExactSum, IsTheSameInAnyOrder) {
  std::mt19937 random(1);
  std::vector<float> values(1000);
  for (float& x : values) {
    x = std::ldexp(static_cast<float>(random() % 1000), static_cast<int>(random() % 200) - 120);
  }
  const float expected = sum(values);
  for (int i = 0; i < 10; ++i) {
    std::shuffle(values.begin(), values.end(), random);
    EXPECT_EQ(sum(values), expected);
  }
}

TEST(ExactSum, IsInfiniteOnlyBeyondTheLargestFloat) {
  EXPECT_EQ(sum({kLargest, 1.0f}), kLargest);
  EXPECT_EQ(sum({kLargest, kLargest}), std::numeric_limits<float>::infinity());
  EXPECT_EQ(sum(std::vector<float>(1000, kLargest)), std::numeric_limits<float>::infinity());
}

}  // namespace
}  // namespace twhin
