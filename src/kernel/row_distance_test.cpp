#include "kernel/row_distance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "twhin/base/rng.h"

namespace twhin::kernel {
namespace {

std::vector<float> random_floats(std::size_t n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> out(n);
  for (float& x : out) x = static_cast<float>(2.0 * rng.uniform() - 1.0);
  return out;
}

// Each difference, product and addition rounds at most once.
void expect_near_double(std::size_t width) {
  constexpr std::size_t kRows = 9, kGap = 16;
  const std::size_t stride = width + kGap;
  const std::vector<float> query = random_floats(width, 1), rows = random_floats(kRows * stride, 2);
  const std::vector<std::uint32_t> ids = {8, 0, 3, 3, 7, 1};
  for (const RowDistance kind : {RowDistance::negative_dot, RowDistance::squared}) {
    std::vector<float> out(ids.size() + 1, -77.0f);
    row_distances(kind, query.data(), rows.data(), stride, width, ids, out.data());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const float* x = rows.data() + ids[i] * stride;
      double exact = 0.0, magnitude = 0.0;
      for (std::size_t d = 0; d < width; ++d) {
        const double q = query[d], difference = q - x[d];
        const double term = kind == RowDistance::squared ? difference * difference : -q * x[d];
        exact += term;
        magnitude += std::abs(term);
      }
      const double eps = std::numeric_limits<float>::epsilon();
      EXPECT_NEAR(out[i], exact, (static_cast<double>(width) + 2.0) * eps * magnitude)
          << "width " << width << ", id " << ids[i];
      EXPECT_EQ(out[i], distance_of_two(kind)(query.data(), x, &width));
    }
    EXPECT_EQ(out.back(), -77.0f);
  }
}

// One vector, several, and the loop's own step of four of the widest.
TEST(RowDistance, IsThatOfDoublePrecisionWithinTheRoundingBound) {
  for (const std::size_t width : {16, 32, 48, 64, 80, 128, 144, 256, 400})
    expect_near_double(width);
}

TEST(RowDistance, OfNoRowsWritesNothing) {
  const std::vector<float> query(16, 1.0f);
  row_distances(RowDistance::squared, query.data(), nullptr, 16, 16, {}, nullptr);
}

TEST(RowDistance, WidthsArePaddedToWholeLines) {
  EXPECT_EQ(padded_width(1), 16u);
  EXPECT_EQ(padded_width(128), 128u);
  EXPECT_EQ(padded_width(129), 144u);
}

}  // namespace
}  // namespace twhin::kernel
