// graph/leak_guard.h -- keeps training edges from giving held-out ones away.
//
// A held-out edge (u, r, v) is given away by an edge of train between u and v: of another relation,
// in either direction, or of r itself. Held-out pairs are stored by the range of either end, so
// that each range of edges finds those that concern it.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/edge_sorter.h"
#include "graph/edge_store.h"
#include "graph/relation_registry.h"

namespace twhin {

/// Threads   collect() through a Writer of each thread's own; the rest may be called concurrently
/// once all writers have been flushed.
class LeakGuard {
 public:
  /// most_pairs: in memory at a time.
  LeakGuard(HeldOutPairs policy, const RelationRegistry& relations, unsigned log2_ranges,
            std::size_t page_bytes, std::uint64_t most_pairs, Spill& spill)
      : policy_(policy),
        relations_(relations),
        most_pairs_(most_pairs),
        pairs_({}, log2_ranges, page_bytes, spill) {}

  EdgeStore& pairs() { return pairs_; }
  /// Adds the held-out edges among these.
  void collect(const SortedEdges& edges, const std::vector<std::uint8_t>& splits,
               const SortedRelation& relation, EdgeStore::Writer& pairs) const;

  /// A held-out pair as a range of edges meets it.
  struct Pair {
    std::uint64_t lhs = 0, rhs = 0;  ///< hashes
    std::uint32_t relation = 0;
    bool reversed = false;  ///< lhs is the rhs of the held-out edge

    friend bool operator<(const Pair& a, const Pair& b) {
      return a.lhs != b.lhs ? a.lhs < b.lhs : a.rhs < b.rhs;
    }
  };
  /// Those that edges of a range may give away, in order; none if they are too many at once.
  struct Pairs {
    std::size_t range = 0;
    bool all = true;
    std::vector<Pair> pairs;
  };
  Pairs pairs_of(std::size_t range) const;

  /// Takes the edges of train that give a pair away out of `edges` and `splits`, and counts them as
  /// filtered.
  void remove_leaks(const Pairs& pairs, SortedEdges& edges, std::vector<std::uint8_t>& splits,
                    const SortedRelation& relation) const;

 private:
  using Leaks = std::vector<std::uint8_t>;  // by edge
  void mark(const std::vector<Pair>& pairs, const SortedEdges& edges,
            const SortedRelation& relation, Leaks& leaks) const;
  bool gives_away(const Pair& pair, std::uint32_t relation) const;

  HeldOutPairs policy_;
  const RelationRegistry& relations_;
  std::uint64_t most_pairs_;
  EdgeStore pairs_;
};

}  // namespace twhin
