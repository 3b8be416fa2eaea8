#include "kernel/best_columns.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace twhin::kernel {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::uint32_t kNone = ~std::uint32_t{0};

struct Found {
  std::vector<float> best;
  std::vector<std::uint32_t> columns;
};

// In blocks of `width` columns, as a caller does.
Found by_kernel(ConstMatrixView x, std::size_t width) {
  Found found{std::vector<float>(x.rows, -kInfinity), std::vector<std::uint32_t>(x.rows, kNone)};
  for (std::size_t j = 0; j < x.cols; j += width) {
    best_columns(x.block(0, x.rows, j, std::min(width, x.cols - j)), static_cast<std::uint32_t>(j),
                 found.best, found.columns);
  }
  return found;
}

Found by_loop(ConstMatrixView x) {
  Found found{std::vector<float>(x.rows, -kInfinity), std::vector<std::uint32_t>(x.rows, kNone)};
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.cols; ++j) {
      if (!(x(i, j) > found.best[i])) continue;
      found.best[i] = x(i, j);
      found.columns[i] = static_cast<std::uint32_t>(j);
    }
  }
  return found;
}

// Few distinct numbers, so that ties are everywhere; sizes around two vectors of 4, 8 and 16 lanes.
TEST(BestColumns, FindsTheLeftmostOfTheLargestWhateverTheBlocks) {
  std::mt19937 bits(1);
  for (const std::size_t n : {0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 300}) {
    constexpr std::size_t kRows = 5;
    std::vector<float> values(kRows * (n + 1), 100.0f);  // the last column is not to be read
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        values[i * (n + 1) + j] = static_cast<float>(bits() % 6);
      }
    }
    const ConstMatrixView x(values.data(), kRows, n, n + 1);
    const Found expected = by_loop(x);
    for (const std::size_t width : {std::size_t{1}, std::size_t{32}, std::size_t{50}, n + 1}) {
      const Found found = by_kernel(x, width);
      EXPECT_EQ(found.best, expected.best) << n << " columns, " << width << " at a time";
      EXPECT_EQ(found.columns, expected.columns) << n << " columns, " << width << " at a time";
    }
  }
}

TEST(BestColumns, NaNIsLargerThanNothing) {
  std::vector<float> x(70, std::nanf(""));
  EXPECT_EQ(by_kernel(ConstMatrixView(x.data(), 1, x.size()), 70).columns.front(), kNone);
  x[41] = -3.0f;
  EXPECT_EQ(by_kernel(ConstMatrixView(x.data(), 1, x.size()), 70).columns.front(), 41u);
}

}  // namespace
}  // namespace twhin::kernel
