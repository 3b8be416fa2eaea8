// Runs whose rows are stored with 16 bits a number.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "train/train_fixture.h"
#include "twhin/base/stop.h"
#include "twhin/storage/version_directory.h"
#include "twhin/train/plan.h"

namespace twhin::training {
namespace {

class RowTypeTest : public TrainFixture, public ::testing::WithParamInterface<RowType> {
 protected:
  TrainRequest typed_request(const std::string& models) const {
    TrainRequest wanted = request(models);
    wanted.config.train.row_type = GetParam();
    return wanted;
  }
  static double last_loss(const std::filesystem::path& version) {
    const std::string log = read_text(version / "metrics.jsonl");
    const std::size_t epoch = log.rfind("\"event\":\"epoch\"");
    const std::size_t line = log.rfind('\n', epoch) + 1;
    return std::stod(log.substr(log.find("\"loss\":", line) + 7));
  }
};

TEST_P(RowTypeTest, AVersionHoldsTheRowsInThatType) {
  const Graph graph = TinyGraph::planted(4, 10, 5, 2).write(dir_ / "graph");
  const ModelVersion model = ModelVersion::open(run(graph, typed_request("typed")).version);
  EXPECT_EQ(model.info().row_type, GetParam());
  const std::string name = std::string("user.1.") + std::string(enum_name(GetParam()));
  const Container file = Container::open(model.path() / "embeddings" / name, "embeddings");
  EXPECT_EQ(file.section("rows").type, data_type(GetParam()));
  EXPECT_GT(model.manifest().verify(model.path(), true), 0u);
}

// Values begin as the same normal numbers and are rounded to the nearest: relative error 2^-8 of
// bf16's eight bits and 2^-11 of fp16's eleven, or half of 2^-24 below fp16's normal numbers.
TEST_P(RowTypeTest, InitialValuesAreThoseOfF32Rounded) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  const float precision = GetParam() == RowType::bf16 ? 0x1p-8f : 0x1p-11f;
  const auto initial = [&](RowType type, const std::string& models) {
    TrainRequest wanted = request(models);
    wanted.config.train.row_type = type;
    wanted.config.train.epochs = 1;
    wanted.config.entities = {{"user", frozen()}};
    return rows_of(ModelVersion::open(run(graph, wanted).version), 0);
  };
  const std::vector<float> exact = initial(RowType::f32, "f32");
  const std::vector<float> rounded = initial(GetParam(), "typed");
  ASSERT_EQ(exact.size(), rounded.size());
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_NEAR(rounded[i], exact[i], precision * std::abs(exact[i]) + 0x1p-25f);
  }
  EXPECT_NE(exact, rounded);
}

TEST_P(RowTypeTest, ThreadsDoNotChangeDeterministicBits) {
  const Graph graph = TinyGraph::planted(6, 20, 12).write(dir_ / "graph");
  TrainRequest wanted = typed_request("one");
  const auto one = learned(run(graph, wanted).version);
  wanted.models = dir_ / "three";
  wanted.config.train.threads = 3;
  EXPECT_EQ(learned(run(graph, wanted).version), one);
}

TEST_P(RowTypeTest, AResumedRunEndsBitEqual) {
  const Graph graph = TinyGraph::planted(6, 20, 12, 4).write(dir_ / "graph");
  TrainRequest wanted = typed_request("whole");
  wanted.config.train.buffer = 2;
  wanted.config.train.checkpoint_every = {3, {0}};
  const auto whole = learned(run(graph, wanted).version);
  wanted.models = dir_ / "stopped";
  StopFlag stop;
  stop.request();
  ASSERT_EQ(error_id([&] { train(graph, wanted, {}, stop); }), "train.interrupted");
  wanted.resume = true;
  EXPECT_EQ(learned(run(graph, wanted).version), whole);
}

// The steps of a row shrink with Adagrad; rounded to the nearest, those below half of the last bit
// would be lost, and the loss would stay where they are.
TEST_P(RowTypeTest, LearnsAsF32Does) {
  const Graph graph = TinyGraph::planted(10, 20, 30).write(dir_ / "graph");
  const auto loss_with = [&](RowType type, std::uint64_t seed) {
    TrainRequest wanted = request(std::string(enum_name(type)) + std::to_string(seed));
    wanted.config.train.row_type = type;
    wanted.config.train.seed = seed;
    wanted.config.train.epochs = 12;
    wanted.config.train.learning_rate = 0.02f;
    return last_loss(run(graph, wanted).version);
  };
  double f32 = 0.0, squares = 0.0, typed = 0.0;
  constexpr int kSeeds = 4;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const double loss = loss_with(RowType::f32, static_cast<std::uint64_t>(seed));
    f32 += loss / kSeeds;
    squares += loss * loss / kSeeds;
    typed += loss_with(GetParam(), static_cast<std::uint64_t>(seed)) / kSeeds;
  }
  const double deviation = std::sqrt((squares - f32 * f32) * kSeeds / (kSeeds - 1.0));
  // Both are means of kSeeds runs: their difference has sqrt(2 / kSeeds) of one run's deviation.
  EXPECT_NEAR(typed, f32, 3.0 * deviation * std::sqrt(2.0 / kSeeds));
}

TEST_P(RowTypeTest, ThePlanCountsTwoBytesANumber) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  const TrainPlan plan = plan_training(graph, typed_request("typed"), false);
  EXPECT_EQ(plan.rows_bytes, 40u * (16 * 2 + 4));
}

TEST_P(RowTypeTest, ARunOfAnotherTypeIsNotResumed) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  TrainRequest wanted = typed_request("typed");
  StopFlag stop;
  stop.request();
  ASSERT_EQ(error_id([&] { train(graph, wanted, {}, stop); }), "train.interrupted");
  wanted.resume = true;
  wanted.config.train.row_type = RowType::f32;
  EXPECT_EQ(error_id([&] { run(graph, wanted); }), "train.other_config");
}

INSTANTIATE_TEST_SUITE_P(Types, RowTypeTest, ::testing::Values(RowType::bf16, RowType::fp16),
                         [](const auto& type) { return std::string(enum_name(type.param)); });

}  // namespace
}  // namespace twhin::training
