// train/validation.h -- how good the model is on held-out edges, after an epoch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "twhin/base/stop.h"
#include "twhin/evaluate/evaluate.h"
#include "twhin/graph/graph.h"
#include "twhin/model/version.h"

namespace twhin::training {

/// The split that validation ranks.
inline constexpr const char* kValidSplit = "valid";

/// The exact filtered MRR over both sides (twhin/evaluate/evaluate.h) of at most `max_edges` edges
/// of split "valid", the same ones each time; 0: of all.
class Validator {
 public:
  /// Reads the edges at the first validation. Borrows the graph.
  Validator(const Graph& graph, std::uint64_t max_edges, std::size_t num_threads)
      : graph_(graph), max_edges_(max_edges), num_threads_(num_threads) {}

  struct Result {
    double mrr = 0.0;
    std::string json;  ///< {"split", "edges", "mrr", "mr", "hits_at_1", "hits_at_10"}
  };
  /// Errors    those of Evaluation.
  Result run(const ModelVersion& model, const StopFlag& stop);

 private:
  const Graph& graph_;
  std::uint64_t max_edges_;
  std::size_t num_threads_;
  Schema schema_;  // borrowed by the evaluation
  std::unique_ptr<Evaluation> evaluation_;
};

}  // namespace twhin::training
