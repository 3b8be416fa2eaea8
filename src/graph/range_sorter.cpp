#include "graph/range_sorter.h"

#include <algorithm>
#include <array>
#include <bit>

namespace twhin {
namespace {

using Key = std::array<std::uint64_t, 4>;
enum KeyWord : std::size_t { kLhsHash, kRhsHash, kTime, kWeight, kNoWord };

// Ascending as unsigned words.
Key key_of(const EdgeColumns& rows, std::size_t i) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  return {rows.lhs[i], rows.rhs[i],
          rows.timestamp.empty() ? 0 : static_cast<std::uint64_t>(rows.timestamp[i]) ^ kSign,
          rows.weight.empty() ? 0 : std::bit_cast<std::uint32_t>(rows.weight[i])};
}

/// The first bits in which keys differ; word kNoWord if they are equal.
struct FirstBits {
  std::size_t word = kNoWord;
  unsigned shift = 0;

  std::size_t operator()(const Key& key) const {
    return key[word] >> shift & ((std::size_t{1} << RangeSorter::kLog2FanOut) - 1);
  }
};

FirstBits first_bits(const EdgeStore& store, std::size_t range) {
  Key some{}, all;
  all.fill(~std::uint64_t{0});
  store.for_each_page(range, [&](const EdgeColumns& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Key key = key_of(rows, i);
      for (std::size_t w = 0; w < key.size(); ++w) {
        some[w] |= key[w];
        all[w] &= key[w];
      }
    }
  });
  for (std::size_t w = 0; w < some.size(); ++w) {
    const auto width = static_cast<unsigned>(std::bit_width(some[w] ^ all[w]));
    if (width == 0) continue;
    return {w, width > RangeSorter::kLog2FanOut ? width - RangeSorter::kLog2FanOut : 0};
  }
  return {};
}

template <class Body>
void for_each_page(EdgeStore& store, std::size_t range, bool take, Body&& body) {
  if (take) {
    store.take_each_page(range, body);
  } else {
    store.for_each_page(range, body);
  }
}

void add_row(EdgeStore::Writer& writer, std::size_t range, const EdgeColumns& rows, std::size_t i) {
  writer.add_to(range, rows.lhs[i], rows.rhs[i], rows.tag[i],
                rows.weight.empty() ? 1.0f : rows.weight[i],
                rows.timestamp.empty() ? 0 : rows.timestamp[i]);
}

void divide(EdgeStore& store, std::size_t range, bool take, const FirstBits& bits,
            EdgeStore& parts) {
  EdgeStore::Writer writer(parts);
  for_each_page(store, range, take, [&](const EdgeColumns& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) add_row(writer, bits(key_of(rows, i)), rows, i);
  });
  writer.flush();
}

/// 64-bit words that may be too many for memory, one of which is looked for by its rank.
class WordStore {
 public:
  explicit WordStore(Spill& spill) : spill_(spill) {}

  void add(const std::vector<std::uint64_t>& words) {
    Bytes8 data = allocate_bytes(words.size() * sizeof(std::uint64_t));
    std::copy(words.begin(), words.end(), reinterpret_cast<std::uint64_t*>(data.get()));
    chunks_.push_back(spill_.put(std::move(data), words.size() * sizeof(std::uint64_t)));
    size_ += words.size();
  }
  std::uint64_t size() const { return size_; }

  /// The word that `rank` others come before: 16 bits of it in each pass.
  std::uint64_t nth(std::uint64_t rank) const {
    std::uint64_t prefix = 0;
    for (int shift = 48; shift >= 0; shift -= 16) {
      std::vector<std::uint64_t> counts(1 << 16);
      const std::uint64_t fixed = shift == 48 ? 0 : ~std::uint64_t{0} << (shift + 16);
      for_each([&](std::uint64_t word) {
        if ((word & fixed) == prefix) ++counts[word >> shift & 0xffff];
      });
      std::uint64_t digit = 0;
      while (rank >= counts[digit]) rank -= counts[digit++];
      prefix |= digit << shift;
    }
    return prefix;
  }

  void clear() {
    for (Blob& chunk : chunks_) spill_.drop(std::move(chunk));
    chunks_.clear();
  }

 private:
  template <class Body>
  void for_each(Body&& body) const {
    std::vector<std::uint64_t> words;
    for (const Blob& chunk : chunks_) {
      words.resize(chunk.size / sizeof(std::uint64_t));
      spill_.read(chunk, 0, words.data(), chunk.size);
      for (const std::uint64_t word : words) body(word);
    }
  }

  Spill& spill_;
  std::vector<Blob> chunks_;
  std::uint64_t size_ = 0;
};

}  // namespace

EdgeStore RangeSorter::new_store(const EdgeStore& like, unsigned log2_ranges) const {
  return EdgeStore(like.layout(), log2_ranges, limits_.page_bytes, spill_);
}

void RangeSorter::sort(EdgeStore& store, std::size_t range, bool take, const Emit& emit) const {
  visit(store, range, take, nullptr, [&](SortedEdges&& edges, const Cuts* cuts) {
    const LhsCut* cut = nullptr;
    if (cuts != nullptr && edges.split == 0) {
      const auto found = cuts->find(edges.relation);
      if (found != cuts->end()) cut = &found->second;
    }
    auto splits =
        splitter_.assign(edges, name_of_(edges.relation), relations_[edges.relation], cut);
    emit(std::move(edges), std::move(splits));
  });
}

void RangeSorter::sort_rows(EdgeColumns&& rows, const Cuts* cuts, const EmitEdges& emit) const {
  sort_range(std::move(rows), relations_,
             [&](SortedEdges&& edges) { emit(std::move(edges), cuts); });
}

void RangeSorter::visit(EdgeStore& store, std::size_t range, bool take, const Cuts* cuts,
                        const EmitEdges& emit) const {
  if (store.size(range) <= limits_.rows) {
    return sort_rows(take ? store.take(range) : store.read(range), cuts, emit);
  }
  const FirstBits bits = first_bits(store, range);
  if (bits.word > kRhsHash) return visit_pair(store, range, take, cuts, emit);
  Cuts of_lhs;
  if (bits.word == kRhsHash && cuts == nullptr && splitter_.by_lhs()) {
    of_lhs = find_cuts(store, range);
    cuts = &of_lhs;
  }
  EdgeStore parts = new_store(store, kLog2FanOut);
  divide(store, range, take, bits, parts);
  for (std::size_t p = 0; p < parts.num_ranges(); ++p) visit(parts, p, true, cuts, emit);
}

// All rows join the same two ends.
void RangeSorter::visit_pair(EdgeStore& store, std::size_t range, bool take, const Cuts* cuts,
                             const EmitEdges& emit) const {
  Cuts of_lhs;
  if (cuts == nullptr && splitter_.by_lhs()) {
    of_lhs = find_cuts(store, range);
    cuts = &of_lhs;
  }
  EdgeStore kept = new_store(store, 0);
  EdgeStore::Writer writer(kept);
  std::map<std::uint32_t, PairMerger> merged;  // by tag
  for_each_page(store, range, take, [&](const EdgeColumns& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const SortedRelation& relation = relations_[EdgeTag::relation(rows.tag[i])];
      if (relation.duplicates == DuplicatePolicy::keep) {
        add_row(writer, 0, rows, i);
        continue;
      }
      merged.try_emplace(rows.tag[i], relation)
          .first->second.add(rows.lhs[i], rows.rhs[i], rows.weight.empty() ? 1.0f : rows.weight[i],
                             rows.timestamp.empty() ? 0 : rows.timestamp[i]);
    }
  });
  writer.flush();
  for (const auto& [tag, pair] : merged) emit(pair.finish(tag), cuts);
  visit_kept(kept, 0, cuts, emit);
}

// The same, and duplicates are kept.
void RangeSorter::visit_kept(EdgeStore& store, std::size_t range, const Cuts* cuts,
                             const EmitEdges& emit) const {
  if (store.size(range) <= limits_.rows) return sort_rows(store.take(range), cuts, emit);
  const FirstBits bits = first_bits(store, range);
  if (bits.word != kNoWord) {
    EdgeStore parts = new_store(store, kLog2FanOut);
    divide(store, range, true, bits, parts);
    for (std::size_t p = 0; p < parts.num_ranges(); ++p) visit_kept(parts, p, cuts, emit);
    return;
  }
  // Rows without any difference but their tags: in whatever order they come.
  EdgeStore parts = new_store(store, 0);
  const auto sort_some = [&] { sort_rows(parts.take(0), cuts, emit); };
  store.take_each_page(range, [&](const EdgeColumns& rows) {
    EdgeStore::Writer writer(parts);
    for (std::size_t i = 0; i < rows.size(); ++i) add_row(writer, 0, rows, i);
    writer.flush();
    if (parts.size(0) + rows.size() > limits_.rows) sort_some();
  });
  sort_some();
}

// All rows have one lhs: what of its edges is held out depends on all of them.
RangeSorter::Cuts RangeSorter::find_cuts(EdgeStore& store, std::size_t range) const {
  std::map<std::uint32_t, WordStore> words;
  const Cuts none;
  visit(store, range, false, &none, [&](SortedEdges&& edges, const Cuts*) {
    const SortedRelation& relation = relations_[edges.relation];
    if (edges.split != 0 || !relation.is_split || edges.size() == 0) return;
    words.try_emplace(edges.relation, spill_)
        .first->second.add(splitter_.words(edges, name_of_(edges.relation), relation));
  });
  Cuts cuts;
  for (auto& [relation, all] : words) {
    cuts[relation] =
        splitter_.lhs_cut(all.size(), [&all = all](std::uint64_t k) { return all.nth(k); });
    all.clear();
  }
  return cuts;
}

}  // namespace twhin
