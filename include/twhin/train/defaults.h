// twhin/train/defaults.h -- what training is told where a config says nothing, by the size of the network.
//
// A network of 10^5 edges and one of 10^9 want other epochs, and one comparator other rates than
// another. What each default is, and the experiments behind it: docs/training.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "twhin/graph/graph.h"
#include "twhin/train/options.h"

namespace twhin {

/// What the defaults go by.
struct NetworkSize {
  std::uint64_t edges = 0;     ///< of split "train", all relations that are trained
  std::uint64_t entities = 0;  ///< of all types that they join
};

/// Errors    those of train() for a network or options that do not fit the graph.
NetworkSize network_size(const Graph& graph, const TrainConfig& config);

/// The keys of section `train` that have such a default ("dim", "schedule.kind", …).
const std::vector<std::string>& sized_keys();

/// `chosen` with those keys set by the size, for its loss and comparator; all others as they are. What a
/// user has given is to be put on top: config::load(document, start).
TrainOptions sized_defaults(TrainOptions chosen, const NetworkSize& size);

}  // namespace twhin
