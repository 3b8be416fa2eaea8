// twhin/evaluate/co_neighbors.h -- who has a neighbour in common: a check of neighbours that needs
// no labels.
//
// Two rhs entities of a relation share a lhs if some lhs has training edges to both: two accounts
// with a common follower, two tweets that one person favoured. Neighbours by vector should share
// one more often than random entities do.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "twhin/graph/graph.h"

namespace twhin {

class CoNeighbors {
 public:
  /// Reads the relation's training edges. Memory 12 bytes an edge and 16 an entity.
  CoNeighbors(const Graph& graph, std::uint32_t relation);

  /// How many of `others` share a lhs with `query`; the query itself does not count.
  std::size_t num_sharing(EntityId query, std::span<const EntityId> others) const;
  /// Training edges into an entity.
  std::uint64_t degree(EntityId rhs) const;
  /// The rhs entities with the most edges, most first.
  std::vector<EntityId> most_popular(std::size_t count) const;

 private:
  struct Lists {  // neighbours of entity i: ends[first[i]], …, ends[first[i + 1] - 1]
    std::vector<std::uint64_t> first;
    std::vector<std::uint32_t> ends;
    std::span<const std::uint32_t> of(std::uint64_t entity) const {
      return std::span(ends).subspan(first[entity], first[entity + 1] - first[entity]);
    }
  };
  std::uint64_t place(EntityId rhs) const { return first_place_[rhs.partition] + rhs.row; }

  std::vector<std::uint64_t> first_place_;  // of each partition of the rhs type
  Lists rhs_of_, lhs_of_;
};

}  // namespace twhin
