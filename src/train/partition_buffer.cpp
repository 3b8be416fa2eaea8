#include "train/partition_buffer.h"

#include "twhin/base/file.h"
#include "twhin/model/rows.h"

namespace twhin::training {
namespace fs = std::filesystem;

PartitionBuffer::PartitionBuffer(const TrainingNetwork& network, const RowFormat& format,
                                 const InitialRows& initial, const fs::path& directory,
                                 std::size_t num_threads)
    : network_(network), directory_(directory) {
  make_directories(directory / "embeddings");
  make_directories(directory / "optimizer");
  for (std::uint32_t t = 0; t < network.types.size(); ++t) {
    const TrainedType& type = network.types[t];
    const Vocabulary names = initial.graph->vocabulary(type.graph_type);
    for (std::uint32_t p = 0; p < type.partition_sizes.size(); ++p) {
      const PartId id{t, p};
      Part& part = parts_.emplace(id, Part(format, type.partition_sizes[p])).first->second;
      part.assign(type.partition_sizes[p]);
      const bool is_new = !fs::exists(directory / embeddings_file(type.name, p));
      if (is_new) {
        part.init(names, p, initial.scale, initial.seed, num_threads);
      } else {
        part.load(directory, type.name, p);
      }
      changed_[id] = is_new;
    }
  }
}

void PartitionBuffer::save_changed() {
  for (auto& [id, changed] : changed_) {
    if (!changed) continue;
    parts_.at(id).save(directory_, network_.types[id.type].name, id.partition);
    changed = false;
  }
}

}  // namespace twhin::training
