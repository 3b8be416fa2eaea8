// graph/edge_sorter.h -- the rows of one range become the edges of its relations: looked up,
// sorted, duplicates merged.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "graph/edge_store.h"
#include "graph/hash_index.h"
#include "twhin/graph/options.h"

namespace twhin {

/// Edges of one relation in ascending order of (lhs, rhs, timestamp, weight).
struct SortedEdges {
  std::uint32_t relation = 0;  ///< as in the tag
  std::uint32_t split = 0;     ///< as in the tag
  std::uint64_t num_rows = 0;  ///< that it was made of
  std::uint64_t num_duplicates = 0;
  std::uint64_t num_filtered = 0;       ///< rows with an end of too low a degree
  std::vector<std::uint64_t> lhs, rhs;  ///< ranks
  std::vector<float> weight;            ///< empty: all are 1
  std::vector<std::int64_t> timestamp;  ///< empty: none

  std::size_t size() const { return lhs.size(); }
};

/// What the sorter must know of a relation.
struct SortedRelation {
  const HashIndex* lhs = nullptr;
  const HashIndex* rhs = nullptr;
  DuplicatePolicy duplicates = DuplicatePolicy::drop;
  bool timestamps = false;
  bool incomplete = false;  ///< whether names may be missing, because of a least degree
  bool is_split = true;     ///< whether edges may be held out
  double half_life = 0.0;   ///< in units of the timestamps; 0: weights do not age
  std::int64_t now = 0;     ///< what ages are counted from
};

/// Calls `emit` for each relation and named split that has rows in the range.
///
/// Errors    invalid_argument "graph.weight_overflow": a weight, aged or summed, is no finite
/// float.
void sort_range(EdgeColumns&& rows, const std::vector<SortedRelation>& relations,
                const std::function<void(SortedEdges&&)>& emit);

}  // namespace twhin
