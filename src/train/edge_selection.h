// train/edge_selection.h -- the edges of one file that an epoch of a refresh trains.
//
// They are numbered: first the m edges that are new since the graph's base, then a sample of s of
// the n - m others,
//
//     edge(k) = new[k]                                          k < m
//     edge(k) = the p(k - m)-th old one, p a keyed permutation  m <= k < m + s
//
// so that a sample needs no memory, differs from epoch to epoch, and repeats for one seed. The j-th
// old edge is found among the new ones' places by bisection. Old edges may count for more than new
// ones: with weight (n - m) / s the sample stands for all of them.
#pragma once

#include <cstdint>
#include <vector>

#include "twhin/base/rng.h"

namespace twhin::training {

class EdgeSelection {
 public:
  /// Requires ascending places below num_edges, and size of at least their number.
  EdgeSelection(std::vector<std::uint64_t> new_places, std::uint64_t num_edges, std::uint64_t size,
                float old_weight, const Rng& sample);

  std::uint64_t size() const { return size_; }
  std::uint64_t num_new() const { return new_.size(); }
  /// Requires k < size().
  std::uint64_t edge(std::uint64_t k) const;
  bool is_weighted() const { return old_weight_ != 1.0f; }
  /// Factor on the loss of the k-th edge: 1 if it is new.
  float weight(std::uint64_t k) const { return k < new_.size() ? 1.0f : old_weight_; }

 private:
  std::vector<std::uint64_t> new_;
  std::uint64_t size_;
  float old_weight_;
  Permutation old_;
};

}  // namespace twhin::training
