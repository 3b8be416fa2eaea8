#include "train/step_candidates.h"

#include <utility>

namespace twhin::training {
namespace {

// Of each partition, how many edges end in it.
using Ends = std::vector<std::uint64_t>;

std::shared_ptr<const IdRanges> ranges_of(const TrainedType& type, const Ends& ends) {
  IdRanges ranges;
  std::uint32_t first = 0;
  for (std::size_t p = 0; p < ends.size(); ++p) {
    ranges.add({first, type.partition_sizes[p]}, ends[p]);
    first += type.partition_sizes[p];
  }
  return ranges.empty() ? nullptr : std::make_shared<const IdRanges>(std::move(ranges));
}

}  // namespace

StepCandidates::StepCandidates(const TrainingNetwork& network, const Step& step,
                               bool mask_known_edges)
    : ranges_(network.relations.size()) {
  if (mask_known_edges) return;
  std::vector<std::array<Ends, 2>> ends;
  for (const TrainedRelation& r : network.relations) {
    ends.push_back({Ends(network.types[r.lhs].partition_sizes.size()),
                    Ends(network.types[r.rhs].partition_sizes.size())});
  }
  for (const EdgeShare& share : step.shares) {
    ends[share.relation][0][share.lhs_partition] += share.last - share.first;
    ends[share.relation][1][share.rhs_partition] += share.last - share.first;
  }
  for (std::uint32_t k = 0; k < ranges_.size(); ++k) {
    const TrainedRelation& r = network.relations[k];
    if (has_uniform(r.lhs_negatives)) ranges_[k][0] = ranges_of(network.types[r.lhs], ends[k][0]);
    if (has_uniform(r.rhs_negatives)) ranges_[k][1] = ranges_of(network.types[r.rhs], ends[k][1]);
  }
}

}  // namespace twhin::training
