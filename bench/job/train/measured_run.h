// What one run of train shows of itself, in a process of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "power_law_graph.h"
#include "twhin/train/train.h"

namespace twhin::bench {

/// A run to be measured. Its name says what it is:
/// train.<loss>.d<dim>.n<batch>+<uniform>[.p<P>b<buffer>][.bf16|.fp16]
struct RunSettings {
  PowerLawOptions graph;
  TrainOptions train;
  std::filesystem::path cache;

  std::size_t threads() const;
  /// As if shared batch scores were computed twice, and what is done.
  double flops_counted() const;
  double flops_done() const;
  double parameter_bytes() const;
};

/// Errors    invalid_argument "bench.unknown_name".
RunSettings settings_of(const std::string& name, RunSettings base);

/// What was measured. "Later" epochs are all but the first, whose rows are drawn, not read.
struct MeasuredRun {
  std::vector<double> edges_per_s;      ///< by epoch, waiting for partitions included
  std::vector<double> edges_per_cpu_s;  ///< by epoch: of a thread that ran
  double epoch_s = 0.0;                 ///< median of the later epochs
  double wait_share = 0.0;              ///< of them, median
  double moved_bytes = 0.0;             ///< read and written in one of them, median
  double checkpoint_s = 0.0;            ///< median
  double process_cpu_s = 0.0;  ///< an epoch's share of all CPU time of the process, first included
  double loss = 0.0;
  double planned_bytes = 0.0, peak_rss_bytes = 0.0;

  nlohmann::json to_json() const;
  static MeasuredRun from_json(const nlohmann::json& json);
};

/// Trains in a child process, whose model is removed afterwards.
MeasuredRun measured_run(const RunSettings& settings);

/// Makes the network in a child process if the cache does not have it; returns its directory.
void make_graph(const RunSettings& settings);

}  // namespace twhin::bench
