// train/partition_buffer.h -- the partitions that are in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

#include "train/part.h"
#include "train/training_network.h"

namespace twhin::training {

/// Where rows come from that no file has yet.
struct InitialRows {
  const Graph* graph = nullptr;
  float scale = 0.0f;
  std::uint64_t seed = 0;
};

class PartitionBuffer {
 public:
  /// `directory` holds the files of partitions that were trained before; others get initial values.
  PartitionBuffer(const TrainingNetwork& network, const RowFormat& format,
                  const InitialRows& initial, const std::filesystem::path& directory,
                  std::size_t num_threads);

  /// The memory of a part that is resident.
  Part* part(PartId id) { return &parts_.at(id); }
  /// Says that a resident part will be changed.
  void touch(PartId id) { changed_[id] = true; }

  /// Writes all changed parts to `directory`; a checkpoint makes them durable.
  void save_changed();

 private:
  const TrainingNetwork& network_;
  std::filesystem::path directory_;
  std::map<PartId, Part> parts_;
  std::map<PartId, bool> changed_;
};

}  // namespace twhin::training
