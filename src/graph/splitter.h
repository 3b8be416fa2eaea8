// graph/splitter.h -- which edges are held out of training.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/edge_sorter.h"
#include "graph/edge_store.h"
#include "twhin/graph/options.h"

namespace twhin {

/// Splits by number: these three, then those that only sources name.
enum SplitNumber : std::uint32_t { kTrain = 0, kValid = 1, kTest = 2, kFirstNamedSplit = 3 };

/// An edge with timestamp t is of split test if t >= test_from, else of valid if t >= valid_from.
struct TimeCut {
  std::int64_t valid_from = 0;
  std::int64_t test_from = 0;
  bool any = false;  ///< false: no row has a timestamp
};

/// The cut that leaves at least the shares of the options to test and valid, over all rows that
/// belong to no named split and whose relation has timestamps. Exact, in a few passes over the
/// rows.
TimeCut find_time_cut(const EdgeStore& store, const std::vector<SortedRelation>& relations,
                      const SplitOptions& options);

/// The held-out edges of one lhs, by the words of its edges: test up to and with one word, valid up
/// to and with the other.
struct LhsCut {
  std::optional<std::uint64_t> test, valid;
};

/// Draws the splits of one relation's edges.
class Splitter {
 public:
  Splitter(const SplitOptions& options, const TimeCut& cut) : options_(options), cut_(cut) {}

  /// Whether an lhs's edges are held out by their number, so that all must be known.
  bool by_lhs() const { return options_.any() && options_.by == SplitBy::lhs; }

  /// Number of each edge's split.
  ///
  /// Random: u = hash of (seed, relation, lhs, rhs), and of the timestamp too where duplicates are
  /// kept; test if u < test, else valid if u < test + valid. Names decide, not rows: an edge keeps
  /// its split when others come or go.
  /// By lhs: of the n edges of an lhs those with the lowest u are test, those after them valid;
  /// edges between the same ends go together. With a `cut` all edges are of one lhs, which has
  /// others, and it decides.
  std::vector<std::uint8_t> assign(const SortedEdges& edges, std::string_view relation_name,
                                   const SortedRelation& relation,
                                   const LhsCut* cut = nullptr) const;

  /// What the edges are drawn by: u as 64 bits. Not by time.
  std::vector<std::uint64_t> words(const SortedEdges& edges, std::string_view relation_name,
                                   const SortedRelation& relation) const;
  /// The cut of an lhs of n edges, of whose words nth(k) is the one that k others come before in
  /// ascending order.
  LhsCut lhs_cut(std::uint64_t n, const std::function<std::uint64_t(std::uint64_t k)>& nth) const;

 private:
  void assign_by_time(const SortedEdges& edges, std::vector<std::uint8_t>& splits) const;
  void assign_random(const SortedEdges& edges, const std::vector<std::uint64_t>& words,
                     std::vector<std::uint8_t>& splits) const;
  void assign_by_lhs(const SortedEdges& edges, const std::vector<std::uint64_t>& words,
                     std::vector<std::uint8_t>& splits) const;

  SplitOptions options_;
  TimeCut cut_;
};

}  // namespace twhin
