// train/partition_buffer.h -- the partitions of all types that are in memory, bucket by bucket.
//
// Every type has its own buffer (train/type_buffer.h); one thread reads and writes for all of them,
// so that disk time hides behind training. A type with one partition stays in memory.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <vector>

#include "train/io_thread.h"
#include "train/training_network.h"
#include "train/type_buffer.h"

namespace twhin::training {

class PartitionBuffer {
 public:
  /// `directory` holds the files of partitions that were trained before; others get initial values.
  /// `capacity`: partitions of each type for training; 0: all.
  PartitionBuffer(const Graph& graph, const TrainingNetwork& network, const RowFormat& format,
                  const InitialRows& initial, std::size_t capacity,
                  const std::filesystem::path& directory);

  /// The parts that the steps to come need, counted from 0.
  void expect(const std::vector<std::vector<PartId>>& parts);
  /// Waits until the parts of the step are in memory, while those of later ones are read.
  void enter(std::size_t step);

  /// Requires a part of the step that was entered last.
  Part* part(PartId id) { return types_[id.type].part(id.partition); }
  /// Says that the part will be changed.
  void touch(PartId id) { types_[id.type].touch(id.partition); }

  /// Writes all that changed, so that the files in `directory` are the model. Not synced.
  void save();

  IoTotals io_totals() const;

 private:
  const TrainingNetwork& network_;
  std::deque<TypeBuffer> types_;  // a deque: its elements stay where they are
  IoThread io_;                   // the last member: it ends before what its tasks use
};

}  // namespace twhin::training
