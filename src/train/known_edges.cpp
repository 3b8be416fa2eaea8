#include "train/known_edges.h"

#include <algorithm>

namespace twhin::training {

KnownEdges::KnownEdges(const EdgeSpan& edges, std::uint32_t lhs_first, std::uint32_t rhs_first)
    : rhs_of_(index(edges.lhs, lhs_first, edges.rhs, rhs_first)),
      lhs_of_(index(edges.rhs, rhs_first, edges.lhs, lhs_first)) {}

KnownEdges::Index KnownEdges::index(std::span<const std::uint32_t> ends, std::uint32_t first_end,
                                    std::span<const std::uint32_t> others,
                                    std::uint32_t first_other) {
  std::vector<std::uint64_t> pairs(ends.size());
  for (std::size_t e = 0; e < ends.size(); ++e) {
    pairs[e] = (std::uint64_t{first_end + ends[e]} << 32) | (first_other + others[e]);
  }
  // Files of a fresh graph are ascending already, by lhs.
  if (!std::is_sorted(pairs.begin(), pairs.end())) std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  Index out;
  std::size_t num_ends = 0;
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    num_ends += k == 0 || pairs[k] >> 32 != pairs[k - 1] >> 32 ? 1 : 0;
  }
  out.ends.reserve(num_ends);
  out.first.reserve(num_ends + 1);
  out.others.reserve(pairs.size());
  for (const std::uint64_t pair : pairs) {
    const auto end = static_cast<std::uint32_t>(pair >> 32);
    if (out.ends.empty() || out.ends.back() != end) {
      out.ends.push_back(end);
      out.first.push_back(out.others.size());
    }
    out.others.push_back(static_cast<std::uint32_t>(pair));
  }
  out.first.push_back(out.others.size());
  return out;
}

std::span<const std::uint32_t> KnownEdges::others(Side wanted, std::uint32_t given) const {
  const Index& index = wanted == Side::rhs ? rhs_of_ : lhs_of_;
  const auto at = std::lower_bound(index.ends.begin(), index.ends.end(), given);
  if (at == index.ends.end() || *at != given) return {};
  const auto k = static_cast<std::size_t>(at - index.ends.begin());
  return std::span(index.others).subspan(index.first[k], index.first[k + 1] - index.first[k]);
}

std::uint64_t KnownEdges::memory_bytes(std::uint64_t num_edges, std::uint64_t num_lhs,
                                       std::uint64_t num_rhs) {
  const std::uint64_t ends = std::min(num_edges, num_lhs) + std::min(num_edges, num_rhs);
  return num_edges * (2 * sizeof(std::uint32_t) + sizeof(std::uint64_t)) +
         ends * (sizeof(std::uint32_t) + sizeof(std::uint64_t));
}

void KnownEdgeFinder::find(const KnownEdges& known, Side wanted,
                           std::span<const std::uint32_t> given, const Candidates& candidates,
                           std::vector<kernel::MaskedEntry>& out) {
  const auto num = static_cast<std::uint32_t>(given.size());
  const auto size = static_cast<std::uint32_t>(candidates.ids.size());
  places_.clear();
  for (std::uint32_t k = candidates.batch ? 0 : num; k < (candidates.all ? num : size); ++k) {
    places_.push_back({candidates.ids[k], k});
  }
  const auto by_id = [](const Place& place, std::uint32_t id) { return place.id < id; };
  std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
    return a.id != b.id ? a.id < b.id : a.column < b.column;
  });
  for (std::uint32_t i = 0; i < num; ++i) {
    const std::span<const std::uint32_t> others = known.others(wanted, given[i]);
    if (candidates.all) {
      for (const std::uint32_t id : others) out.push_back({i, num + (id - candidates.first)});
    }
    const auto add = [&](const Place& place) {
      if (place.column != i) out.push_back({i, place.column});
    };
    // The shorter list is walked, the longer one searched.
    if (others.size() < places_.size()) {
      auto at = places_.begin();
      for (const std::uint32_t id : others) {
        at = std::lower_bound(at, places_.end(), id, by_id);
        for (; at != places_.end() && at->id == id; ++at) add(*at);
      }
    } else {
      auto at = others.begin();
      for (const Place& place : places_) {
        at = std::lower_bound(at, others.end(), place.id);
        if (at == others.end()) break;
        if (*at == place.id) add(place);
      }
    }
  }
}

}  // namespace twhin::training
