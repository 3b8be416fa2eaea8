// train/step_candidates.h -- where uniform negatives of a step come from.
//
// Those of a relation and side: from the partitions of the side's type that the step's edges of the
// relation end in, each as often as they do (train/id_ranges.h). A step of many partitions has very
// many shares, so they are counted in one pass, and all shares of a relation have the same ones.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "train/id_ranges.h"
#include "train/steps.h"
#include "train/training_network.h"
#include "twhin/model/side.h"

namespace twhin::training {

class StepCandidates {
 public:
  /// Masked negatives are found within a bucket only, and `all` means all of the edges' own
  /// partition: then there is nothing to count.
  StepCandidates(const TrainingNetwork& network, const Step& step, bool mask_known_edges);

  /// Null: the edges' own partition.
  const std::shared_ptr<const IdRanges>& of(std::uint32_t relation, Side side) const {
    return ranges_[relation][side == Side::lhs ? 0 : 1];
  }

 private:
  std::vector<std::array<std::shared_ptr<const IdRanges>, 2>> ranges_;
};

}  // namespace twhin::training
