// train/known_edges.h -- which negatives of a group are edges themselves.
//
// While known edges are masked, a negative replaces one end of an edge by an entity of the same
// type and partition, so whether it is a known edge is written in the file that the group's edges
// come from: all edges of one relation between two partitions. They are indexed both ways:
//
//     rhs_of(l) = { t : (l, r, t) an edge of split "train" },   lhs_of(t) likewise
//
// Memory   8 bytes an edge and 12 for each entity at one of its ends; while it is made, 8 bytes an
//          edge more.
// Cost     for each positive and side about min(d, n) binary searches, of d known ends among n
//          candidates; for `all` negatives d entries.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel/group.h"
#include "twhin/model/side.h"
#include "twhin/storage/edges.h"

namespace twhin::training {

/// Threads   const members may be called concurrently.
class KnownEdges {
 public:
  /// Ids are the file's rows plus `lhs_first` and `rhs_first`.
  explicit KnownEdges(const EdgeSpan& edges, std::uint32_t lhs_first = 0,
                      std::uint32_t rhs_first = 0);

  /// Ascending and distinct: the known other ends, on side `wanted`, of the entity `given`.
  std::span<const std::uint32_t> others(Side wanted, std::uint32_t given) const;

  /// The most memory that the index of so many edges takes, its making included.
  static std::uint64_t memory_bytes(std::uint64_t num_edges, std::uint64_t num_lhs,
                                    std::uint64_t num_rhs);

 private:
  struct Index {
    std::vector<std::uint32_t> ends;    // with an edge, ascending
    std::vector<std::uint64_t> first;   // place in others of each, and the end
    std::vector<std::uint32_t> others;  // ascending for each end
  };
  static Index index(std::span<const std::uint32_t> ends, std::uint32_t first_end,
                     std::span<const std::uint32_t> others, std::uint32_t first_other);

  Index rhs_of_, lhs_of_;
};

/// Finds them for one group at a time. One for each thread; keeps its memory.
class KnownEdgeFinder {
 public:
  /// What replaces one end of a group's P positives: those of the other positives, if `batch`; then
  /// a sample, or, if `all`, every entity in the order of the ids.
  struct Candidates {
    std::span<const std::uint32_t> ids;  ///< [P + U]: own ends first
    bool batch = false;
    bool all = false;
    std::uint32_t first = 0;  ///< with `all`: id of the first of them
  };

  /// Appends (i, k) for each positive i and candidate k whose edge is known, but for k = i.
  /// `given` [P]: the positives' ends that stay.
  void find(const KnownEdges& known, Side wanted, std::span<const std::uint32_t> given,
            const Candidates& candidates, std::vector<kernel::MaskedEntry>& out);

 private:
  struct Place {
    std::uint32_t id, column;
  };
  std::vector<Place> places_;  // of candidates, ascending by id
};

}  // namespace twhin::training
