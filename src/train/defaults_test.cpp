#include "twhin/train/defaults.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "train/tiny_graph.h"
#include "twhin/config/declared.h"

namespace twhin::training {
namespace {

TrainOptions with_defaults(TrainOptions chosen, std::uint64_t edges,
                           const std::set<std::string>& given = {}) {
  set_sized_defaults(chosen, {edges, edges / 10, edges / 20},
                     [&](const std::string& key) { return given.count(key) > 0; });
  return chosen;
}

TEST(SizedDefaults, ASmallNetworkIsSeenMoreOften) {
  EXPECT_EQ(with_defaults({}, 1'000'000).epochs, 10u);
  EXPECT_EQ(with_defaults({}, 125'000).epochs, 20u);  // 10 / cbrt(1/8)
  EXPECT_EQ(with_defaults({}, 8'000'000).epochs, 5u);
  EXPECT_EQ(with_defaults({}, 0).epochs, 40u);
  EXPECT_EQ(with_defaults({}, 1'000'000'000'000).epochs, 3u);
}

TEST(SizedDefaults, WhatWasGivenStays) {
  TrainOptions chosen;
  chosen.epochs = 7;
  chosen.learning_rate = 0.01f;
  chosen.schedule.warm_up = 0.5f;
  const TrainOptions set =
      with_defaults(chosen, 1'000'000, {"epochs", "learning_rate", "schedule.warm_up"});
  EXPECT_EQ(set.epochs, 7u);
  EXPECT_EQ(set.learning_rate, 0.01f);
  EXPECT_EQ(set.schedule.warm_up, 0.5f);
  EXPECT_EQ(set.schedule.kind, Schedule::linear);
}

TEST(SizedDefaults, WhoGivesANumberOfBatchNegativesGetsThem) {
  EXPECT_EQ(with_defaults({}, 1000).rhs_negatives, SideNegatives::uniform);
  const TrainOptions set = with_defaults({}, 1000, {"batch_negatives"});
  EXPECT_EQ(set.lhs_negatives, SideNegatives::sampled);
  EXPECT_EQ(set.rhs_negatives, SideNegatives::sampled);
  EXPECT_EQ(set.batch_negatives, TrainOptions{}.batch_negatives);
}

TEST(SizedDefaults, LogisticBeginsWithTheOddsOfItsNegatives) {
  TrainOptions chosen;
  chosen.uniform_negatives = 1000;
  const std::set<std::string> given = {"uniform_negatives"};
  EXPECT_NEAR(with_defaults(chosen, 1000, given).score_offset, -std::log(1000.0),
              0.05 + 1e-6);  // rounded to tenths
  chosen.lhs_negatives = chosen.rhs_negatives = SideNegatives::sampled;
  chosen.batch_negatives = 1000;
  EXPECT_NEAR(
      with_defaults(chosen, 1000,
                    {"uniform_negatives", "batch_negatives", "lhs_negatives", "rhs_negatives"})
          .score_offset,
      -std::log(1999.0), 0.05 + 1e-6);
  chosen.negative_weight = NegativeWeight::mean;
  EXPECT_EQ(with_defaults(chosen, 1000, given).score_offset, 0.0f);
  chosen.negative_weight = NegativeWeight::sum;
  chosen.loss = Loss::softmax;
  EXPECT_EQ(with_defaults(chosen, 1000, given).score_offset, 0.0f);
}

TEST(SizedDefaults, AllEntitiesOfAPartitionAreNegativesToo) {
  TrainOptions chosen;
  chosen.lhs_negatives = SideNegatives::uniform;
  chosen.rhs_negatives = SideNegatives::all;
  EXPECT_NEAR(with_defaults(chosen, 800'000, {"lhs_negatives", "rhs_negatives"}).score_offset,
              -std::log(40'000.0), 0.05 + 1e-6);
}

TEST(SizedDefaults, NamesWhatItSetAndNothingElse) {
  TrainOptions options;
  options.epochs = 7;
  const auto set = set_sized_defaults(options, {1'000'000, 1000, 1000},
                                      [](const std::string& key) { return key == "epochs"; });
  std::vector<std::string> keys = {"epochs"};
  for (const SizedDefault& one : set) keys.push_back(one.key);
  std::vector<std::string> all = sized_keys();
  std::sort(keys.begin(), keys.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(keys, all);
  const auto rate = std::find_if(
      set.begin(), set.end(), [](const SizedDefault& one) { return one.key == "learning_rate"; });
  ASSERT_NE(rate, set.end());
  EXPECT_EQ(std::stof(rate->value), options.learning_rate);
}

TEST(SizedDefaults, AreWithinTheLimitsForEveryChoice) {
  for (const auto& comparator : EnumNames<Comparator>::values) {
    for (const auto& loss : EnumNames<Loss>::values) {
      for (const std::uint64_t edges : {1u, 1000u, 4'000'000'000u}) {
        TrainOptions chosen;
        chosen.comparator = comparator.value;
        chosen.loss = loss.value;
        EXPECT_NO_THROW(
            config::Checker<TrainOptions>::check(with_defaults(chosen, edges), "train"));
      }
    }
  }
}

TEST(SizedDefaults, GoByTheEdgesAndEntitiesOfTheNetworkThatIsTrained) {
  namespace fs = std::filesystem;
  const fs::path dir = fs::temp_directory_path() / ("twhin-defaults-" + std::to_string(::getpid()));
  TinyGraph tiny;
  tiny.types = {{"user", 5, 1}, {"tweet", 7, 1}};
  tiny.relations = {{"follow", 0, 0, false}, {"like", 0, 1, false}};
  tiny.edges = {{0, 0, 1, 1.0f}, {0, 1, 2, 1.0f}, {1, 0, 6, 1.0f}};
  tiny.networks = {{"follow", {0}}};
  const Graph graph = tiny.write(dir);
  TrainConfig config;
  EXPECT_EQ(network_size(graph, config).edges, 3u);
  EXPECT_EQ(network_size(graph, config).entities, 12u);
  EXPECT_EQ(network_size(graph, config).largest_partition, 7u);
  config.network = "follow";
  EXPECT_EQ(network_size(graph, config).edges, 2u);
  EXPECT_EQ(network_size(graph, config).entities, 5u);
  fs::remove_all(dir);
}

}  // namespace
}  // namespace twhin::training
