// twhin/graph/coverage.h -- who takes part in a relation, and how much.
//
// A relation that most users take part in (follow, favorite) is of high coverage, one of ads or
// advertisers of low; TwHIN trains the latter together with one of the former, which makes them
// denser (El-Kishky et al., KDD 2022, section 4.3). Figures are of the split "train".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "twhin/graph/graph.h"
#include "twhin/storage/time_range.h"

namespace twhin {

/// Degrees of one side of a relation: edges of an entity, over the entities that have any.
struct DegreeFigures {
  std::uint64_t num_entities = 0;  ///< that have an edge
  double share = 0.0;              ///< of all entities of the type
  double mean = 0.0;
  std::uint32_t p50 = 0, p90 = 0, p99 = 0, max = 0;  ///< the smallest degree that so many reach
};

struct RelationCoverage {
  DegreeFigures lhs, rhs;
  double core_share = 0.0;  ///< share of the core type's entities that have an edge, at any end
  bool high = false;
  std::optional<TimeRange> times;  ///< of its edges, if they have timestamps
};

struct Coverage {
  std::uint32_t core_type = 0;
  std::vector<RelationCoverage> relations;  ///< by relation
  /// Networks all of whose relations are of low coverage.
  std::vector<std::string> low_networks;

  /// {"core_type", "high_coverage", "relations": [...], "low_networks": [...]}
  std::string to_json(const Schema& schema, double high_coverage) const;
};

/// Reads all edges of train, twice. core_type empty: the type with the most ends of edges.
///
/// Cost      memory of 8 bytes for each entity of a partition, on each thread.
/// Errors    those of Graph::bucket.
Coverage find_coverage(const Graph& graph, const std::string& core_type, double high_coverage,
                       std::size_t num_threads);

}  // namespace twhin
