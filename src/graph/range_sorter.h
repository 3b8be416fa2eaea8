// graph/range_sorter.h -- the edges of a range, in as many parts as memory asks for.
//
// A range holds all rows whose lhs hash begins with the same bits, and so all rows of a popular
// lhs. One that is too large to be sorted at once is divided by the first bits in which its rows'
// keys
//
//     (lhs hash, rhs hash, timestamp, weight)
//
// differ, and its parts again, until each fits. Parts come in ascending order of the key, so that
// their edges, one part after the other, are those of the whole range. Rows of one pair that are
// too many by themselves are merged one by one, or, where a relation keeps duplicates, divided by
// time and weight.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "graph/edge_sorter.h"
#include "graph/edge_store.h"
#include "graph/splitter.h"

namespace twhin {

class RangeSorter {
 public:
  struct Limits {
    std::uint64_t rows = 0;      ///< sorted at once
    std::size_t page_bytes = 0;  ///< held back for each of 2^kLog2FanOut parts
  };
  static constexpr unsigned kLog2FanOut = 7;
  /// With the splits of the edges.
  using Emit = std::function<void(SortedEdges&&, std::vector<std::uint8_t>&&)>;

  /// `name_of` a relation, which its splits depend on.
  RangeSorter(const std::vector<SortedRelation>& relations,
              std::function<const std::string&(std::uint32_t)> name_of, const Splitter& splitter,
              Spill& spill, Limits limits)
      : relations_(relations),
        name_of_(std::move(name_of)),
        splitter_(splitter),
        spill_(spill),
        limits_(limits) {}

  /// Calls emit for the edges of the range; its rows stay where they are unless `take`.
  /// Threads   any. Errors    those of sort_range.
  void sort(EdgeStore& store, std::size_t range, bool take, const Emit& emit) const;

 private:
  using Cuts = std::map<std::uint32_t, LhsCut>;  // by relation
  /// With the cuts of the lhs that all of them have, or null if it may have no other edges.
  using EmitEdges = std::function<void(SortedEdges&&, const Cuts*)>;

  void visit(EdgeStore& store, std::size_t range, bool take, const Cuts* cuts,
             const EmitEdges& emit) const;
  void visit_pair(EdgeStore& store, std::size_t range, bool take, const Cuts* cuts,
                  const EmitEdges& emit) const;
  void visit_kept(EdgeStore& store, std::size_t range, const Cuts* cuts,
                  const EmitEdges& emit) const;
  void sort_rows(EdgeColumns&& rows, const Cuts* cuts, const EmitEdges& emit) const;
  EdgeStore new_store(const EdgeStore& like, unsigned log2_ranges) const;
  Cuts find_cuts(EdgeStore& store, std::size_t range) const;

  const std::vector<SortedRelation>& relations_;
  std::function<const std::string&(std::uint32_t)> name_of_;
  const Splitter& splitter_;
  Spill& spill_;
  Limits limits_;
};

}  // namespace twhin
