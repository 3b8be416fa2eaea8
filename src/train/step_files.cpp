#include "train/step_files.h"

#include <utility>

namespace twhin::training {

std::vector<StepFile> StepFiles::open(const Step& step, std::uint32_t epoch) {
  std::vector<StepFile> files;
  Known known;
  for (const EdgeShare& share : step.shares) {
    StepFile& file = files.emplace_back();
    const TrainedRelation& relation = network_.relations[share.relation];
    const std::uint32_t r = relation.graph_relation;
    file.edges = graph_.bucket(r, share.lhs_partition, share.rhs_partition);
    if (network_.replay) {
      const std::uint64_t place = std::uint64_t{share.lhs_partition} << 32 | share.rhs_partition;
      file.selection = std::make_shared<const EdgeSelection>(
          graph_.new_edges(r, share.lhs_partition, share.rhs_partition), share.file_edges,
          share.trained_edges, network_.replayed_weight,
          Rng(seed_, RngPurpose::replay, epoch, place, share.relation));
    }
    if (mask_known_edges_) file.known = known_edges(share, file.edges.edges(), known);
  }
  last_ = std::move(known);
  return files;
}

std::shared_ptr<const KnownEdges> StepFiles::known_edges(const EdgeShare& share,
                                                         const EdgeSpan& edges,
                                                         Known& known) const {
  const File file{share.relation, share.lhs_partition, share.rhs_partition};
  std::shared_ptr<const KnownEdges>& index = known[file];
  if (index) return index;
  if (const auto before = last_.find(file); before != last_.end()) {
    index = before->second;
  } else {
    const TrainedRelation& relation = network_.relations[share.relation];
    index = std::make_shared<const KnownEdges>(
        edges, network_.types[relation.lhs].first_id(share.lhs_partition),
        network_.types[relation.rhs].first_id(share.rhs_partition));
  }
  return index;
}

}  // namespace twhin::training
