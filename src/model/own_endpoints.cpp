#include "model/own_endpoints.h"

namespace twhin {
namespace {

/// Without a branch in the loop, so that it vectorises; matches are rare.
bool contains(std::span<const std::uint32_t> ids, std::uint32_t id) {
  std::uint32_t found = 0;
  for (const std::uint32_t other : ids) found |= other == id ? 1u : 0u;
  return found != 0;
}

}  // namespace

bool is_own_endpoint(const kernel::GroupShape& shape, std::span<const std::uint32_t> lhs_ids,
                     std::span<const std::uint32_t> rhs_ids, kernel::MaskedEntry entry) {
  const std::size_t p = shape.num_positives;
  const auto [source, target] = entry;
  return (source < p && rhs_ids[target] == rhs_ids[source]) ||
         (target < p && lhs_ids[source] == lhs_ids[target]);
}

void find_own_endpoints(const kernel::GroupShape& shape, std::span<const std::uint32_t> lhs_ids,
                        std::span<const std::uint32_t> rhs_ids,
                        std::vector<kernel::MaskedEntry>& out) {
  const std::size_t p = shape.num_positives;
  const auto lhs = lhs_ids.first(p), rhs = rhs_ids.first(p);
  const auto lhs_uniform = lhs_ids.subspan(p), rhs_uniform = rhs_ids.subspan(p);
  for (std::uint32_t i = 0; i < p; ++i) {
    if (shape.batch_negatives &&
        (contains(lhs.first(i), lhs[i]) || contains(rhs.first(i), rhs[i]) ||
         contains(lhs.subspan(i + 1), lhs[i]) || contains(rhs.subspan(i + 1), rhs[i]))) {
      for (std::uint32_t j = 0; j < p; ++j) {
        if (j != i && (lhs[j] == lhs[i] || rhs[j] == rhs[i])) out.push_back({i, j});
      }
    }
    if (contains(rhs_uniform, rhs[i])) {
      for (std::uint32_t k = 0; k < rhs_uniform.size(); ++k) {
        if (rhs_uniform[k] == rhs[i]) out.push_back({i, static_cast<std::uint32_t>(p + k)});
      }
    }
  }
  for (std::uint32_t k = 0; k < lhs_uniform.size(); ++k) {
    if (!contains(lhs, lhs_uniform[k])) continue;
    for (std::uint32_t j = 0; j < p; ++j) {
      if (lhs[j] == lhs_uniform[k]) out.push_back({static_cast<std::uint32_t>(p + k), j});
    }
  }
}

}  // namespace twhin
