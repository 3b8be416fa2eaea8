#include "train/steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "train/tiny_graph.h"
#include "train/train_fixture.h"

namespace twhin::training {
namespace {

class StepsTest : public TrainFixture {
 protected:
  StepsTest()
      : graph_(TinyGraph::planted(8, 20, 10, kPartitions).write(dir_ / "graph")),
        network_(TrainingNetwork::of(graph_, TrainConfig())) {}

  std::vector<Step> steps(std::uint32_t buffer, std::uint32_t chunks = 1,
                          std::uint32_t most_buckets = 0) const {
    TrainOptions options;
    options.buffer = buffer;
    options.edge_chunks = chunks;
    return epoch_steps(graph_, network_, options, most_buckets, 0);
  }

  static constexpr std::uint32_t kPartitions = 6;
  Graph graph_;
  TrainingNetwork network_;
};

TEST_F(StepsTest, ABufferOfAllPartitionsIsOneStepAChunk) {
  for (const std::uint32_t buffer : {0u, kPartitions}) {
    const std::vector<Step> all = steps(buffer, 3);
    ASSERT_EQ(all.size(), 3u);
    std::uint64_t edges = 0;
    for (const Step& step : all) {
      EXPECT_EQ(step.buckets.size(), std::size_t{kPartitions} * kPartitions);
      EXPECT_EQ(step.parts.size(), kPartitions);
      edges += step.num_edges();
    }
    EXPECT_EQ(edges, network_.num_edges);
  }
}

TEST_F(StepsTest, HaveEachBucketOnceAndFitTheBuffer) {
  for (const std::uint32_t buffer : {2u, 3u, 4u}) {
    std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
    std::vector<Step> all = steps(buffer);
    for (const Step& step : all) {
      EXPECT_LE(step.parts.size(), buffer);
      EXPECT_TRUE(std::is_sorted(step.parts.begin(), step.parts.end()));
      for (const Bucket& bucket : step.buckets) {
        EXPECT_TRUE(seen.emplace(bucket.lhs, bucket.rhs).second);
        for (const PartId& part : network_.parts_of(bucket)) {
          EXPECT_THAT(step.parts, ::testing::Contains(part));
        }
      }
    }
    EXPECT_EQ(seen.size(), std::size_t{kPartitions} * kPartitions);
    // No step could have had the first bucket of the next one as well.
    for (std::size_t s = 0; s + 1 < all.size(); ++s) {
      std::set<PartId> both(all[s].parts.begin(), all[s].parts.end());
      for (const PartId& part : network_.parts_of(all[s + 1].buckets.front())) both.insert(part);
      EXPECT_GT(both.size(), buffer);
    }
    EXPECT_LT(all.size(), std::size_t{kPartitions} * kPartitions);
  }
}

TEST_F(StepsTest, EndWhereACheckpointIsDue) {
  for (const Step& step : steps(0, 1, 4)) EXPECT_EQ(step.buckets.size(), 4u);
  EXPECT_EQ(steps(0, 1, 1).size(), std::size_t{kPartitions} * kPartitions);
}

}  // namespace
}  // namespace twhin::training
