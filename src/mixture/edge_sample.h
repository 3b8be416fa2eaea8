// mixture/edge_sample.h -- some training edges of each relation, kept with a mixture.
//
// Folding an entity in needs what training showed its edges: other edges of the relation, whose
// ends are negatives by prevalence. A sample of them makes that possible without the graph.
//
// A container of kind "edge_sample": for each relation of the version sections "<relation>#lhs"
// and "<relation>#rhs", u32 [n]: places of the two ends in their types (partition after partition),
// and "<relation>#edges", u64 [1]: how many training edges there are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "model/layout.h"
#include "twhin/graph/graph.h"
#include "twhin/model/version.h"

namespace twhin {

struct SampledEdges {
  std::vector<FlatId> lhs, rhs;
  std::uint64_t num_edges = 0;  ///< that they were drawn from
};

inline constexpr std::size_t kSampledEdges = 1 << 15;

/// Draws at most kSampledEdges of each relation evenly and writes them.
void write_edge_sample(const ModelVersion& version, const Graph& graph, std::uint64_t seed,
                       const std::filesystem::path& path);

/// By relation of the version.
/// Errors    those of Container; corrupt_data "mixture.wrong_shape" for a place beyond its type.
std::vector<SampledEdges> read_edge_sample(const ModelVersion& version,
                                           const std::filesystem::path& path);

}  // namespace twhin
