#include "train/bucket_order.h"

#include <gtest/gtest.h>

#include <set>

#include "train/buffer_order.h"

namespace twhin::training {
namespace {

class EveryOrder : public ::testing::TestWithParam<BucketOrder> {};

TEST_P(EveryOrder, HasEachBucketOnce) {
  for (const std::uint32_t partitions : {1u, 2u, 3u, 8u, 13u}) {
    for (const std::uint32_t buffer : {0u, 2u, 4u, 20u}) {
      std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
      const auto order = bucket_order(GetParam(), partitions, buffer, Rng(partitions));
      for (const Bucket& b : order) seen.insert({b.lhs, b.rhs});
      EXPECT_EQ(order.size(), partitions * partitions);
      EXPECT_EQ(seen.size(), partitions * partitions);
    }
  }
}

TEST_P(EveryOrder, DependsOnItsStreamOnly) {
  EXPECT_EQ(bucket_order(GetParam(), 8, 4, Rng(3)), bucket_order(GetParam(), 8, 4, Rng(3)));
  EXPECT_NE(bucket_order(GetParam(), 8, 4, Rng(3)), bucket_order(GetParam(), 8, 4, Rng(4)));
}

TEST_P(EveryOrder, GrowsFromOneBucketOnceConnected) {
  // Both ends of a bucket are of one type: a bucket's parts are its two partition numbers.
  const PartsOf one_type = [](const Bucket& b) { return std::vector<std::uint32_t>{b.lhs, b.rhs}; };
  // Users on the left, tweets on the right: user 3 and tweet 3 have nothing in common.
  const PartsOf two_types = [](const Bucket& b) {
    return std::vector<std::uint32_t>{b.lhs, 100 + b.rhs};
  };
  for (const PartsOf& parts_of : {one_type, two_types}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      auto order = bucket_order(GetParam(), 6, 3, Rng(seed));
      connect(order, parts_of);
      ASSERT_EQ(order.size(), 36u);
      std::set<std::uint32_t> trained;
      for (std::size_t at = 0; at < order.size(); ++at) {
        const auto parts = parts_of(order[at]);
        const bool touches = trained.count(parts[0]) + trained.count(parts[1]) > 0;
        EXPECT_TRUE(at == 0 || touches) << "bucket " << at << ", seed " << seed;
        trained.insert(parts.begin(), parts.end());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryOrder,
                         ::testing::Values(BucketOrder::inside_out, BucketOrder::outside_in,
                                           BucketOrder::affinity, BucketOrder::random,
                                           BucketOrder::buffer_aware),
                         [](const auto& test) { return std::string(enum_name(test.param)); });

TEST(InsideOut, EndsWithTheFirstRowAndColumn) {
  const auto order = bucket_order(BucketOrder::inside_out, 5, 2, Rng(1));
  EXPECT_EQ(order.front(), (Bucket{4, 4}));
  for (std::size_t at = order.size() - 9; at < order.size(); ++at) {
    EXPECT_TRUE(order[at].lhs == 0 || order[at].rhs == 0);
  }
}

TEST(NumLoads, GivesUpWhatIsNeededLast) {
  // 0 and 1 are loaded, 2 takes the place of 1 since 0 comes sooner, 1 is loaded again.
  EXPECT_EQ(num_loads({{0, 1}, {0, 2}, {0, 0}, {1, 2}}, 2), 4u);
  EXPECT_EQ(num_loads({{0, 1}, {0, 2}, {0, 0}, {1, 2}}, 0), 3u);
}

TEST(BufferAware, LoadsAtMostATenthMoreThanTheLowerBound) {
  for (const std::uint32_t partitions : {8u, 16u, 32u}) {
    for (const std::uint32_t buffer : {2u, 4u, 8u}) {
      const auto order = bucket_order(BucketOrder::buffer_aware, partitions, buffer, Rng(1));
      const auto loads = num_loads(order, buffer), fewest = fewest_loads(partitions, buffer);
      EXPECT_GE(loads, fewest);
      EXPECT_LE(10 * loads, 11 * fewest) << partitions << " partitions, a buffer of " << buffer;
    }
  }
  EXPECT_EQ(fewest_loads(8, 4), 12u);  // 28 pairs: 6 by the first four, 3 by each further load
  EXPECT_EQ(fewest_loads(8, 0), 8u);
}

}  // namespace
}  // namespace twhin::training
