// twhin/graph/held_out.h -- held-out edges that train has as well.
//
// Evaluation then asks for what was trained on, and its figures are too good. Splits that import
// draws hold an edge once (but for duplicates that are kept); those that sources name may hold
// anything. Same edge: same relation, lhs and rhs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "twhin/graph/graph.h"

namespace twhin {

struct HeldOutSplit {
  std::string name;
  std::uint64_t num_edges = 0;
  std::uint64_t num_in_train = 0;
  std::map<std::string, std::uint64_t> in_train;  ///< by relation, where there are any

  double share_in_train() const {
    return num_edges == 0 ? 0.0
                          : static_cast<double>(num_in_train) / static_cast<double>(num_edges);
  }
};

/// The splits of that name, with what train has of them; those without edges are left out.
///
/// Cost      reads train once for every `most_edges` held-out edges of a bucket; 9 bytes for each
/// of
///           them, on each thread.
/// Errors    those of Graph::bucket.
std::vector<HeldOutSplit> find_repeated(const Graph& graph, const std::vector<std::string>& splits,
                                        std::size_t most_edges, std::size_t num_threads);

}  // namespace twhin
