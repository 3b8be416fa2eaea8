#include "train/early_stopping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "train/train_fixture.h"
#include "twhin/base/stop.h"
#include "twhin/storage/version_directory.h"

namespace twhin::training {
namespace {

using ::testing::HasSubstr;

TEST(BestEpoch, ABetterOneTakesThePlaceAndOthersAreMisses) {
  BestEpoch best;
  best.add({1, 0.20, "first", 1, 0}, 0.01);
  best.add({2, 0.205, "", 2, 0}, 0.01);
  best.add({3, 0.21, "", 3, 0}, 0.01);  // not by more than least_gain
  EXPECT_EQ(best.epoch, 1u);
  EXPECT_EQ(best.misses, 2u);
  best.add({4, 0.22, "fourth", 9, 0}, 0.01);
  EXPECT_EQ(best.epoch, 4u);
  EXPECT_EQ(best.checkpoint, 9u);
  EXPECT_EQ(best.misses, 0u);
  const BestEpoch back = BestEpoch::from_json(best.to_json());
  EXPECT_EQ(back.to_json(), best.to_json());
}

// Friends are drawn evenly: nothing can be known of those held out, and no epoch stays the best one
// for long.
class EarlyStoppingTest : public TrainFixture {
 protected:
  EarlyStoppingTest() : graph_(TinyGraph::planted(1, 60, 5).write(dir_ / "graph")) {}

  TrainRequest patient(const std::string& models, std::uint32_t epochs) const {
    TrainRequest wanted = request(models);
    wanted.config.train.epochs = epochs;
    wanted.config.train.learning_rate = 0.3f;
    wanted.config.train.patience = 3;
    wanted.config.train.validation_edges = 0;
    return wanted;
  }
  // The MRR of each validation of a log.
  static std::vector<double> validations(const std::filesystem::path& version) {
    std::vector<double> mrr;
    std::istringstream log(read_text(version / "metrics.jsonl"));
    for (std::string line; std::getline(log, line);) {
      const auto json = nlohmann::json::parse(line);
      if (json.at("event") == "validation") mrr.push_back(json.at("mrr").get<double>());
    }
    return mrr;
  }

  Graph graph_;
};

TEST_F(EarlyStoppingTest, TheVersionIsTheBestEpochAndTrainingEndsSoonAfter) {
  const TrainSummary summary = run(graph_, patient("patient", 60));
  const std::vector<double> mrr = validations(summary.version);
  const auto best = std::max_element(mrr.begin(), mrr.end()) - mrr.begin();
  ASSERT_EQ(mrr.size(), static_cast<std::size_t>(best) + 4);  // three misses
  ASSERT_LT(mrr.size(), 60u);
  const ModelVersion model = ModelVersion::open(summary.version);
  EXPECT_EQ(model.info().epochs, static_cast<std::uint32_t>(best) + 1);
  EXPECT_EQ(summary.epochs, model.info().epochs);
  EXPECT_EQ(summary.valid_mrr, *(mrr.begin() + best));
  EXPECT_DOUBLE_EQ(nlohmann::json::parse(model.info().metrics_json).at("mrr").get<double>(),
                   mrr[static_cast<std::size_t>(best)]);
  EXPECT_GT(model.manifest().verify(model.path(), true), 0u);
  EXPECT_THAT(read_text(summary.version / "metrics.jsonl"), HasSubstr("\"event\":\"best\""));
  // Its rows and relations are those of a run of so many epochs.
  TrainRequest shorter = patient("shorter", model.info().epochs);
  shorter.config.train.patience = std::nullopt;
  EXPECT_EQ(learned(run(graph_, shorter).version), learned(summary.version));
}

TEST_F(EarlyStoppingTest, AResumedRunStopsAtTheSameEpoch) {
  const TrainSummary whole = run(graph_, patient("whole", 60));
  // Interrupted in each epoch in turn: a stop is asked for once the epoch is reported.
  TrainRequest wanted = patient("resumed", 60);
  wanted.config.train.checkpoint_every = {1, {0}};
  std::size_t num_interrupted = 0;
  for (;;) {
    StopFlag stop;
    Observer observer;
    observer.note = [&](const std::string& line) {
      if (line.rfind("epoch", 0) == 0) stop.request();
    };
    try {
      const TrainSummary summary = train(graph_, wanted, observer, stop);
      EXPECT_EQ(learned(summary.version), learned(whole.version));
      EXPECT_EQ(summary.epochs, whole.epochs);
      EXPECT_EQ(validations(summary.version), validations(whole.version));
      break;
    } catch (const Error& error) {
      ASSERT_EQ(error.id(), "train.interrupted");
    }
    ++num_interrupted;
    wanted.resume = true;
  }
  EXPECT_GE(num_interrupted, 3u);
}

TEST_F(EarlyStoppingTest, PatienceNeedsValidations) {
  TrainRequest wanted = patient("none", 3);
  wanted.config.train.validate_every = 0;
  EXPECT_EQ(error_id([&] { run(graph_, wanted); }), "train.patience");
  TinyGraph tiny;
  tiny.types = {{"user", 20, 1}};
  tiny.relations = {{"follow", 0, 0}};
  tiny.edges = {{0, 1, 2}, {0, 3, 4}};
  EXPECT_EQ(error_id([&] { run(tiny.write(dir_ / "tiny"), patient("tiny", 3)); }),
            "train.nothing_to_validate");
}

TEST_F(EarlyStoppingTest, OtherValidationsAreAnotherRun) {
  TrainRequest wanted = patient("run", 3);
  StopFlag stop;
  stop.request();
  ASSERT_EQ(error_id([&] { train(graph_, wanted, {}, stop); }), "train.interrupted");
  wanted.resume = true;
  wanted.config.train.validation_edges = 7;
  EXPECT_EQ(error_id([&] { run(graph_, wanted); }), "train.other_config");
}

}  // namespace
}  // namespace twhin::training
