// bench/job/train/power_law_graph.h -- a network to measure training with: one type, one relation.
//
// Edge k joins the entities of popularity ranks floor(N u^2) (lhs) and floor(N v^4) (rhs), u and v
// uniform: out-degrees follow a power law of exponent 3, in-degrees one of exponent 7/3. Ranks are
// scattered over rows by the hash of the name, as an import does.
#pragma once

#include <cstdint>
#include <filesystem>

#include "twhin/graph/graph.h"

namespace twhin::bench {

struct PowerLawOptions {
  std::uint64_t num_entities = 1000000;
  std::uint64_t num_edges = 20000000;
  std::uint32_t num_partitions = 1;
  std::uint64_t num_valid = 0;  ///< about so many edges are in split "valid" too, evenly spread
  std::uint64_t seed = 1;
};

/// Opens the graph below `cache`, which is written first if it is not there.
Graph power_law_graph(const PowerLawOptions& options, const std::filesystem::path& cache);

}  // namespace twhin::bench
