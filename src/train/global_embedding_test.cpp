// A vector for each type that is added to all its rows, and trained.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>

#include "train/group_worker.h"
#include "train/train_fixture.h"
#include "twhin/base/stop.h"
#include "twhin/storage/container.h"

namespace twhin::training {
namespace {

constexpr std::uint32_t kRows = 20;
constexpr std::size_t kDim = 4;

struct Case {
  std::uint32_t rhs_type;  // 0: both ends are of one type
  bool reciprocal;
  Comparator comparator;
};

class GlobalGradientTest : public ::testing::TestWithParam<Case> {};

// The gradient of a vector against central differences with h = 2^-7. The loss, about 40 terms of
// less than 1, is exact to 24 eps of itself and its scores to a few eps: an error of 40 * 30 *
// 2^-24 divided by 2h is 0.005; the differences' own error, h^2 / 6 times a third derivative of at
// most 40, is 0.0004.
TEST_P(GlobalGradientTest, EqualsTheCentralDifference) {
  const Case& tested = GetParam();
  TrainOptions options;
  options.dim = kDim;
  options.batch_negatives = 4;
  options.uniform_negatives = 3;
  options.global_embedding = true;
  options.reciprocal = tested.reciprocal;
  options.comparator = tested.comparator;
  options.optimizer = Optimizer::sgd;  // a step of the vector is what it is told
  TrainingNetwork network;
  network.types = {{"user", 0, {kRows}, 0.1f, false, {}}, {"tweet", 1, {kRows}, 0.1f, false, {}}};
  network.relations = {{"like", 0, 0, tested.rhs_type, 4, {}}};
  RelationTable relations(network, options);
  Rng rng(4);
  const auto random = [&](std::size_t n) {
    std::vector<float> values(n);
    for (float& x : values) x = static_cast<float>(rng.uniform() - 0.5);
    return values;
  };
  std::deque<RowMemory> memories;
  std::deque<Part> parts;
  for (int type = 0; type < 2; ++type) {
    parts.emplace_back(memories.emplace_back(RowFormat::of(options), kRows), 0, kRows);
    for (std::uint32_t row = 0; row < kRows; ++row) {
      const std::vector<float> values = random(kDim);
      kernel::store(parts.back().rows(), {&row, 1}, ConstMatrixView(values.data(), 1, kDim));
    }
    relations.update_global(static_cast<std::uint32_t>(type), random(kDim), -1.0f);
  }
  const std::vector<std::uint32_t> lhs = {0, 1, 2, 3}, rhs = {5, 6, 5, 8};
  std::vector<RelationEdges> edges(1);
  edges[0].relation = &network.relations[0];
  edges[0].share = {0, 0, 0, 4, 4, 0, 4};
  edges[0].edges = {lhs, rhs, {}, {}};
  edges[0].lhs = &parts[0];
  edges[0].rhs = &parts[tested.rhs_type];
  const GroupPlan plan(std::move(edges), options.group_size(), {1, 0, {0, 0}, 0});
  const GroupLimits limits{4, 3, 3, kDim, relations.most_params()};
  GroupInput input(limits);
  input.choose(plan, 0);
  input.fill(plan, options);
  GroupWorker worker({options.comparator, options, options}, options.reciprocal, limits);
  GroupOutput output(limits);
  const auto loss_with = [&](std::uint32_t type, std::size_t d, float step) {
    std::vector<float> direction(kDim);
    direction[d] = 1.0f;
    relations.update_global(type, direction, -step);
    worker.compute(input, relations, output);
    relations.update_global(type, direction, step);
    return output.result.loss;
  };
  worker.compute(input, relations, output);
  const std::vector<float> of_lhs(output.lhs_global.begin(), output.lhs_global.end());
  const std::vector<float> of_rhs(output.rhs_global.begin(), output.rhs_global.end());
  EXPECT_EQ(of_rhs.empty(), tested.rhs_type == 0);
  constexpr float kStep = 0x1p-7f;
  double largest = 0.0;
  for (std::uint32_t type = 0; type <= tested.rhs_type; ++type) {
    const std::vector<float>& gradient = type == 0 ? of_lhs : of_rhs;
    for (std::size_t d = 0; d < kDim; ++d) {
      const double difference =
          (loss_with(type, d, kStep) - loss_with(type, d, -kStep)) / (2.0 * kStep);
      EXPECT_NEAR(gradient[d], difference, 0.006 + 0.0015 * std::abs(difference))
          << "type " << type << ", number " << d;
      largest = std::max(largest, std::abs(difference));
    }
  }
  EXPECT_GT(largest, 0.2);
}

INSTANTIATE_TEST_SUITE_P(Models, GlobalGradientTest,
                         ::testing::Values(Case{0, false, Comparator::dot},
                                           Case{1, false, Comparator::dot},
                                           Case{0, true, Comparator::dot},
                                           Case{1, true, Comparator::cos},
                                           Case{1, false, Comparator::l2}));

class GlobalEmbeddingTest : public TrainFixture {
 protected:
  TrainRequest global(const std::string& models) const {
    TrainRequest wanted = request(models);
    wanted.config.train.global_embedding = true;
    return wanted;
  }
};

TEST_F(GlobalEmbeddingTest, RowsOfAVersionHaveItAdded) {
  const Graph graph = TinyGraph::planted(4, 10, 5, 2).write(dir_ / "graph");
  const ModelVersion model = ModelVersion::open(run(graph, global("models")).version);
  EXPECT_TRUE(model.info().global_embedding);
  EXPECT_GT(model.manifest().verify(model.path(), true), 0u);
  const Container types = Container::open(model.path() / ModelVersion::kTypesFile, "types");
  const std::span<const float> added = types.array<float>("user");
  ASSERT_EQ(added.size(), 16u);
  EXPECT_NE(added[0], 0.0f);
  const auto stored = open_rows(model.path(), model.schema().entities[0], 16);
  const auto rows = model.rows(0);
  EXPECT_EQ(rows->in_place(0), nullptr);
  std::vector<float> with(16), without(16);
  for (std::uint32_t p = 0; p < 2; ++p) {
    for (std::uint32_t row = 0; row < rows->size(p); ++row) {
      rows->read({p, row}, with.data());
      stored->read({p, row}, without.data());
      for (std::size_t d = 0; d < 16; ++d) EXPECT_EQ(with[d], without[d] + added[d]);
    }
  }
}

TEST_F(GlobalEmbeddingTest, ThreadsAndResumingDoNotChangeDeterministicBits) {
  const Graph graph = TinyGraph::planted(6, 20, 12, 3).write(dir_ / "graph");
  const auto one = learned(run(graph, global("one")).version);
  TrainRequest wanted = global("three");
  wanted.config.train.threads = 3;
  StopFlag stop;
  stop.request();
  ASSERT_EQ(error_id([&] { train(graph, wanted, {}, stop); }), "train.interrupted");
  wanted.resume = true;
  EXPECT_EQ(learned(run(graph, wanted).version), one);
}

TEST_F(GlobalEmbeddingTest, AFrozenTypeKeepsIts) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  TrainRequest wanted = global("frozen");
  wanted.config.entities = {{"user", frozen()}};
  const ModelVersion model = ModelVersion::open(run(graph, wanted).version);
  const Container types = Container::open(model.path() / ModelVersion::kTypesFile, "types");
  EXPECT_THAT(types.array<float>("user"), ::testing::Each(0.0f));
}

}  // namespace
}  // namespace twhin::training
