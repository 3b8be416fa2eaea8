// twhin/mixture/build.h -- makes a mixture of a version and puts it beside the version's files.
//
// Clusters come from k-means over the target type's rows; users are streamed from the graph's
// training edges, a range of them at a time, so that memory does not grow with the engagements.
// MODEL/vN/mixtures/NAME appears complete or not at all; one that is there is replaced.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/graph/graph.h"
#include "twhin/mixture/mixture.h"
#include "twhin/mixture/options.h"
#include "twhin/model/version.h"

namespace twhin {

/// What building will need. Times are from a measurement of some tenths of a second.
struct MixturePlan {
  std::string target_type;
  std::vector<std::string> relations;
  std::uint64_t targets = 0;
  std::uint32_t clusters = 0;
  std::uint64_t sampled = 0;  ///< rows that k-means learns from
  std::uint32_t iterations = 0;
  std::uint64_t users = 0;
  std::uint64_t engagements = 0;
  bool own_vectors = false;

  double flop = 0.0;  ///< of the products
  double flop_per_s = 0.0;
  double seconds = 0.0;
  std::uint64_t memory_bytes = 0, available_bytes = 0;
  std::uint64_t disk_bytes = 0;

  std::string to_json() const;
  std::string to_table() const;
  /// Errors    unavailable "mixture.not_enough_memory", saying what helps.
  void check_memory() const;
};

/// Errors    not_found "schema.unknown_entity_type"; those of the options and of the relations
///           (not_found "schema.unknown_relation"; invalid_argument "mixture.wrong_relation",
///           "mixture.no_relations", "mixture.no_timestamps", "mixture.other_graph",
///           "mixture.too_many_clusters", "mixture.no_targets").
MixturePlan plan_mixture(const ModelVersion& version, const Graph& graph,
                         const MixtureOptions& options, std::size_t threads);

/// Builds, as planned; the plan's memory is checked first.
///
/// Exact     equal options give equal bytes, for any number of threads, on one type of CPU.
/// Errors    those of plan_mixture; "mixture.bad_name", "mixture.not_finite"; unavailable
///           "mixture.not_enough_memory", "file.locked"; cancelled "mixture.cancelled". Then
///           nothing was changed.
Mixture build_mixture(const ModelVersion& version, const Graph& graph, const std::string& name,
                      const MixtureOptions& options, std::size_t threads,
                      const Observer& observer = {}, const StopFlag& stop = {});

}  // namespace twhin
