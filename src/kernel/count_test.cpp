#include "kernel/count.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace twhin::kernel {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Around each width of a vector (4, 8, 16 lanes).
TEST(Compare, CountsAsTheLoopDoes) {
  std::mt19937 bits(1);
  for (const std::size_t n : {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 255, 256, 257}) {
    std::vector<float> x(n + 1, 100.0f);  // the last one is not to be read
    for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(bits() % 5) - 2.0f;
    for (const float bound : {-3.0f, -2.0f, 0.0f, 1.0f, 2.0f}) {
      Comparison expected;
      for (std::size_t i = 0; i < n; ++i) {
        expected.greater += x[i] > bound ? 1 : 0;
        expected.equal += x[i] == bound ? 1 : 0;
      }
      const Comparison found = compare(x.data(), n, bound);
      EXPECT_EQ(found.greater, expected.greater) << n << " numbers above " << bound;
      EXPECT_EQ(found.equal, expected.equal) << n << " numbers equal to " << bound;
    }
  }
}

TEST(Compare, NaNIsNeitherGreaterNorEqual) {
  const std::vector<float> x(37, kNan);
  for (const float bound : {-kInfinity, 0.0f, kNan}) {
    const Comparison found = compare(x.data(), x.size(), bound);
    EXPECT_EQ(found.greater + found.equal, 0u) << bound;
  }
}

TEST(Compare, InfinitiesAndZerosCompareAsNumbersDo) {
  std::vector<float> x(20, -0.0f);
  x[3] = kInfinity;
  x[19] = -kInfinity;
  const auto above = [&](float bound) { return compare(x.data(), x.size(), bound).greater; };
  const auto same = [&](float bound) { return compare(x.data(), x.size(), bound).equal; };
  EXPECT_EQ(above(0.0f), 1u);
  EXPECT_EQ(same(0.0f), 18u);
  EXPECT_EQ(above(-kInfinity), 19u);
  EXPECT_EQ(same(-kInfinity), 1u);
  EXPECT_EQ(above(kInfinity), 0u);
  EXPECT_EQ(same(kInfinity), 1u);
}

}  // namespace
}  // namespace twhin::kernel
