// train/steps.h -- the steps of an epoch: its buckets, chunk after chunk.
//
// Buckets that follow one another and whose partitions fit into the buffer together are one step:
// their groups are trained mixed, and uniform negatives come from all their partitions
// (train/id_ranges.h), as if these were one network. A buffer that holds all partitions trains
// about as a network without partitions does.
#pragma once

#include <cstdint>
#include <vector>

#include "train/bucket_order.h"
#include "train/training_network.h"

namespace twhin::training {

/// Some buckets of one chunk of an epoch.
struct Step {
  std::vector<Bucket> buckets;
  std::uint32_t chunk = 0;
  std::vector<EdgeShare> shares;  ///< not empty
  std::vector<PartId> parts;      ///< that edges end in, unpartitioned types included; ascending

  std::uint64_t num_edges() const;
};

/// What a step may have at most.
struct StepLimits {
  /// 0: any number. `checkpoint_every` says how many when a run begins (RunPosition::step_buckets).
  std::uint32_t buckets = 0;
  /// Of edges, one a share. Those of two steps are mapped at a time, and a process may map 65,530.
  std::uint64_t files = 10'000;
};

/// All steps that have edges, in the order of their training. Depends on the options, the limits
/// and the epoch only; in the first epoch each bucket but the first touches a partition that was
/// trained before.
std::vector<Step> epoch_steps(const Graph& graph, const TrainingNetwork& network,
                              const TrainOptions& options, const StepLimits& limits,
                              std::uint32_t epoch);

}  // namespace twhin::training
