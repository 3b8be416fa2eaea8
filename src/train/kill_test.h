// What tests share that kill runs in processes of their own.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <functional>

#include "train/train_fixture.h"
#include "twhin/base/rng.h"
#include "twhin/storage/manifest.h"
#include "twhin/storage/version_directory.h"

namespace twhin::training {

// It cannot follow a process that is forked from one with threads and starts threads of its own.
#ifdef __SANITIZE_THREAD__
inline constexpr const char* kNoFork = "not under the thread sanitizer";
#else
inline constexpr const char* kNoFork = nullptr;
#endif

class KillFixture : public TrainFixture {
 protected:
  /// Kills runs of `wanted`, and goes on with them, until `num_kills` were killed: each after less
  /// than longest(kills before it, microseconds of a whole run). What they have committed must
  /// verify; one that comes to its end between two kills must end as if nothing had happened, and
  /// the next one begins anew.
  void expect_survival(const Graph& graph, TrainRequest wanted, int num_kills,
                       const std::function<std::uint64_t(int, std::uint64_t)>& longest) const {
    const TrainSummary summary = run(graph, wanted);
    const auto whole = learned(summary.version);
    const auto whole_us = static_cast<std::uint64_t>(1e6 * summary.seconds);
    Rng rng(static_cast<std::uint64_t>(::getpid()));
    wanted.models = dir_ / "killed";
    const VersionDirectory network(wanted.models / "all");
    for (int kills = 0; kills < num_kills;) {
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        wanted.resume = network.partial().has_value();
        ::_exit(error_id([&] { run(graph, wanted); }) == "no error" ? 0 : 1);
      }
      ::usleep(static_cast<useconds_t>(rng.below(longest(kills, whole_us))));
      ::kill(child, SIGKILL);
      int status = 0;
      ::waitpid(child, &status, 0);
      ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
      if (WIFSIGNALED(status)) ++kills;
      expect_whole(wanted.models);
      if (network.current() && kills < num_kills) {
        EXPECT_EQ(learned(network.version_path(1)), whole);
        std::filesystem::remove_all(wanted.models);
      }
    }
    if (!network.current()) {
      wanted.resume = network.partial().has_value();
      run(graph, wanted);
    }
    EXPECT_EQ(learned(network.version_path(1)), whole);
  }

 private:
  // All that has a manifest is a model, but for what a run pulls to.
  static void expect_whole(const std::filesystem::path& models) {
    std::error_code none;  // killed before it had made any
    for (const auto& entry : std::filesystem::recursive_directory_iterator(models, none)) {
      if (entry.path().filename() != Manifest::kFileName) continue;
      const std::filesystem::path made = entry.path().parent_path();
      const char* format = made.filename() == "before" ? "" : ModelVersion::kFormat;
      EXPECT_NO_THROW(Manifest::read(made, format).verify(made, true)) << made;
    }
  }
};

}  // namespace twhin::training
