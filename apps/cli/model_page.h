// cli/model_page.h -- the page that `twhin report` writes: what a version is, how it was trained,
// how good it is, and who is near whom.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/neighbor_samples.h"
#include "twhin/evaluate/evaluate.h"
#include "twhin/graph/graph.h"
#include "twhin/model/version.h"

namespace twhin::cli {

/// One line of metrics.jsonl that the page draws.
struct TrainingCurve {
  std::vector<double> loss_epochs, loss;  ///< mean over the edges of each epoch
  std::vector<double> mrr_epochs, mrr;    ///< of the validations

  /// Reads the version's metrics.jsonl; empty curves if there is none.
  /// Errors    corrupt_data "report.bad_metrics", with the line.
  static TrainingCurve read(const std::filesystem::path& metrics_jsonl);
};

/// A map of vectors, as experiments/map writes it: name, x, y, and what colours the points.
struct VectorMap {
  std::string colour;  ///< "community" or "degree"
  std::vector<float> x, y;
  std::vector<double> value;

  /// Errors    invalid_argument "report.bad_map", with file:line.
  static VectorMap read(const std::filesystem::path& tsv);
};

struct ModelPage {
  const ModelVersion& model;
  const Graph& graph;
  EvalResult quality;
  TrainingCurve curve;
  std::optional<VectorMap> map;
  std::string map_type;  ///< of the entities on the map
  NeighborSamples neighbors;

  std::string html() const;
};

}  // namespace twhin::cli
