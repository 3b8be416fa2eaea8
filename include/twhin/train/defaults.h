// twhin/train/defaults.h -- what training does where the config says nothing, by the size of the
// network.
//
// docs/training.md has each rule and the experiments behind it. A rule may look at what was chosen:
// a distance wants other rates than a product, and `logistic` an offset that fits its negatives.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "twhin/graph/graph.h"
#include "twhin/train/options.h"

namespace twhin {

/// What the rules go by.
struct NetworkSize {
  std::uint64_t edges = 0;              ///< of split "train", of all relations that are trained
  std::uint64_t entities = 0;           ///< of all types that these relations join
  std::uint64_t largest_partition = 0;  ///< entities of the largest one: what `all` negatives are
};

/// Errors    those of train() for a network, types or relations that the graph does not have.
NetworkSize network_size(const Graph& graph, const TrainConfig& config);

/// Whether a key of section `train` was given, by its path below it: "dim", "schedule.kind".
using IsGiven = std::function<bool(const std::string& key)>;

/// One key that was left out, and the value that it got; for messages.
struct SizedDefault {
  std::string key;
  std::string value;
};

/// Sets what was left out and depends on the size; what was given, and all other options, stay as
/// they are. Returns what it has set, in the order of the rules.
std::vector<SizedDefault> set_sized_defaults(TrainOptions& options, const NetworkSize& size,
                                             const IsGiven& is_given);

/// The keys that have such a default.
const std::vector<std::string>& sized_keys();

}  // namespace twhin
