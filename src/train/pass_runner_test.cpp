#include "train/pass_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "twhin/base/error.h"

namespace twhin::training {
namespace {

constexpr std::size_t kThreads = 4;
constexpr std::uint32_t kRows = 64;

// A ring of 64 entities, in groups of four edges: one round of a deterministic pass.
class PassRunnerTest : public ::testing::Test {
 protected:
  PassRunnerTest() {
    options_.dim = 4;
    options_.batch_negatives = 4;
    options_.uniform_negatives = 4;
    options_.deterministic = true;
    network_.types = {{"user", 0, {kRows}, options_.learning_rate, false, {}}};
    network_.relations = {{"follow", 0, 0, 0, kRows, {}}};
    network_.num_edges = kRows;
    lhs_.resize(kRows);
    rhs_.resize(kRows);
    std::iota(lhs_.begin(), lhs_.end(), 0u);
    for (std::uint32_t i = 0; i < kRows; ++i) rhs_[i] = (i + 1) % kRows;
  }

  // Trains the ring `times` times over, with the same edges as many times.
  std::uint64_t run(std::uint64_t times, const std::function<bool()>& halt) {
    std::vector<std::uint32_t> lhs, rhs;
    for (std::uint64_t k = 0; k < times; ++k) {
      lhs.insert(lhs.end(), lhs_.begin(), lhs_.end());
      rhs.insert(rhs.end(), rhs_.begin(), rhs_.end());
    }
    RowMemory memory(RowFormat::of(options_), kRows);
    Part part(memory, 0, kRows);
    const std::vector<float> ones(kRows * options_.dim, 0.5f);
    kernel::store(part.rows(), lhs_, ConstMatrixView(ones.data(), kRows, options_.dim));
    std::vector<RelationEdges> all(1);
    RelationEdges& edges = all[0];
    edges.relation = &network_.relations[0];
    edges.share = {0, 0, 0, lhs.size(), lhs.size(), 0, lhs.size()};
    edges.edges = {lhs, rhs, {}, {}};
    edges.lhs = edges.rhs = &part;
    RelationTable relations(network_, options_);
    PassRunner runner(network_, options_, kThreads, relations);
    const GroupPlan plan(std::move(all), options_.group_size(), {1, 0, {0, 0}, 0});
    PassTotals totals;
    return runner.run(plan, {0, 0, lhs.size(), [&](auto, const auto&) { return halt(); }}, totals);
  }

  // What body throws; a body that does not end ends the program.
  static std::string error_of(const std::function<void()>& body) {
    auto ended = std::async(std::launch::async, [&]() -> std::string {
      try {
        body();
      } catch (const Error& error) {
        return error.id();
      } catch (const std::exception& error) {
        return error.what();
      }
      return "none";
    });
    if (ended.wait_for(std::chrono::seconds(60)) == std::future_status::timeout) {
      std::cerr << "the threads of a pass wait for each other for ever" << std::endl;
      std::_Exit(1);
    }
    return ended.get();
  }

  TrainOptions options_;
  TrainingNetwork network_;
  std::vector<std::uint32_t> lhs_, rhs_;
};

// A thread that is woken late must not take the failure of the next round for that of the last.
TEST_F(PassRunnerTest, DivergenceInAnyRoundEndsAllThreads) {
  options_.optimizer = Optimizer::sgd;
  options_.learning_rate = network_.types[0].learning_rate = 1e30f;
  for (int repeat = 0; repeat < 300; ++repeat) {
    ASSERT_EQ(error_of([&] { run(3, [] { return false; }); }), "train.diverged");
  }
}

// Between the two barriers of a round one thread fails; the others may still be at the first.
TEST_F(PassRunnerTest, AFailureWhileUpdatesAreAppliedEndsAllThreads) {
  for (int repeat = 0; repeat < 300; ++repeat) {
    int calls = 0;
    ASSERT_EQ(error_of([&] {
                run(3, [&]() -> bool {
                  if (++calls == 2) throw std::runtime_error("halt failed");
                  return false;
                });
              }),
              "halt failed");
  }
}

// A group of one edge and its two entities: the other threads have no row of it.
TEST_F(PassRunnerTest, ThreadsMayHaveNoShareOfAGroup) {
  options_.batch_negatives = 1;
  options_.uniform_negatives = 1;
  EXPECT_EQ(run(1, [] { return false; }), kRows);
}

TEST_F(PassRunnerTest, AHaltedPassSaysWhichGroupIsNext) {
  int calls = 0;
  EXPECT_EQ(run(3, [&] { return ++calls == 2; }), 2 * kRoundGroups);
  EXPECT_EQ(run(3, [] { return false; }), 3 * kRoundGroups);
}

}  // namespace
}  // namespace twhin::training
