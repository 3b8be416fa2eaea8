#include "twhin/train/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "train/tiny_graph.h"
#include "twhin/base/error.h"

namespace twhin::training {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PlanTest : public ::testing::Test {
 protected:
  PlanTest() : dir_(fs::temp_directory_path() / ("twhin-plan-" + std::to_string(::getpid()))) {
    fs::remove_all(dir_);
    fs::create_directories(dir_);
    request_.models = dir_ / "models";
    request_.config.train.dim = 32;
    request_.config.train.batch_negatives = 10;
    request_.config.train.uniform_negatives = 10;
    request_.config.train.threads = 2;
  }
  ~PlanTest() override { fs::remove_all(dir_); }

  static std::string error_of(const std::function<void()>& body) {
    try {
      body();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  fs::path dir_;
  TrainRequest request_;
};

TEST_F(PlanTest, CountsRowsStateAndEdges) {
  const Graph graph = TinyGraph::planted(10, 100, 20).write(dir_ / "graph");
  const TrainPlan plan = plan_training(graph, request_, false);
  EXPECT_EQ(plan.entities, 1000u);
  EXPECT_EQ(plan.parameters, 1000u * 32 + 32);
  EXPECT_EQ(plan.rows_bytes, 1000u * (32 + 1) * 4);
  EXPECT_EQ(plan.edges_bytes, graph.num_edges(0) * 8);
  EXPECT_EQ(plan.loads_per_epoch, 0u);
  EXPECT_EQ(plan.recommended_partitions, 1u);
  EXPECT_FALSE(fs::exists(request_.models));
}

TEST_F(PlanTest, CountsTheSlotsOfTheBufferAndItsLoads) {
  const Graph graph = TinyGraph::planted(10, 100, 20, 8).write(dir_ / "graph");
  request_.config.train.buffer = 2;
  request_.config.train.bucket_order = BucketOrder::buffer_aware;
  const TrainPlan plan = plan_training(graph, request_, false);
  const auto& sizes = graph.schema().entities[0].partition_sizes;
  const std::uint64_t largest = *std::max_element(sizes.begin(), sizes.end());
  EXPECT_EQ(plan.rows_bytes, 4 * largest * (32 + 1) * 4);
  // Of 28 pairs the first two partitions cover one, each further load one more.
  EXPECT_EQ(plan.loads_per_epoch, 29u);
  EXPECT_GT(plan.moved_bytes_per_epoch, 29 * 2 * 100u * 33 * 4);
}

TEST_F(PlanTest, CalibrationGivesSpeedsAndTimes) {
  const Graph graph = TinyGraph::planted(10, 100, 20).write(dir_ / "graph");
  const TrainPlan plan = plan_training(graph, request_, true);
  EXPECT_GT(plan.edges_per_s, 1000.0);
  EXPECT_GT(plan.disk_bytes_per_s, 1e5);
  EXPECT_GT(plan.run_seconds, 0.0);
  EXPECT_TRUE(fs::is_empty(request_.models));
  EXPECT_THAT(plan.to_table(), HasSubstr("edges/s"));
  EXPECT_THAT(plan.to_json(), HasSubstr("\"recommended_partitions\":1"));
}

TEST_F(PlanTest, WhatDoesNotFitIsRefusedWithAdvice) {
  TrainPlan plan;
  plan.memory_bytes = 2ull << 30;
  plan.available_bytes = 1ull << 30;
  plan.partitions = 1;
  plan.recommended_partitions = 8;
  EXPECT_THAT(error_of([&] { plan.check_memory(); }),
              ::testing::AllOf(HasSubstr("train.not_enough_memory"), HasSubstr("partitions: 8")));
  plan.partitions = 8;
  EXPECT_THAT(error_of([&] { plan.check_memory(); }), HasSubstr("train.buffer: 2"));
  plan.recommended_partitions = 0;
  EXPECT_THAT(error_of([&] { plan.check_memory(); }), HasSubstr("smaller train.dim"));
  plan.available_bytes = 3ull << 30;
  EXPECT_EQ(error_of([&] { plan.check_memory(); }), "no error");
  plan.disk_bytes = 1;
  EXPECT_THAT(error_of([&] { plan.check_disk(); }), HasSubstr("train.not_enough_disk"));
}

// 4 billion rows of 4096 floats fit into no machine; the run must not even begin.
TEST_F(PlanTest, ARunThatCannotFitDoesNotBegin) {
  const Graph graph = TinyGraph::planted(10, 100, 20).write(dir_ / "graph");
  request_.config.train.dim = 4096;
  request_.config.train.batch_negatives = 65536;
  request_.config.train.uniform_negatives = 65536;
  request_.config.train.threads = 1024;
  EXPECT_THAT(error_of([&] { train(graph, request_, {}, StopFlag()); }),
              HasSubstr("train.not_enough_memory"));
  EXPECT_FALSE(fs::exists(request_.models));
}

}  // namespace
}  // namespace twhin::training
