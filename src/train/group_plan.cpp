#include "train/group_plan.h"

#include <algorithm>
#include <utility>

namespace twhin::training {
namespace {

std::uint64_t num_edges_of(const RelationEdges& r) { return r.share.last - r.share.first; }

std::vector<std::uint64_t> first_groups(const std::vector<RelationEdges>& relations,
                                        std::size_t group_size) {
  std::vector<std::uint64_t> first = {0};
  for (const RelationEdges& r : relations) {
    first.push_back(first.back() + (num_edges_of(r) + group_size - 1) / group_size);
  }
  return first;
}

std::shared_ptr<const IdRanges> all_of(const Part& part) {
  IdRanges ranges;
  ranges.add(part.ids(), 1);
  return std::make_shared<const IdRanges>(std::move(ranges));
}

// floor(n g / G) without overflow.
std::uint64_t border(std::uint64_t n, std::uint64_t g, std::uint64_t groups) {
  return static_cast<std::uint64_t>(static_cast<unsigned __int128>(n) * g / groups);
}

}  // namespace

GroupPlan::GroupPlan(std::vector<RelationEdges> relations, std::size_t group_size,
                     const PassKey& key)
    : key_(key),
      relations_(std::move(relations)),
      first_group_(first_groups(relations_, group_size)),
      // The chunk is part of the key: the groups of each chunk are mixed anew.
      order_(first_group_.back(),
             Rng(key.seed, RngPurpose::group_order, key.epoch, key.bucket_word(), key.chunk)) {
  for (RelationEdges& r : relations_) {
    if (!r.lhs_candidates) r.lhs_candidates = all_of(*r.lhs);
    if (!r.rhs_candidates) r.rhs_candidates = all_of(*r.rhs);
    // The chunk is not: all chunks of a bucket and epoch are pieces of one order.
    const std::uint64_t file = (std::uint64_t{r.share.lhs_partition} << 32) | r.share.rhs_partition;
    edge_orders_.emplace_back(r.share.trained_edges, Rng(key.seed, RngPurpose::edge_order,
                                                         key.epoch, file, r.share.relation));
    num_edges_ += num_edges_of(r);
  }
}

GroupRange GroupPlan::group(std::uint64_t n) const {
  const std::uint64_t chosen = order_(n);
  const auto next = std::upper_bound(first_group_.begin(), first_group_.end(), chosen);
  const auto r = static_cast<std::size_t>(next - first_group_.begin()) - 1;
  const std::uint64_t g = chosen - first_group_[r], groups = first_group_[r + 1] - first_group_[r];
  const std::uint64_t edges = num_edges_of(relations_[r]);
  const std::uint64_t first = border(edges, g, groups), last = border(edges, g + 1, groups);
  return {&relations_[r], &edge_orders_[r], relations_[r].share.first + first,
          static_cast<std::size_t>(last - first)};
}

}  // namespace twhin::training
