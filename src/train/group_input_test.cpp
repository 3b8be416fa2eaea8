#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "train/group_worker.h"

namespace twhin::training {
namespace {

constexpr std::uint32_t kRows = 5, kPartitions = 4;

// Four edges from partition 1 to partition 2 of one type; partitions 1, 2 and 3 are trained
// together.
class GroupInputTest : public ::testing::Test {
 protected:
  GroupInputTest() {
    options_.dim = 4;
    options_.batch_negatives = 4;
    options_.uniform_negatives = 40;
    network_.types = {{"user", 0, std::vector<std::uint32_t>(kPartitions, kRows), 0.1f, false, {}}};
    network_.relations = {{"follow", 0, 0, 0, 4, {}}};
  }

  std::vector<RelationEdges> edges_of(SideNegatives lhs, SideNegatives rhs) {
    network_.relations[0].lhs_negatives = lhs;
    network_.relations[0].rhs_negatives = rhs;
    std::vector<RelationEdges> edges(1);
    edges[0].relation = &network_.relations[0];
    edges[0].share = {0, 1, 2, 4, 4, 0, 4};
    edges[0].edges = {lhs_, rhs_, {}, {}};
    edges[0].lhs = &parts_[1];
    edges[0].rhs = &parts_[2];
    IdRanges candidates;
    for (const std::uint32_t p : {1u, 2u, 3u}) candidates.add(parts_[p].ids(), weights_[p]);
    edges[0].rhs_candidates = std::make_shared<const IdRanges>(std::move(candidates));
    return edges;
  }

  GroupInput filled(SideNegatives lhs, SideNegatives rhs) { return filled(edges_of(lhs, rhs)); }

  GroupInput filled(std::vector<RelationEdges> edges) {
    const GroupPlan plan(std::move(edges), options_.group_size(), {1, 0, {1, 2}, 0});
    GroupInput input({4, 4000, 4000, 4, 4});
    input.choose(plan, 0);
    input.fill(plan, options_);
    return input;
  }

  std::vector<std::uint64_t> weights_ = {0, 1, 1, 1};
  TrainOptions options_;
  TrainingNetwork network_;
  RowMemory memory_{RowFormat::of(options_), std::uint64_t{kRows} * kPartitions};
  std::vector<Part> parts_ = {Part(memory_, 0, kRows), Part(memory_, 5, kRows),
                              Part(memory_, 10, kRows), Part(memory_, 15, kRows)};
  const std::vector<std::uint32_t> lhs_ = {0, 1, 2, 3}, rhs_ = {4, 3, 2, 1};
};

TEST_F(GroupInputTest, ReplayedEdgesHaveTheirWeightTimesTheEdges) {
  const Rng sample(1, RngPurpose::replay, 1);
  const std::vector<float> of_file = {1, 2, 3, 4};
  const auto weights = [&](float old_weight, std::span<const float> file_weights) {
    std::vector<RelationEdges> edges = edges_of(SideNegatives::none, SideNegatives::none);
    edges[0].edges.weight = file_weights;
    edges[0].selection = std::make_shared<const EdgeSelection>(std::vector<std::uint64_t>{1, 2}, 4,
                                                               4, old_weight, sample);
    const GroupInput input = filled(std::move(edges));
    std::map<std::uint32_t, float> by_lhs;  // lhs 5 … 8 are those of edges 0 … 3
    for (std::size_t i = 0; i < input.weights().size(); ++i) {
      by_lhs[input.lhs_ids()[i]] = input.weights()[i];
    }
    return by_lhs;
  };
  using Weights = std::map<std::uint32_t, float>;
  EXPECT_EQ(weights(1, {}), Weights{}) << "none: all are 1";
  EXPECT_EQ(weights(5, {}), (Weights{{5, 5}, {6, 1}, {7, 1}, {8, 5}}));
  EXPECT_EQ(weights(5, of_file), (Weights{{5, 5}, {6, 2}, {7, 3}, {8, 20}}));
}

TEST_F(GroupInputTest, EndsAreNumberedAmongAllRowsOfTheType) {
  const GroupInput input = filled(SideNegatives::none, SideNegatives::none);
  ASSERT_EQ(input.lhs_ids().size(), 4u);
  EXPECT_THAT(input.lhs_ids(), ::testing::UnorderedElementsAre(5, 6, 7, 8));
  EXPECT_THAT(input.rhs_ids(), ::testing::UnorderedElementsAre(14, 13, 12, 11));
}

// 40 draws from 15 rows leave out a given partition of 5 with probability (2/3)^40 < 1e-7.
TEST_F(GroupInputTest, UniformNegativesComeFromAllPartitionsOfTheStep) {
  const GroupInput input = filled(SideNegatives::uniform, SideNegatives::uniform);
  std::set<std::uint32_t> lhs, rhs;
  for (const std::uint32_t id : input.lhs_ids().subspan(4)) lhs.insert(id / kRows);
  for (const std::uint32_t id : input.rhs_ids().subspan(4)) rhs.insert(id / kRows);
  EXPECT_THAT(lhs, ::testing::ElementsAre(1));  // none were given: the edges' own
  EXPECT_THAT(rhs, ::testing::ElementsAre(1, 2, 3));
}

// Four in five edges end in partition 3. 4000 draws: sigma of the share is .0063, the bound five.
TEST_F(GroupInputTest, PartitionsAreDrawnFromAsOftenAsEdgesEndInThem) {
  weights_ = {0, 100, 100, 800};
  options_.uniform_negatives = 4000;
  const GroupInput input = filled(SideNegatives::none, SideNegatives::uniform);
  const auto drawn = input.rhs_ids().subspan(4);
  const auto of_last =
      std::count_if(drawn.begin(), drawn.end(), [](std::uint32_t id) { return id / kRows == 3; });
  EXPECT_NEAR(static_cast<double>(of_last) / 4000.0, 0.8, 0.032);
}

TEST_F(GroupInputTest, AllNegativesAreAllRowsOfTheEdgesPartition) {
  const GroupInput input = filled(SideNegatives::none, SideNegatives::all);
  EXPECT_THAT(input.rhs_ids().subspan(4), ::testing::ElementsAre(10, 11, 12, 13, 14));
}

}  // namespace
}  // namespace twhin::training
