#include "train/step_files.h"

#include <algorithm>
#include <utility>

namespace twhin::training {

std::vector<StepFile> StepFiles::open(const Step& step) {
  std::vector<StepFile> files;
  std::vector<Known> known;
  for (const EdgeShare& share : step.shares) {
    StepFile& file = files.emplace_back();
    file.edges = graph_.bucket(network_.relations[share.relation].graph_relation,
                               share.lhs_partition, share.rhs_partition);
    if (!mask_known_edges_) continue;
    const TrainedRelation& relation = network_.relations[share.relation];
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
