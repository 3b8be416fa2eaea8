#include "graph/leak_guard.h"

#include <algorithm>

#include "graph/splitter.h"

namespace twhin {
namespace {

constexpr std::uint32_t kReversed = 1;  // in place of a tag's split

}  // namespace

void LeakGuard::collect(const SortedEdges& edges, const std::vector<std::uint8_t>& splits,
                        const SortedRelation& relation, EdgeStore::Writer& pairs) const {
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (edges.split == 0 && splits[i] == kTrain) continue;
    const std::uint64_t lhs = relation.lhs->hash(edges.lhs[i]);
    const std::uint64_t rhs = relation.rhs->hash(edges.rhs[i]);
    pairs.add(lhs, rhs, EdgeTag::make(edges.relation, 0), 1.0f, 0);
    pairs.add(rhs, lhs, EdgeTag::make(edges.relation, kReversed), 1.0f, 0);
  }
}

namespace {

LeakGuard::Pair pair_at(const EdgeColumns& columns, std::size_t i) {
  return {columns.lhs[i], columns.rhs[i], EdgeTag::relation(columns.tag[i]),
          EdgeTag::split(columns.tag[i]) == kReversed};
}

}  // namespace

LeakGuard::Pairs LeakGuard::pairs_of(std::size_t range) const {
  Pairs pairs{range, pairs_.size(range) <= most_pairs_, {}};
  if (!pairs.all) return pairs;
  const EdgeColumns columns = pairs_.read(range);
  pairs.pairs.resize(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) pairs.pairs[i] = pair_at(columns, i);
  std::sort(pairs.pairs.begin(), pairs.pairs.end());
  return pairs;
}

bool LeakGuard::gives_away(const Pair& pair, std::uint32_t relation) const {
  const RelationRegistry::Entry& held_out = relations_[pair.relation];
  const RelationRegistry::Entry& edge = relations_[relation];
  const bool same_types = pair.reversed ? held_out.rhs_base_type == edge.lhs_base_type &&
                                              held_out.lhs_base_type == edge.rhs_base_type
                                        : held_out.lhs_base_type == edge.lhs_base_type &&
                                              held_out.rhs_base_type == edge.rhs_base_type;
  if (!same_types) return false;
  return pair.relation != relation || !pair.reversed || policy_ == HeldOutPairs::remove_reversed;
}

// The pairs are in order.
void LeakGuard::mark(const std::vector<Pair>& pairs, const SortedEdges& edges,
                     const SortedRelation& relation, Leaks& leaks) const {
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Pair ends{relation.lhs->hash(edges.lhs[i]), relation.rhs->hash(edges.rhs[i]), 0, false};
    const auto [first, last] = std::equal_range(pairs.begin(), pairs.end(), ends);
    if (std::any_of(first, last,
                    [&](const Pair& pair) { return gives_away(pair, edges.relation); })) {
      leaks[i] = 1;
    }
  }
}

void LeakGuard::remove_leaks(const Pairs& pairs, SortedEdges& edges,
                             std::vector<std::uint8_t>& splits,
                             const SortedRelation& relation) const {
  if (edges.split != 0 || edges.size() == 0 || (pairs.all && pairs.pairs.empty())) return;
  Leaks leaks(edges.size());
  if (pairs.all) {
    mark(pairs.pairs, edges, relation, leaks);
  } else {
    const auto ends = [&](std::size_t i) {
      return Pair{relation.lhs->hash(edges.lhs[i]), relation.rhs->hash(edges.rhs[i]), 0, false};
    };
    const Pair first = ends(0), last = ends(edges.size() - 1);
    std::vector<Pair> some;
    const auto mark_some = [&] {
      std::sort(some.begin(), some.end());
      mark(some, edges, relation, leaks);
      some.clear();
    };
    pairs_.for_each_page(pairs.range, [&](const EdgeColumns& columns) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const Pair pair = pair_at(columns, i);
        if (!(pair < first) && !(last < pair)) some.push_back(pair);
      }
      if (some.size() >= most_pairs_) mark_some();
    });
    mark_some();
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (leaks[i] != 0 && splits[i] == kTrain) {
      ++edges.num_filtered;
      continue;
    }
    edges.lhs[kept] = edges.lhs[i];
    edges.rhs[kept] = edges.rhs[i];
    if (!edges.weight.empty()) edges.weight[kept] = edges.weight[i];
    if (!edges.timestamp.empty()) edges.timestamp[kept] = edges.timestamp[i];
    splits[kept++] = splits[i];
  }
  edges.lhs.resize(kept);
  edges.rhs.resize(kept);
  if (!edges.weight.empty()) edges.weight.resize(kept);
  if (!edges.timestamp.empty()) edges.timestamp.resize(kept);
  splits.resize(kept);
}

}  // namespace twhin
