#include "twhin/base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace twhin {
namespace {

TEST(ThreadsTest, EveryThreadRunsOnce) {
  std::vector<int> runs(4);
  run_threads(4, [&](std::size_t thread) { ++runs[thread]; });
  EXPECT_EQ(runs, std::vector<int>(4, 1));
}

TEST(ThreadsTest, AnExceptionOfAWorkerReachesTheCaller) {
  EXPECT_THROW(run_threads(3,
                           [](std::size_t thread) {
                             if (thread == 2) throw std::runtime_error("two");
                           }),
               std::runtime_error);
}

TEST(ThreadsTest, ParallelForCoversTheRangeAndStopsAfterAnException) {
  std::vector<std::atomic<int>> runs(1000);
  parallel_for(runs.size(), 3, [&](std::size_t i) { ++runs[i]; });
  for (const auto& count : runs) EXPECT_EQ(count, 1);
  parallel_for(0, 3, [](std::size_t) { FAIL(); });

  std::atomic<int> started{0};
  EXPECT_THROW(parallel_for(100000, 2,
                            [&](std::size_t i) {
                              ++started;
                              if (i == 5) throw std::runtime_error("five");
                            }),
               std::runtime_error);
  EXPECT_LT(started, 100000);
}

}  // namespace
}  // namespace twhin
