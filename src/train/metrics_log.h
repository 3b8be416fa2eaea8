// train/metrics_log.h -- metrics.jsonl: one JSON object a line, for plots and for people.
//
//   {"event": "bucket", "epoch": 1, "chunk": 0, "lhs_partition": 0, "rhs_partition": 1, "edges": …,
//    "loss": …, "edges_per_s": …, …}
//   {"event": "epoch", "epoch": 1, "edges": …, "loss": …, …}
//   {"event": "validation", "epoch": 1, "mrr": …, …}
//
// loss is the mean over edges; the sum over buckets of a resumed run is that of an uninterrupted
// one.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json_fwd.hpp>

namespace twhin::training {

class MetricsLog {
 public:
  /// Appends to the file.
  explicit MetricsLog(std::filesystem::path file);

  /// Errors    io "file.write".
  void write(const nlohmann::json& line);

 private:
  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace twhin::training
