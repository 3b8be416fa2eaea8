#include "train/buffer_schedule.h"

#include <gtest/gtest.h>

#include <set>

#include "train/bucket_order.h"

namespace twhin::training {
namespace {

using Uses = std::vector<std::vector<std::uint32_t>>;

Uses uses_of(const std::vector<Bucket>& order) {
  Uses uses;
  for (const Bucket& b : order) uses.push_back({b.lhs, b.rhs});
  return uses;
}

TEST(BufferSchedule, GivesUpWhatIsNeededLast) {
  const Uses uses = {{0, 1}, {0, 2}, {0, 0}, {1, 2}};
  const auto swaps = buffer_schedule(uses, 2, {});
  ASSERT_EQ(swaps.size(), 4u);
  EXPECT_EQ(swaps[2].in, 2u);
  EXPECT_EQ(swaps[2].out, 1u);
  EXPECT_EQ(swaps[2].needed_at, 1u);
  EXPECT_EQ(swaps[2].out_free_at, 1u);
  EXPECT_EQ(swaps[3].in, 1u);
  EXPECT_EQ(swaps[3].out, 0u);
  EXPECT_EQ(swaps[3].out_free_at, 3u);
}

TEST(BufferSchedule, BeginsWithWhatIsHeld) {
  const auto swaps = buffer_schedule(Uses{{0, 1}}, 2, {1, 5});
  ASSERT_EQ(swaps.size(), 1u);
  EXPECT_EQ(swaps[0].in, 0u);
  EXPECT_EQ(swaps[0].out, 5u);
  EXPECT_EQ(swaps[0].out_free_at, 0u);
}

// Followed literally, a schedule never holds more than its capacity and always what a step needs.
TEST(BufferSchedule, HoldsWhatEachStepNeeds) {
  for (const BucketOrder kind : {BucketOrder::random, BucketOrder::affinity,
                                 BucketOrder::inside_out, BucketOrder::buffer_aware}) {
    for (const std::uint32_t capacity : {2u, 3u, 5u, 12u}) {
      const Uses uses = uses_of(bucket_order(kind, 9, capacity, Rng(capacity)));
      const auto swaps = buffer_schedule(uses, capacity, {3, 7});
      std::set<std::uint32_t> held = {3, 7};
      std::size_t at = 0;
      for (std::size_t step = 0; step < uses.size(); ++step) {
        for (; at < swaps.size() && swaps[at].needed_at == step; ++at) {
          if (swaps[at].out) {
            EXPECT_LE(swaps[at].out_free_at, step);
            EXPECT_EQ(held.erase(*swaps[at].out), 1u);
          }
          EXPECT_TRUE(held.insert(swaps[at].in).second);
        }
        EXPECT_LE(held.size(), capacity);
        for (const std::uint32_t p : uses[step]) EXPECT_EQ(held.count(p), 1u) << "step " << step;
      }
      EXPECT_EQ(at, swaps.size());
    }
  }
}

}  // namespace
}  // namespace twhin::training
