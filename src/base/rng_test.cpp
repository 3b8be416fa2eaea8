#include "twhin/base/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace twhin {
namespace {

TEST(RngTest, DrawingInOrderGivesTheSameAsAskingByPosition) {
  Rng drawn(7, RngPurpose::negatives, 1, 2, 3);
  const Rng asked(7, RngPurpose::negatives, 1, 2, 3);
  for (std::uint64_t n = 0; n < 10; ++n) EXPECT_EQ(drawn(), asked.at(n));
}

TEST(RngTest, EachPartOfTheKeyChangesTheStream) {
  const std::uint64_t first = Rng(7, RngPurpose::negatives, 1, 2, 3)();
  EXPECT_NE(first, Rng(8, RngPurpose::negatives, 1, 2, 3)());
  EXPECT_NE(first, Rng(7, RngPurpose::edge_order, 1, 2, 3)());
  EXPECT_NE(first, Rng(7, RngPurpose::negatives, 2, 1, 3)());
  EXPECT_NE(first, Rng(7, RngPurpose::negatives, 1, 3, 2)());
}

// 16 equal cells, 160,000 draws: chi-square with 15 degrees of freedom stays below 37.7 with
// probability 0.999.
TEST(RngTest, SmallRangesAreEvenlyFilled) {
  Rng rng(3);
  std::array<int, 16> cells{};
  for (int i = 0; i < 160000; ++i) ++cells[rng.below(16)];
  double chi_square = 0.0;
  for (const int count : cells) chi_square += (count - 10000.0) * (count - 10000.0) / 10000.0;
  EXPECT_LT(chi_square, 37.7);
}

TEST(RngTest, NormalHasMeanZeroAndVarianceOne) {
  Rng rng(5);
  constexpr int kDraws = 100000;
  double sum = 0.0, squares = 0.0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 4.0 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0, 4.0 * std::sqrt(2.0 / kDraws));
}

TEST(PermutationTest, ContainsEveryPointOnce) {
  for (const std::uint64_t n : {1, 2, 3, 4, 5, 63, 64, 65, 1000, 4097}) {
    const Permutation permutation(n, Rng(1, RngPurpose::edge_order, n));
    std::vector<int> seen(n);
    for (std::uint64_t i = 0; i < n; ++i) ++seen.at(permutation(i));
    for (const int times : seen) EXPECT_EQ(times, 1) << "n = " << n;
  }
}

TEST(PermutationTest, KeysGiveDifferentOrders) {
  const Permutation a(1000, Rng(1)), b(1000, Rng(2));
  int equal = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) equal += a(i) == b(i);
  EXPECT_LT(equal, 10);  // one is expected
}

}  // namespace
}  // namespace twhin
