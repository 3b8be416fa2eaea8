#include "twhin/evaluate/co_neighbors.h"

#include <algorithm>
#include <numeric>

namespace twhin {
namespace {

std::vector<std::uint64_t> first_places(const EntityType& type) {
  std::vector<std::uint64_t> first = {0};
  for (const std::uint32_t size : type.partition_sizes) first.push_back(first.back() + size);
  return first;
}

}  // namespace

CoNeighbors::CoNeighbors(const Graph& graph, std::uint32_t relation) {
  const EntityType& lhs_type = graph.schema().lhs_type(relation);
  const EntityType& rhs_type = graph.schema().rhs_type(relation);
  const std::vector<std::uint64_t> lhs_first = first_places(lhs_type);
  first_place_ = first_places(rhs_type);

  const auto for_each_edge = [&](auto visit) {
    for (std::uint32_t i = 0; i < lhs_type.num_partitions(); ++i) {
      for (std::uint32_t j = 0; j < rhs_type.num_partitions(); ++j) {
        const EdgeBucket bucket = graph.bucket(relation, i, j);
        const EdgeSpan& edges = bucket.edges();
        for (std::size_t e = 0; e < edges.size(); ++e) {
          visit(lhs_first[i] + edges.lhs[e], first_place_[j] + edges.rhs[e]);
        }
      }
    }
  };
  rhs_of_.first.assign(lhs_type.num_entities() + 1, 0);
  lhs_of_.first.assign(rhs_type.num_entities() + 1, 0);
  for_each_edge([&](std::uint64_t lhs, std::uint64_t rhs) {
    ++rhs_of_.first[lhs + 1];
    ++lhs_of_.first[rhs + 1];
  });
  for (Lists* lists : {&rhs_of_, &lhs_of_}) {
    std::partial_sum(lists->first.begin(), lists->first.end(), lists->first.begin());
    lists->ends.resize(lists->first.back());
  }
  std::vector<std::uint64_t> next_rhs = rhs_of_.first, next_lhs = lhs_of_.first;
  for_each_edge([&](std::uint64_t lhs, std::uint64_t rhs) {
    rhs_of_.ends[next_rhs[lhs]++] = static_cast<std::uint32_t>(rhs);
    lhs_of_.ends[next_lhs[rhs]++] = static_cast<std::uint32_t>(lhs);
  });
}

std::size_t CoNeighbors::num_sharing(EntityId query, std::span<const EntityId> others) const {
  std::vector<std::uint32_t> reached;
  for (const std::uint32_t lhs : lhs_of_.of(place(query))) {
    const auto ends = rhs_of_.of(lhs);
    reached.insert(reached.end(), ends.begin(), ends.end());
  }
  std::sort(reached.begin(), reached.end());
  return static_cast<std::size_t>(std::count_if(others.begin(), others.end(), [&](EntityId other) {
    return other != query && std::binary_search(reached.begin(), reached.end(), place(other));
  }));
}

std::uint64_t CoNeighbors::degree(EntityId rhs) const { return lhs_of_.of(place(rhs)).size(); }

std::vector<EntityId> CoNeighbors::most_popular(std::size_t count) const {
  std::vector<EntityId> all;
  for (std::uint32_t p = 0; p + 1 < first_place_.size(); ++p) {
    const std::uint64_t size = first_place_[p + 1] - first_place_[p];
    for (std::uint32_t row = 0; row < size; ++row) all.push_back({p, row});
  }
  count = std::min(count, all.size());
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(all.begin(), middle, all.end(), [&](EntityId a, EntityId b) {
    const std::uint64_t left = degree(a), right = degree(b);
    return left != right ? left > right : place(a) < place(b);
  });
  all.resize(count);
  return all;
}

}  // namespace twhin
