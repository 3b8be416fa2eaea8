#include "train/step_files.h"

#include <algorithm>
#include <utility>

namespace twhin::training {

std::vector<StepFile> StepFiles::open(const Step& step, std::uint32_t epoch) {
  std::vector<StepFile> files;
  std::vector<Known> known;
  for (const EdgeShare& share : step.shares) {
    StepFile& file = files.emplace_back();
    const TrainedRelation& relation = network_.relations[share.relation];
    const std::uint32_t r = relation.graph_relation;
    file.edges = graph_.bucket(r, share.lhs_partition, share.rhs_partition);
    if (network_.replay) {
      const std::uint64_t place = std::uint64_t{share.lhs_partition} << 32 | share.rhs_partition;
      file.selection = std::make_shared<const EdgeSelection>(
          graph_.new_edges(r, share.lhs_partition, share.rhs_partition), share.file_edges,
          share.trained_edges, network_.replayed_weight, Rng(seed_, RngPurpose::replay, epoch, place, share.relation));
    }
    if (!mask_known_edges_) continue;
    const auto first_id = [&](std::uint32_t type, std::uint32_t partition) {
      return network_.types[type].first_id(partition);
    };
    const std::tuple key{share.relation, share.lhs_partition, share.rhs_partition};
    const auto before = std::find_if(last_.begin(), last_.end(),
                                     [&](const Known& each) { return each.file == key; });
    file.known = before != last_.end()
                     ? before->edges
                     : std::make_shared<const KnownEdges>(
                           file.edges.edges(), first_id(relation.lhs, share.lhs_partition),
                           first_id(relation.rhs, share.rhs_partition));
    known.push_back({key, file.known});
  }
  last_ = std::move(known);
  return files;
}

}  // namespace twhin::training
