#include "model/own_endpoints.h"

#include <array>

namespace twhin {
namespace {

/// Which ids may have been added: never misses one, takes another for it once in thousands. Most
/// ids of a group occur once, and this is all that is asked of them.
class IdFilter {
 public:
  /// Returns whether the id may have been added before.
  bool add(std::uint32_t id) {
    const bool before = may_contain(id);
    words_[slot(id) / 64] |= std::uint64_t{1} << slot(id) % 64;
    return before;
  }
  bool may_contain(std::uint32_t id) const { return words_[slot(id) / 64] >> slot(id) % 64 & 1; }

 private:
  static constexpr unsigned kBits = 14;  // 2 KiB
  static std::uint32_t slot(std::uint32_t id) { return id * 0x9e3779b1u >> (32 - kBits); }

  std::array<std::uint64_t, (1u << kBits) / 64> words_{};
};

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
  IdFilter lhs_seen, rhs_seen;
  for (std::uint32_t i = 0; i < p; ++i) {
    const bool lhs_again = lhs_seen.add(lhs[i]), rhs_again = rhs_seen.add(rhs[i]);
    if (!shape.batch_negatives || !(lhs_again || rhs_again)) continue;
    for (std::uint32_t j = 0; j < i; ++j) {
      if (lhs[j] != lhs[i] && rhs[j] != rhs[i]) continue;
      out.push_back({i, j});
      out.push_back({j, i});
    }
  }
  for (auto k = static_cast<std::uint32_t>(p); k < rhs_ids.size(); ++k) {
    if (!rhs_seen.may_contain(rhs_ids[k])) continue;
    for (std::uint32_t i = 0; i < p; ++i) {
      if (rhs[i] == rhs_ids[k]) out.push_back({i, k});
    }
  }
  for (auto k = static_cast<std::uint32_t>(p); k < lhs_ids.size(); ++k) {
    if (!lhs_seen.may_contain(lhs_ids[k])) continue;
    for (std::uint32_t j = 0; j < p; ++j) {
      if (lhs[j] == lhs_ids[k]) out.push_back({k, j});
    }
  }
}

}  // namespace twhin
