#include "kernel/coalesce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "kernel/test_matrix.h"
#include "twhin/base/error.h"

namespace twhin::kernel {
namespace {

using ::testing::ElementsAre;

TEST(Coalescer, AddsTheRowsOfAnIdToItsFirst) {
  Coalescer coalescer;
  std::vector<float> gradient{1, 2, 10, 20, 100, 200, 1000, 2000};
  const std::vector<std::uint32_t> ids{7, 3, 7, 7};
  const RowGradients sums = coalescer.coalesce(ids, {gradient.data(), 4, 2});
  EXPECT_THAT(sums.ids, ElementsAre(7, 3));
  EXPECT_THAT(sums.gradient_rows, ElementsAre(0, 1));
  EXPECT_THAT(gradient, ElementsAre(1101, 2202, 10, 20, 100, 200, 1000, 2000));
}

TEST(Coalescer, OfNothingIsNothing) {
  Coalescer coalescer;
  EXPECT_EQ(coalescer.coalesce({}, MatrixView(nullptr, 0, 8)).ids.size(), 0u);
}

// Sums of small integers are exact in floats, so the order does not matter here.
TEST(Coalescer, MatchesAMapForGroupsOfEverySize) {
  std::mt19937 bits(1);
  Coalescer coalescer(100);
  for (std::size_t n = 1; n < 3000; n = n * 3 / 2 + 1) {
    const std::size_t dim = n % 19;
    // Ids far apart and near to each other, and the largest, which an empty slot could be mistaken
    // for.
    std::vector<std::uint32_t> ids(n);
    for (auto& id : ids)
      id = bits() % 3 == 0 ? bits() : (bits() % 2 == 0 ? bits() % n : ~0u - bits() % 2);
    TestMatrix gradient(n, dim, 3);
    std::map<std::uint32_t, std::vector<float>> sums;
    for (std::size_t i = 0; i < n; ++i) {
      auto& sum = sums[ids[i]];
      sum.resize(dim);
      for (std::size_t d = 0; d < dim; ++d) {
        gradient(i, d) = float(bits() % 64);
        sum[d] += gradient(i, d);
      }
    }
    const RowGradients found = coalescer.coalesce(ids, gradient.view());
    ASSERT_EQ(found.ids.size(), sums.size());
    for (std::size_t k = 0; k < found.ids.size(); ++k) {
      for (std::size_t d = 0; d < dim; ++d) {
        ASSERT_EQ(gradient(found.gradient_rows[k], d), sums.at(found.ids[k])[d]) << "n " << n;
      }
    }
    EXPECT_TRUE(gradient.untouched_gaps());
  }
}

TEST(Coalescer, RefusesAGradientThatDoesNotFit) {
  Coalescer coalescer;
  std::vector<float> gradient(4);
  const std::vector<std::uint32_t> ids{1, 2, 3};
  EXPECT_THROW(coalescer.coalesce(ids, {gradient.data(), 2, 2}), Error);
}

}  // namespace
}  // namespace twhin::kernel
