// train/calibration.h -- how fast this machine is, found out by trying.
#pragma once

#include <cstddef>
#include <filesystem>

#include "train/training_network.h"

namespace twhin::training {

/// Edges/s of training random edges of the network's relations for `seconds`, with the run's
/// options and at most 2^18 rows of a type: enough that rows come from memory and not from a cache.
double measure_edges_per_s(const TrainingNetwork& network, const TrainOptions& options,
                           std::size_t num_threads, double seconds);

/// Bytes/s at which a file of 64 MiB reaches the disk in `directory`, which is made if it is
/// missing.
double measure_disk_bytes_per_s(const std::filesystem::path& directory);

}  // namespace twhin::training
