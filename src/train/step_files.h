// train/step_files.h -- the edges of the steps to come, read from the graph.
#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "train/edge_selection.h"
#include "train/known_edges.h"
#include "train/steps.h"
#include "train/training_network.h"
#include "twhin/storage/edges.h"

namespace twhin::training {

/// One share's file, and, with `mask_known_edges`, what it says of negatives.
struct StepFile {
  EdgeBucket edges;
  std::shared_ptr<const KnownEdges> known;
  std::shared_ptr<const EdgeSelection> selection;  ///< of a refresh; none: all edges are trained
};

/// Threads   open() for one at a time.
class StepFiles {
 public:
  /// Borrows graph and network.
  StepFiles(const Graph& graph, const TrainingNetwork& network, bool mask_known_edges,
            std::uint64_t seed)
      : graph_(graph), network_(network), mask_known_edges_(mask_known_edges), seed_(seed) {}

  /// Aligned with step.shares. A file is indexed once, and not if the step before had it.
  std::vector<StepFile> open(const Step& step, std::uint32_t epoch);

 private:
  using File = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;  // relation, partitions
  using Known = std::map<File, std::shared_ptr<const KnownEdges>>;

  std::shared_ptr<const KnownEdges> known_edges(const EdgeShare& share, const EdgeSpan& edges,
                                                Known& known) const;

  const Graph& graph_;
  const TrainingNetwork& network_;
  bool mask_known_edges_;
  std::uint64_t seed_;
  Known last_;  // of the step that was opened last
};

}  // namespace twhin::training
