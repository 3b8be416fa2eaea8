// Runs that were stopped, killed or failed go on, and end as if nothing had happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "train/kill_test.h"
#include "train/tiny_graph.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/model/version.h"
#include "twhin/storage/version_directory.h"
#include "twhin/train/train.h"

namespace twhin::training {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using ResumeTest = KillFixture;

// Stops at several moments of a run and resumes.
TEST_F(ResumeTest, ResumedDeterministicRunEqualsAnUninterruptedOne) {
  int interruptions = 0;
  for (const std::uint32_t partitions : {1u, 3u}) {
    const Graph graph = TinyGraph::planted(10, 30, 60, partitions).write(dir_ / "graph");
    TrainRequest wanted = request("whole" + std::to_string(partitions));
    wanted.config.train.edge_chunks = 2;
    wanted.config.train.epochs = 10;
    const TrainSummary summary = run(graph, wanted);
    const auto whole = learned(summary.version);
    for (const double part : {0.02, 0.2, 0.4}) {
      wanted.models = dir_ / ("cut" + std::to_string(partitions) + "." + std::to_string(part));
      wanted.resume = false;
      for (int run_number = 0;; ++run_number) {
        wanted.config.train.threads = 1 + static_cast<std::uint32_t>(run_number) % 2;
        StopFlag stop;
        std::thread alarm([&] {
          std::this_thread::sleep_for(std::chrono::duration<double>(part * summary.seconds));
          if (run_number < 3) stop.request();
        });
        const std::string id = error_id([&] { train(graph, wanted, {}, stop); });
        alarm.join();
        if (id == "no error") break;
        ASSERT_EQ(id, "train.interrupted");
        wanted.resume = true;
        ++interruptions;
      }
      EXPECT_EQ(learned(wanted.models / "all/v1"), whole) << partitions << " partitions";
    }
  }
  EXPECT_GT(interruptions, 6);
}

TEST_F(ResumeTest, AFullDiskEndsTheRunAndKeepsTheLastCheckpoint) {
  if (kNoFork) GTEST_SKIP() << kNoFork;
  const Graph graph = TinyGraph::planted(10, 30, 20, 4).write(dir_ / "graph");
  TrainRequest wanted = request();
  wanted.config.train.buffer = 2;
  wanted.config.train.checkpoint_every = {3, {0}};
  const auto whole = learned(run(graph, wanted).version);
  wanted.models = dir_ / "full";
  // The limit on the size of a file stands for the disk: the process gets EFBIG instead of ENOSPC.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{3000, 3000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(error_id([&] { run(graph, wanted); }) == "file.write" ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  wanted.resume = VersionDirectory(wanted.models / "all").partial().has_value();
  EXPECT_EQ(learned(run(graph, wanted).version), whole);
}

TEST_F(ResumeTest, ResumeWithAnotherConfigNamesTheKeys) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  TrainRequest wanted = request();
  StopFlag stop;
  stop.request();
  ASSERT_EQ(error_id([&] { train(graph, wanted, {}, stop); }), "train.interrupted");
  EXPECT_EQ(error_id([&] { run(graph, wanted); }), "train.unfinished_run");
  wanted.resume = true;
  wanted.config.train.dim = 32;
  wanted.config.train.threads = 2;
  RelationOptions options;
  options.op = Operator::none;
  wanted.config.relations = {{"follow", options}};
  try {
    run(graph, wanted);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "train.other_config");
    EXPECT_THAT(error.what(), HasSubstr("train.dim"));
    EXPECT_THAT(error.what(), HasSubstr("relations.follow"));
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("threads")));
  }
  wanted = request();
  wanted.resume = true;
  const Graph other = TinyGraph::planted(4, 10, 6).write(dir_ / "other");
  EXPECT_EQ(error_id([&] { run(other, wanted); }), "train.other_graph");
  EXPECT_EQ(run(graph, wanted).number, 1u);
  EXPECT_EQ(error_id([&] { run(graph, wanted); }), "train.nothing_to_resume");
}

// Steps stay what they were when the run began, so that a place among them keeps its meaning.
TEST_F(ResumeTest, AResumedRunMayHaveOtherCheckpoints) {
  const Graph graph = TinyGraph::planted(10, 30, 20, 4).write(dir_ / "graph");
  const std::vector<CheckpointInterval> intervals = {{1, {0}}, {0, {600}}, {3, {0}}};
  for (const CheckpointInterval& begun : intervals) {
    TrainRequest wanted = request("whole" + std::to_string(begun.buckets));
    wanted.config.train.buffer = 2;
    wanted.config.train.checkpoint_every = begun;
    const TrainSummary uninterrupted = run(graph, wanted);
    const auto whole = learned(uninterrupted.version);
    for (const CheckpointInterval& resumed : intervals) {
      for (const std::uint64_t reports : {2u, 5u, 9u}) {
        wanted.models = dir_ / "cut";
        fs::remove_all(wanted.models);
        wanted.resume = false;
        wanted.config.train.checkpoint_every = begun;
        StopFlag stop;
        std::uint64_t seen = 0;
        Observer observer;
        observer.progress = [&](const Progress&) {
          if (++seen == reports) stop.request();
        };
        ASSERT_EQ(error_id([&] { train(graph, wanted, observer, stop); }), "train.interrupted");
        wanted.resume = true;
        wanted.config.train.checkpoint_every = resumed;
        run(graph, wanted);
        EXPECT_EQ(learned(wanted.models / "all/v1"), whole)
            << begun.buckets << " then " << resumed.buckets << ", stopped after " << reports;
      }
    }
  }
}

TEST_F(ResumeTest, AResumedRunIsPromotedOnlyIfItWasToBe) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  for (const auto& [first, then] : {std::pair{true, true}, {false, true}, {true, false}}) {
    TrainRequest wanted = request(std::to_string(first) + std::to_string(then));
    wanted.promote = first;
    StopFlag stop;
    stop.request();
    for (int k = 0; k < 2; ++k) {  // asked for once, it holds for all that follow
      ASSERT_EQ(error_id([&] { train(graph, wanted, {}, stop); }), "train.interrupted");
      wanted.resume = true;
      wanted.promote = then;
    }
    ASSERT_EQ(error_id([&] { train(graph, wanted, {}, stop); }), "train.interrupted");
    wanted.promote = true;
    run(graph, wanted);
    EXPECT_EQ(VersionDirectory(wanted.models / "all").current().has_value(), first && then);
  }
}

TEST_F(ResumeTest, ACheckpointBehindTheEndOfItsEpochIsAnError) {
  const Graph graph = TinyGraph::planted(4, 10, 5, 4).write(dir_ / "graph");
  TrainRequest wanted = request();
  StopFlag stop;
  stop.request();
  ASSERT_EQ(error_id([&] { train(graph, wanted, {}, stop); }), "train.interrupted");
  const fs::path checkpoint = dir_ / "models/all/v1.partial/checkpoints/000001";
  std::string text = read_text(checkpoint / "training.json");
  text.replace(text.find("\"step\": 0"), 9, "\"step\": 7");
  write_text(checkpoint / "training.json", text);
  Manifest manifest = Manifest::read(checkpoint, ModelVersion::kFormat);
  manifest.add(checkpoint, "training.json");
  manifest.write(checkpoint);
  wanted.resume = true;
  EXPECT_EQ(error_id([&] { run(graph, wanted); }), "train.bad_position");
}

TEST_F(ResumeTest, ADamagedCheckpointIsAnError) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  TrainRequest wanted = request();
  StopFlag stop;
  stop.request();
  ASSERT_EQ(error_id([&] { train(graph, wanted, {}, stop); }), "train.interrupted");
  const fs::path file = dir_ / "models/all/v1.partial/checkpoints/000001/embeddings/user.0.f32";
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(200);
  bytes.put('x');
  bytes.close();
  wanted.resume = true;
  EXPECT_EQ(error_id([&] { run(graph, wanted); }), "storage.checksum_mismatch");
}

// A run of a second or two. scripts/bench kill does the same with the program, 100 times.
TEST_F(ResumeTest, SurvivesKillAtAnyMoment) {
  if (kNoFork) GTEST_SKIP() << kNoFork;
  const Graph graph = TinyGraph::planted(10, 30, 60, 3).write(dir_ / "graph");
  TrainRequest wanted = request("whole");
  wanted.config.train.buffer = 2;
  wanted.config.train.epochs = 12;
  wanted.config.train.checkpoint_every = {2, {0}};
  expect_survival(graph, wanted, 10, [](int, std::uint64_t whole_us) { return whole_us / 3; });
}

}  // namespace
}  // namespace twhin::training
