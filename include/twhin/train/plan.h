// twhin/train/plan.h -- what a run of train will need, before it begins.
#pragma once

#include <cstdint>
#include <string>

#include "twhin/train/train.h"

namespace twhin {

/// Memory and disk are counted from the sizes of the graph and the config; times come from a
/// calibration of some seconds and are 0 without one.
struct TrainPlan {
  std::uint64_t entities = 0;
  std::uint64_t parameters = 0;  ///< of entities and relations
  std::uint64_t edges = 0;       ///< of an epoch
  std::uint32_t epochs = 0;
  std::uint32_t partitions = 1;  ///< P
  std::uint32_t buffer = 0;      ///< partitions of a type in memory for training
  std::uint32_t threads = 0;

  std::uint64_t partition_bytes =
      0;  ///< rows and optimizer state of the largest partitions of all types
  std::uint64_t rows_bytes = 0;        ///< all slots: training, being read, being written
  std::uint64_t earlier_bytes = 0;     ///< with a pull: what these rows were
  std::uint64_t edges_bytes = 0;       ///< mapped at a time, with what is kept of them
  std::uint64_t validation_bytes = 0;  ///< after an epoch, when no edges are mapped for training
  std::uint64_t workers_bytes = 0;
  std::uint64_t program_bytes = 0;    ///< what the process has already
  std::uint64_t memory_bytes = 0;     ///< the peak of the resident set
  std::uint64_t available_bytes = 0;  ///< memory that the machine has left, program_bytes included

  std::uint64_t version_bytes = 0;  ///< a finished version on disk
  std::uint64_t disk_bytes = 0;     ///< the most that a run needs while it is under way
  std::uint64_t available_disk_bytes = 0;

  std::uint64_t loads_per_epoch = 0;        ///< of partitions, all types; 0 if all stay in memory
  std::uint64_t moved_bytes_per_epoch = 0;  ///< read and written for them

  double edges_per_s = 0.0;
  double disk_bytes_per_s = 0.0;
  double epoch_seconds = 0.0;
  double run_seconds = 0.0;

  /// Fewest partitions (a power of 2) with which the run fits this machine with a buffer of 2; 1:
  /// none are needed; 0: no number helps.
  std::uint32_t recommended_partitions = 1;

  bool fits_memory() const { return memory_bytes <= available_bytes; }
  bool fits_disk() const { return disk_bytes <= available_disk_bytes; }

  std::string to_json() const;
  std::string to_table() const;
  /// Errors    unavailable "train.not_enough_memory", saying what helps.
  void check_memory() const;
  /// Errors    io "train.not_enough_disk".
  void check_disk() const;
};

/// Plans the run. With `calibrate`, trains random edges on some of the memory for about two seconds
/// and writes a file of 64 MiB beside the models.
/// Errors    those of train() for its request; io if the models' place cannot be written.
TrainPlan plan_training(const Graph& graph, const TrainRequest& request, bool calibrate);

}  // namespace twhin
