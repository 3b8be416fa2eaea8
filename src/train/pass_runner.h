// train/pass_runner.h -- trains the groups of one bucket on all threads.
//
// HOGWILD (the default): every thread takes the next group, computes it and updates the shared rows
// at once, without locks; it prepares the groups after it meanwhile.
//
// Deterministic: rounds of kRoundGroups groups. All groups of a round are computed from the same
// values; then each row's updates are applied in the order of the groups, each row by one thread.
// No result depends on which thread did what, so the bits are the same for any number of threads. A
// group sees no update of the other groups of its round.
//
// Either way groups are finished in order as far as a caller can tell: a pass that was halted after
// n groups goes on with group n.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "train/group_plan.h"
#include "train/group_worker.h"
#include "train/relation_table.h"
#include "train/training_network.h"

namespace twhin::training {

/// Groups in a round of deterministic training. Part of what a seed means: changing it changes
/// results.
inline constexpr std::uint64_t kRoundGroups = 16;

/// Sums over groups.
struct PassTotals {
  std::uint64_t edges = 0;
  double loss = 0.0;  ///< weighted, without the penalty
  double penalty = 0.0;
  std::uint64_t masked = 0;
  double seconds = 0.0;       ///< spent on groups
  double cpu_seconds = 0.0;   ///< of them, of all threads together, that a thread ran
  double wait_seconds = 0.0;  ///< before them, until partitions and edges were read

  PassTotals& operator+=(const PassTotals& other);
};

/// One stretch of a bucket's pass.
struct PassStretch {
  std::uint64_t first_group = 0;
  std::uint64_t edges_before = 0;  ///< of the whole run, before this bucket
  std::uint64_t edges_of_run = 1;
  /// Called by one thread after each of its groups, or after each round, with the number of groups
  /// that are done or under way and sums so far; true halts the pass. Empty: never.
  std::function<bool(std::uint64_t, const PassTotals&)> halt;
};

class PassRunner {
 public:
  /// Borrows network and relations.
  PassRunner(const TrainingNetwork& network, const TrainOptions& options, std::size_t num_threads,
             RelationTable& relations);
  ~PassRunner();

  /// Memory of a runner's buffers, in all threads.
  static std::uint64_t memory_bytes(const TrainingNetwork& network, const TrainOptions& options,
                                    const RelationTable& relations, std::size_t num_threads);

  /// Trains groups from stretch.first_group on and adds to `totals`. Returns the first group that
  /// was not trained: plan.num_groups() unless halted. In deterministic mode first_group is a
  /// multiple of kRoundGroups, as is what a halted pass returns.
  ///
  /// Errors    invalid_argument "train.diverged" if a group's loss is not finite; that group
  /// changes
  ///           nothing, others of its time may have.
  std::uint64_t run(const GroupPlan& plan, const PassStretch& stretch, PassTotals& totals);

 private:
  struct Thread;
  struct Pass;

  void hogwild(Pass& pass, Thread& thread);
  void rounds(Pass& pass, std::size_t thread);
  void end_round(Pass& pass, std::uint64_t begin, std::uint64_t size);
  void compute(Pass& pass, Thread& thread, GroupInput& input, GroupOutput& output);
  void apply(const Pass& pass, const GroupInput& input, const GroupOutput& output,
             RowUpdater& updater);
  void apply_share(const Pass& pass, std::size_t thread, std::size_t num_groups);

  const TrainingNetwork& network_;
  const TrainOptions& options_;
  RelationTable& relations_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<GroupInput> round_inputs_;
  std::vector<GroupOutput> round_outputs_;
};

}  // namespace twhin::training
