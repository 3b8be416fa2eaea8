#include "graph/splitter.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "twhin/base/checksum.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

// Calls body(timestamp) for every row that the cut divides.
template <class Body>
void for_each_time(const EdgeStore& store, const std::vector<SortedRelation>& relations,
                   Body&& body) {
  for (std::size_t range = 0; range < store.num_ranges(); ++range) {
    store.for_each_page(range, [&](const EdgeColumns& page) {
      for (std::size_t i = 0; i < page.size(); ++i) {
        if (EdgeTag::split(page.tag[i]) != 0) continue;
        if (relations[EdgeTag::relation(page.tag[i])].timestamps) body(page.timestamp[i]);
      }
    });
  }
}

// The timestamp that `rank` others come before in ascending order: 16 bits of it in each pass.
std::int64_t select_time(const EdgeStore& store, const std::vector<SortedRelation>& relations,
                         std::uint64_t rank) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;  // makes the order that of unsigned words
  std::uint64_t prefix = 0;
  for (int shift = 48; shift >= 0; shift -= 16) {
    std::vector<std::uint64_t> counts(1 << 16);
    const std::uint64_t fixed = shift == 48 ? 0 : ~std::uint64_t{0} << (shift + 16);
    for_each_time(store, relations, [&](std::int64_t time) {
      const std::uint64_t word = static_cast<std::uint64_t>(time) ^ kSign;
      if ((word & fixed) == prefix) ++counts[(word >> shift) & 0xffff];
    });
    std::uint64_t digit = 0;
    while (rank >= counts[digit]) rank -= counts[digit++];
    prefix |= digit << shift;
  }
  return static_cast<std::int64_t>(prefix ^ kSign);
}

}  // namespace

TimeCut find_time_cut(const EdgeStore& store, const std::vector<SortedRelation>& relations,
                      const SplitOptions& options) {
  std::uint64_t n = 0;
  if (store.layout().timestamps) for_each_time(store, relations, [&](std::int64_t) { ++n; });
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  TimeCut cut{kNever, kNever, n > 0};
  if (n == 0) return cut;
  const auto first_of = [&](double share) {
    const auto held_out = static_cast<std::uint64_t>(std::llround(share * static_cast<double>(n)));
    return held_out == 0 ? kNever : select_time(store, relations, n - std::min(held_out, n));
  };
  cut.test_from = first_of(options.test);
  cut.valid_from = options.valid > 0.0 ? first_of(options.valid + options.test) : cut.test_from;
  return cut;
}

std::vector<std::uint8_t> Splitter::assign(const SortedEdges& edges, std::string_view relation_name,
                                           const SortedRelation& relation) const {
  std::vector<std::uint8_t> splits(edges.size(), kTrain);
  if (options_.by == SplitBy::time) {
    if (edges.timestamp.empty()) return splits;
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const std::int64_t time = edges.timestamp[i];
      if (time >= cut_.test_from && options_.test > 0.0) {
        splits[i] = kTest;
      } else if (time >= cut_.valid_from && options_.valid > 0.0) {
        splits[i] = kValid;
      }
    }
    return splits;
  }
  if (options_.test + options_.valid <= 0.0) return splits;
  const std::uint64_t key =
      Rng(options_.seed, RngPurpose::split, name_hash(relation_name).low).at(0);
  const bool with_time = relation.duplicates == DuplicatePolicy::keep && !edges.timestamp.empty();
  for (std::size_t i = 0; i < edges.size(); ++i) {
    // Frozen: it decides which edges were held out of a graph's training.
    std::uint64_t word =
        mix64(mix64(key ^ relation.lhs->hash(edges.lhs[i])) ^ relation.rhs->hash(edges.rhs[i]));
    if (with_time) word = mix64(word ^ static_cast<std::uint64_t>(edges.timestamp[i]));
    const double u = static_cast<double>(word >> 11) * 0x1.0p-53;
    if (u < options_.test) {
      splits[i] = kTest;
    } else if (u < options_.test + options_.valid) {
      splits[i] = kValid;
    }
  }
  return splits;
}

}  // namespace twhin
