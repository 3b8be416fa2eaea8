// train/metrics_log.h -- metrics.jsonl: one JSON object a line, for plots and for people.
//
//   {"event": "bucket", "epoch": 1, "chunk": 0, "lhs_partition": 0, "rhs_partition": 1,
//    "buckets": 3, "edges": …, "loss": …, "edges_per_s": …, "wait_share": …, "bytes_read": …,
//    "resident_bytes": …, …}     a step's (train/steps.h), named after its first bucket
//   {"event": "epoch", "epoch": 1, "edges": …, "loss": …, …}
//   {"event": "validation", "epoch": 1, "mrr": …, …}
//   {"event": "checkpoint", "epoch": 1, "seconds": …}
//   {"event": "vectors", "type": "user", "placed": …, "missing": …, "unknown": …}
//   {"event": "warm_start", "version": 3, "types": {"user": {"carried": …, …}}, …}
//   {"event": "best", "epoch": 9, "best_epoch": 6, "mrr": …}     with patience, at the end
//
// Each line has "time" (Unix, seconds) and "run_edges" (trained since the run began). loss is the
// mean over edges; wait_share is the part of the wall time in which workers waited for partitions
// and edges to be read. The sum over buckets of a resumed run is that of an uninterrupted one.
//
// The same numbers can be kept as a TensorBoard event file (twhin/storage/event_file.h), tagged
// "<event>/<key>", at step run_edges. It is made from the lines, so a resumed run's has no trace of
// what was lost.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "train/early_stopping.h"
#include "train/initial_vectors.h"
#include "train/pass_runner.h"
#include "train/steps.h"
#include "train/type_buffer.h"
#include "twhin/storage/event_file.h"

namespace twhin::training {

/// Where in its run a line is written.
struct LogPlace {
  std::uint32_t epoch = 0;  ///< from 1
  std::uint64_t run_edges = 0;
};

/// Errors    all: io "file.write".
class MetricsLog {
 public:
  /// Appends to `file`. With `events` that file is begun anew with what `file` has.
  MetricsLog(std::filesystem::path file, const std::optional<std::filesystem::path>& events);

  /// `io` is that of this bucket; `held_out`, if it is not null, of train/bucket_ranks.h.
  void bucket(const LogPlace& place, const Step& step, const PassTotals& totals, const IoTotals& io,
              const nlohmann::json& held_out);
  void epoch(const LogPlace& place, const PassTotals& totals, const PassTotals& run_totals);
  /// `result` is an object of numbers.
  void validation(const LogPlace& place, nlohmann::json result);
  void checkpoint(const LogPlace& place, double seconds);
  /// How many rows of a type begin with vectors of a file.
  void vectors(const LogPlace& place, const std::string& type, const VectorCounts& counts);
  /// What was carried over from which version.
  void warm_start(const LogPlace& place, nlohmann::json result);
  /// Which epoch the version is, with patience.
  void best(const LogPlace& place, const BestEpoch& best);

 private:
  void write(const char* event, const LogPlace& place, nlohmann::json line);

  std::filesystem::path path_;
  std::ofstream file_;
  std::optional<EventFileWriter> events_;
};

}  // namespace twhin::training
