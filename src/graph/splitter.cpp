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
        const SortedRelation& relation = relations[EdgeTag::relation(page.tag[i])];
        if (relation.timestamps && relation.is_split) body(page.timestamp[i]);
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

void Splitter::assign_by_time(const SortedEdges& edges, std::vector<std::uint8_t>& splits) const {
  for (std::size_t i = 0; i < edges.timestamp.size(); ++i) {
    const std::int64_t time = edges.timestamp[i];
    if (time >= cut_.test_from && options_.test > 0.0) {
      splits[i] = kTest;
    } else if (time >= cut_.valid_from && options_.valid > 0.0) {
      splits[i] = kValid;
    }
  }
}

void Splitter::assign_random(const SortedEdges& edges, const std::vector<std::uint64_t>& words,
                             std::vector<std::uint8_t>& splits) const {
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const double u = static_cast<double>(words[i] >> 11) * 0x1.0p-53;
    if (u < options_.test) {
      splits[i] = kTest;
    } else if (u < options_.test + options_.valid) {
      splits[i] = kValid;
    }
  }
}

LhsCut Splitter::lhs_cut(std::uint64_t n,
                         const std::function<std::uint64_t(std::uint64_t)>& nth) const {
  LhsCut cut;
  if (n < options_.min_edges) return cut;
  const auto amount = [n](double wanted) {
    return static_cast<std::uint64_t>(
        wanted < 1.0 ? std::floor(wanted * static_cast<double>(n) + 0.5) : wanted);
  };
  const std::uint64_t test = std::min(amount(options_.test), n - 1);
  const std::uint64_t valid = std::min(amount(options_.valid), n - 1 - test);
  if (test > 0) cut.test = nth(test - 1);
  if (valid > 0) cut.valid = nth(test + valid - 1);
  return cut;
}

namespace {

// Edges between the same ends have the same word and so the same split.
void apply(const LhsCut& cut, const std::vector<std::uint64_t>& words, std::size_t begin,
           std::size_t end, std::vector<std::uint8_t>& splits) {
  for (std::size_t i = begin; i < end; ++i) {
    if (cut.test && words[i] <= *cut.test) {
      splits[i] = kTest;
    } else if (cut.valid && words[i] <= *cut.valid) {
      splits[i] = kValid;
    }
  }
}

}  // namespace

void Splitter::assign_by_lhs(const SortedEdges& edges, const std::vector<std::uint64_t>& words,
                             std::vector<std::uint8_t>& splits) const {
  std::vector<std::uint64_t> of_lhs;
  for (std::size_t begin = 0; begin < edges.size();) {
    std::size_t end = begin + 1;
    while (end < edges.size() && edges.lhs[end] == edges.lhs[begin]) ++end;
    const auto nth = [&](std::uint64_t k) {
      of_lhs.assign(words.begin() + static_cast<std::ptrdiff_t>(begin),
                    words.begin() + static_cast<std::ptrdiff_t>(end));
      const auto at = of_lhs.begin() + static_cast<std::ptrdiff_t>(k);
      std::nth_element(of_lhs.begin(), at, of_lhs.end());
      return *at;
    };
    apply(lhs_cut(end - begin, nth), words, begin, end, splits);
    begin = end;
  }
}

std::vector<std::uint64_t> Splitter::words(const SortedEdges& edges, std::string_view relation_name,
                                           const SortedRelation& relation) const {
  const std::uint64_t key =
      Rng(options_.seed, RngPurpose::split, name_hash(relation_name).low).at(0);
  const bool with_time = options_.by == SplitBy::random && !edges.timestamp.empty() &&
                         relation.duplicates == DuplicatePolicy::keep;
  std::vector<std::uint64_t> words(edges.size());
  for (std::size_t i = 0; i < edges.size(); ++i) {
    // Frozen: it decides which edges were held out of a graph's training.
    words[i] =
        mix64(mix64(key ^ relation.lhs->hash(edges.lhs[i])) ^ relation.rhs->hash(edges.rhs[i]));
    if (with_time) words[i] = mix64(words[i] ^ static_cast<std::uint64_t>(edges.timestamp[i]));
  }
  return words;
}

std::vector<std::uint8_t> Splitter::assign(const SortedEdges& edges, std::string_view relation_name,
                                           const SortedRelation& relation,
                                           const LhsCut* cut) const {
  std::vector<std::uint8_t> splits(edges.size(), kTrain);
  if (edges.split != 0 || !options_.any() || !relation.is_split) return splits;
  if (options_.by == SplitBy::time) {
    assign_by_time(edges, splits);
    return splits;
  }
  const std::vector<std::uint64_t> words = this->words(edges, relation_name, relation);
  if (options_.by == SplitBy::random) {
    assign_random(edges, words, splits);
  } else if (cut != nullptr) {
    apply(*cut, words, 0, edges.size(), splits);
  } else {
    assign_by_lhs(edges, words, splits);
  }
  return splits;
}

}  // namespace twhin
