// graph/edge_sorter.h -- the rows of one range become the edges of its relations: looked up,
// sorted, duplicates merged.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "graph/edge_store.h"
#include "graph/exact_sum.h"
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

  /// The weight of a row today.
  float aged(float weight, std::int64_t timestamp) const;
};

/// Calls `emit` for each relation and named split that has rows among these: those of a range, or
/// of a part of it that has all rows of a pair.
///
/// Errors    invalid_argument "graph.weight_overflow": a weight, aged or summed, is no finite
/// float.
void sort_range(EdgeColumns&& rows, const std::vector<SortedRelation>& relations,
                const std::function<void(SortedEdges&&)>& emit);

/// Rows of one pair, relation and named split, merged one after the other where the relation's
/// policy is drop or sum: what sort_range makes of them, in constant memory.
class PairMerger {
 public:
  explicit PairMerger(const SortedRelation& relation) : relation_(&relation) {}
  void add(std::uint64_t lhs, std::uint64_t rhs, float weight, std::int64_t timestamp);
  /// Errors    as sort_range.
  SortedEdges finish(std::uint32_t tag) const;

 private:
  const SortedRelation* relation_;
  std::uint64_t lhs_ = 0, rhs_ = 0, num_rows_ = 0;
  std::int64_t timestamp_ = 0;  // of the first row in order, as is the weight
  float weight_ = 0.0f;
  ExactSum sum_;
};

}  // namespace twhin
