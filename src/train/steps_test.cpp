#include "train/steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "train/step_candidates.h"
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
    return epoch_steps(graph_, network_, options, {most_buckets}, 0);
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

TEST_F(StepsTest, HaveNoMoreFilesThanMayBeMapped) {
  std::uint64_t edges = 0;
  const std::vector<Step> all = epoch_steps(graph_, network_, TrainOptions(), {0, 10}, 0);
  for (const Step& step : all) {
    EXPECT_LE(step.shares.size(), 10u);
    edges += step.num_edges();
  }
  EXPECT_EQ(all.size(), 4u) << "36 files";
  EXPECT_EQ(edges, network_.num_edges);
}

// As written down: for each partition of the type, the edges of the relation that end in it.
IdRanges plain_candidates(const TrainingNetwork& network, const Step& step, std::uint32_t relation,
                          Side side) {
  const bool is_lhs = side == Side::lhs;
  const TrainedRelation& r = network.relations[relation];
  const TrainedType& type = network.types[is_lhs ? r.lhs : r.rhs];
  IdRanges out;
  for (std::uint32_t p = 0; p < type.partition_sizes.size(); ++p) {
    std::uint64_t edges = 0;
    for (const EdgeShare& share : step.shares) {
      if (share.relation != relation) continue;
      if ((is_lhs ? share.lhs_partition : share.rhs_partition) == p) {
        edges += share.last - share.first;
      }
    }
    out.add({type.first_id(p), type.partition_sizes[p]}, edges);
  }
  return out;
}

TEST_F(StepsTest, NegativesComeFromWhereTheEdgesOfTheRelationEnd) {
  TinyGraph tiny = TinyGraph::planted(8, 20, 3, kPartitions);
  tiny.types.push_back({"country", 5, 1});
  tiny.relations.push_back({"lives_in", 0, 1});
  tiny.relations.push_back({"borders", 1, 1});
  for (std::uint32_t user = 0; user < 100; ++user) tiny.edges.push_back({1, user, user % 5});
  tiny.edges.push_back({2, 0, 1});
  const Graph graph = tiny.write(dir_ / "more");
  TrainingNetwork network = TrainingNetwork::of(graph, TrainConfig());
  network.relations[1].rhs_negatives = SideNegatives::all;
  TrainOptions options;
  options.buffer = 3;
  for (const Step& step : epoch_steps(graph, network, options, {}, 0)) {
    const StepCandidates found(network, step, false), masked(network, step, true);
    for (std::uint32_t r = 0; r < 3; ++r) {
      for (const Side side : {Side::lhs, Side::rhs}) {
        EXPECT_EQ(masked.of(r, side), nullptr);
        const IdRanges plain = plain_candidates(network, step, r, side);
        if (plain.empty() || (r == 1 && side == Side::rhs)) {
          EXPECT_EQ(found.of(r, side), nullptr);
        } else {
          EXPECT_EQ(*found.of(r, side), plain);
        }
      }
    }
  }
}

}  // namespace
}  // namespace twhin::training
