// train/steps.h -- the steps of an epoch: its buckets, chunk after chunk.
#pragma once

#include <cstdint>
#include <vector>

#include "train/bucket_order.h"
#include "train/training_network.h"

namespace twhin::training {

/// One bucket of one chunk of an epoch.
struct Step {
  Bucket bucket;
  std::uint32_t chunk = 0;
  std::vector<EdgeShare> shares;  ///< not empty

  std::uint64_t num_edges() const;
};

/// All steps that have edges, in the order of their training. Depends on the seed and the epoch
/// only; in the first one each bucket but the first touches a partition that was trained before.
std::vector<Step> epoch_steps(const Graph& graph, const TrainingNetwork& network,
                              const TrainOptions& options, std::uint32_t epoch);

}  // namespace twhin::training
