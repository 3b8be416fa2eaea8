// Runs that pull toward the version that they began with, and their interruptions.
#include <gmock/gmock.h>

#include <atomic>
#include <cmath>
#include <set>

#include "train/edge_selection.h"
#include "train/kill_test.h"
#include "twhin/storage/version_directory.h"
#include "twhin/train/plan.h"

namespace twhin::training {
namespace {

namespace fs = std::filesystem;

class PullTest : public KillFixture {
 protected:
  TrainRequest continued(const std::string& models, float pull) const {
    TrainRequest out = request(models);
    out.warm_start = dir_ / "first/all";
    out.config.train.pull = pull;
    return out;
  }
  /// Mean distance of rows that both have, and of relations.
  static std::pair<double, double> moved(const ModelVersion& before, const ModelVersion& after) {
    const Vocabulary names = before.vocabulary(0), now = after.vocabulary(0);
    const auto a = before.rows(0), b = after.rows(0);
    double sum = 0.0;
    for (std::uint32_t p = 0; p < names.num_partitions(); ++p) {
      for (std::uint32_t row = 0; row < names.size(p); ++row) {
        std::vector<float> x(16), y(16);
        a->read({p, row}, x.data());
        b->read(*now.find(names.name({p, row})), y.data());
        double square = 0.0;
        for (std::size_t d = 0; d < 16; ++d) square += std::pow(x[d] - y[d], 2);
        sum += std::sqrt(square);
      }
    }
    double relation = 0.0;
    for (std::size_t d = 0; d < 16; ++d) {
      relation += std::pow(before.relation(0)[d] - after.relation(0)[d], 2);
    }
    return {sum / static_cast<double>(names.size()), std::sqrt(relation)};
  }
};

TEST_F(PullTest, TheStrongerThePullTheLessRowsAndRelationsMove) {
  TrainRequest first = request("first");
  const ModelVersion before =
      ModelVersion::open(run(TinyGraph::planted(5, 20, 10).write(dir_ / "old"), first).version);
  const Graph grown = TinyGraph::planted(6, 20, 12, 3).write(dir_ / "grown");
  std::pair<double, double> last = {1e9, 1e9};
  for (const float pull : {0.0f, 1.0f, 30.0f}) {
    const auto now =
        moved(before,
              ModelVersion::open(run(grown, continued("p" + std::to_string(pull), pull)).version));
    EXPECT_LT(now.first, 0.8 * last.first) << pull;
    EXPECT_LT(now.second, 0.8 * last.second) << pull;
    last = now;
  }
  // A type and a relation may have their own.
  TrainRequest own = continued("own", 0.0f);
  EntityTrainOptions user;
  user.pull = 30.0f;
  own.config.entities = {{"user", user}};
  const auto rows_only = moved(before, ModelVersion::open(run(grown, own).version));
  EXPECT_LT(rows_only.first, 1.2 * last.first);
  EXPECT_GT(rows_only.second, 2.0 * last.second);
}

TEST_F(PullTest, IsOfNoEffectWithoutAVersionAndOnFrozenRows) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  TrainRequest plain = request("first"), pulled = request("pulled");
  pulled.config.train.pull = 5.0f;
  EXPECT_EQ(learned(run(graph, plain).version), learned(run(graph, pulled).version));
  TrainRequest still = continued("still", 5.0f);
  still.config.entities = {{"user", frozen()}};
  const ModelVersion after = ModelVersion::open(run(graph, still).version);
  EXPECT_EQ(moved(ModelVersion::open(dir_ / "first/all"), after).first, 0.0);
}

TEST_F(PullTest, TypesThatBeginWithAFileAreNotPulled) {
  const Graph graph = TinyGraph::pairs(20, 2).write(dir_ / "graph");
  for (const bool global : {false, true}) {
    fs::remove_all(dir_ / "first");
    TrainRequest first = request("first");
    first.config.train.global_embedding = global;
    run(graph, first);
    const auto with = [&](float of_user, float of_tweet) {
      TrainRequest out = continued("pulled" + std::to_string(of_tweet), 0.0f);
      fs::remove_all(out.models);
      out.config.train.global_embedding = global;
      EntityTrainOptions user, tweet = first_vectors(15);
      user.pull = of_user;
      tweet.pull = of_tweet;
      out.config.entities = {{"user", user}, {"tweet", tweet}};
      return out;
    };
    EXPECT_EQ(learned(run(graph, with(5.0f, 30.0f)).version),
              learned(run(graph, with(5.0f, 0.0f)).version))
        << global;
    EXPECT_EQ(plan_training(graph, with(5.0f, 30.0f), false).earlier_bytes,
              plan_training(graph, with(5.0f, 0.0f), false).earlier_bytes);
    EXPECT_EQ(plan_training(graph, with(0.0f, 30.0f), false).earlier_bytes, 0u);
  }
}

TEST_F(PullTest, ThePlanCountsWhatItPullsTo) {
  const Graph graph = TinyGraph::planted(20, 50, 5).write(dir_ / "graph");
  TrainRequest wanted = request("first");
  run(graph, wanted);
  wanted = continued("next", 1.0f);
  const TrainPlan with = plan_training(graph, wanted, false);
  wanted.config.train.pull = 0.0f;
  const TrainPlan without = plan_training(graph, wanted, false);
  EXPECT_EQ(with.earlier_bytes, 1000u * 16 * 4);
  EXPECT_EQ(without.earlier_bytes, 0u);
  EXPECT_EQ(with.rows_bytes, without.rows_bytes);
  EXPECT_EQ(with.disk_bytes, without.disk_bytes + with.earlier_bytes);
}

// Stops at several moments; threads and buffers do not matter either.
TEST_F(PullTest, AResumedRunEndsWithTheBitsOfAnUninterruptedOne) {
  run(TinyGraph::planted(9, 30, 40, 3).write(dir_ / "old"), request("first"));
  const Graph grown = TinyGraph::planted(10, 30, 50, 3).write(dir_ / "grown");
  TrainRequest wanted = continued("whole", 0.5f);
  wanted.config.train.buffer = 2;
  wanted.config.train.warm_start.state = StateCarry::decayed;
  const auto whole = learned(run(grown, wanted).version);
  wanted.models = dir_ / "halted";
  int interruptions = 0;
  for (std::uint64_t reports = 1; reports < 40; reports += 6) {
    fs::remove_all(wanted.models);
    wanted.resume = false;
    wanted.warm_start = dir_ / "first/all";
    wanted.config.train.threads = 2;
    StopFlag stop;
    std::uint64_t seen = 0;
    Observer observer;
    observer.progress = [&](const Progress&) {
      if (++seen == reports) stop.request();
    };
    try {
      train(grown, wanted, observer, stop);
    } catch (const Error& error) {
      ASSERT_EQ(error.id(), "train.interrupted");
      ++interruptions;
      wanted.resume = true;
      wanted.warm_start.clear();
      wanted.config.train.threads = 1;
      run(grown, wanted);
    }
    EXPECT_EQ(learned(wanted.models / "all/v1"), whole) << reports;
  }
  EXPECT_GE(interruptions, 3);
}

TEST_F(PullTest, AResumedRunMustHaveBegunWithTheSameVersion) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  run(graph, request("first"));
  run(graph, request("first"));
  TrainRequest wanted = continued("next", 0.5f);
  StopFlag stop;
  stop.request();
  EXPECT_EQ(error_id([&] { train(graph, wanted, {}, stop); }), "train.interrupted");
  wanted.resume = true;
  wanted.warm_start = dir_ / "first/all@v1";
  EXPECT_EQ(error_id([&] { run(graph, wanted); }), "train.other_warm_start");
  wanted.warm_start = dir_ / "first/all@v2";
  EXPECT_EQ(run(graph, wanted).number, 1u);
}

// Killed in a process of its own, from the first moment on; never does it go on from random rows.
TEST_F(PullTest, SurvivesKillAtAnyMoment) {
  if (kNoFork) GTEST_SKIP() << kNoFork;
  run(TinyGraph::planted(9, 30, 40, 3).write(dir_ / "old"), request("first"));
  const Graph grown = TinyGraph::planted(10, 30, 50, 3).write(dir_ / "grown");
  TrainRequest wanted = continued("whole", 0.5f);
  wanted.config.train.buffer = 2;
  wanted.config.train.checkpoint_every = {2, {0}};
  expect_survival(grown, wanted, 8, [](int kills, std::uint64_t whole_us) {
    return kills % 2 == 0 ? whole_us / 2 : whole_us / 20;
  });
}

TEST(EdgeSelection, HasTheNewEdgesAndASampleOfTheOthers) {
  const std::vector<std::uint64_t> fresh = {0, 1, 5, 6, 7, 19};
  for (const std::uint64_t size : {6u, 9u, 20u}) {
    const EdgeSelection selection(fresh, 20, size, 1.0f, Rng(3, RngPurpose::replay, 1));
    std::set<std::uint64_t> seen;
    for (std::uint64_t k = 0; k < size; ++k) {
      const std::uint64_t edge = selection.edge(k);
      EXPECT_LT(edge, 20u);
      EXPECT_EQ(k < fresh.size(), std::count(fresh.begin(), fresh.end(), edge) == 1) << k;
      seen.insert(edge);
    }
    EXPECT_EQ(seen.size(), size) << "each once";
  }
  // Another epoch has another sample.
  const auto sample = [&](std::uint64_t epoch) {
    const EdgeSelection selection(fresh, 2000, 60, 1.0f, Rng(3, RngPurpose::replay, epoch));
    std::set<std::uint64_t> out;
    for (std::uint64_t k = fresh.size(); k < 60; ++k) out.insert(selection.edge(k));
    return out;
  };
  EXPECT_NE(sample(1), sample(2));
  EXPECT_EQ(sample(1), sample(1));
}

}  // namespace
}  // namespace twhin::training
