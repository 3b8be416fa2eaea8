// cli/neighbor_samples.h -- neighbours of entities drawn at random, and whether they make sense.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "twhin/evaluate/scoring_view.h"
#include "twhin/graph/graph.h"
#include "twhin/model/version.h"

namespace twhin::cli {

/// Neighbours by cosine, and how many of them share a lhs of the relation with the query
/// (twhin/evaluate/co_neighbors.h).
struct NeighborSample {
  std::string query;
  std::uint64_t degree = 0;  ///< training edges into the query
  std::vector<std::string> neighbors;
  std::size_t num_sharing = 0;
  std::size_t num_sharing_random = 0;   ///< of as many random entities
  std::size_t num_sharing_popular = 0;  ///< of as many of the most popular ones
};

struct NeighborSamples {
  std::string type, relation;  ///< of the queries; whose common lhs counts
  std::size_t k = 0;           ///< neighbours of each
  std::vector<NeighborSample> samples;

  double mean(std::size_t NeighborSample::*count) const;
};

/// Draws queries from the rhs entities of a relation (index in the graph's schema) that have at
/// least five training edges.
NeighborSamples sample_neighbors(const ModelVersion& version, const ScoringView& model,
                                 const Graph& graph, std::uint32_t relation,
                                 std::size_t num_queries, std::uint64_t seed);

}  // namespace twhin::cli
