#include "graph/edge_sorter.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "graph/radix_sort.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

/// A row on its way through the sort: its key, and where its weight and timestamp are.
struct Item {
  std::uint64_t key;
  std::uint32_t row;
};

// Brings rows of equal tags together; returns where each tag's rows begin and end.
struct Group {
  std::uint32_t tag = 0;
  std::size_t begin = 0, end = 0;
};

template <class T>
void scatter(std::vector<T>& values, const std::vector<std::uint32_t>& target) {
  if (values.empty()) return;
  std::vector<T> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) out[target[i]] = values[i];
  values.swap(out);
}

std::vector<Group> group_by_tag(EdgeColumns& rows) {
  const auto [low, high] = std::minmax_element(rows.tag.begin(), rows.tag.end());
  if (*low == *high) return {{*low, 0, rows.size()}};
  std::vector<std::uint32_t> tags = rows.tag;
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  const auto index_of = [&](std::uint32_t tag) {
    return static_cast<std::size_t>(std::lower_bound(tags.begin(), tags.end(), tag) - tags.begin());
  };
  std::vector<Group> groups(tags.size());
  std::vector<std::uint32_t> target(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    target[i] = static_cast<std::uint32_t>(index_of(rows.tag[i]));
    ++groups[target[i]].end;
  }
  std::size_t sum = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    groups[g].tag = tags[g];
    groups[g].begin = sum;
    sum += groups[g].end;
    groups[g].end = groups[g].begin;  // grows to the end while rows are given their places
  }
  for (std::uint32_t& t : target) t = static_cast<std::uint32_t>(groups[t].end++);
  scatter(rows.lhs, target);
  scatter(rows.rhs, target);
  scatter(rows.weight, target);
  scatter(rows.timestamp, target);
  return groups;
}

[[noreturn]] void fail_missing() {
  throw ErrorBuilder(ErrorKind::internal, "graph.missing_name")
      .what("a row names an entity that is not in the vocabulary")
      .build();
}

// The weight, unless it is none.
float finite(float weight) {
  if (std::isfinite(weight)) return weight;
  throw ErrorBuilder(ErrorKind::invalid_argument, "graph.weight_overflow")
      .what("the weights of some rows are more than a float can hold")
      .hint(
          "scale the weights down, e.g. with `transform: log1p`; a row later than `import.now` "
          "gains weight with its distance")
      .build();
}

/// Sorts and merges the rows [begin, end) of one relation.
class GroupSorter {
 public:
  GroupSorter(const EdgeColumns& rows, const Group& group, const SortedRelation& relation)
      : rows_(rows), group_(group), relation_(relation) {}

  SortedEdges run() {
    edges_.relation = EdgeTag::relation(group_.tag);
    edges_.split = EdgeTag::split(group_.tag);
    make_keys();
    if (has_payload()) {
      std::vector<Item> scratch;
      radix_sort(items_, scratch, key_bits_, [](const Item& item) { return item.key; });
    } else {
      std::vector<std::uint64_t> scratch;
      radix_sort(keys_, scratch, key_bits_, [](std::uint64_t key) { return key; });
    }
    merge();
    return std::move(edges_);
  }

 private:
  bool has_payload() const { return !rows_.weight.empty() || relation_.timestamps; }
  std::size_t size() const { return has_payload() ? items_.size() : keys_.size(); }

  // key = (rank of lhs - the lowest of them) << bits of a rhs rank | rank of rhs
  void make_keys() {
    const std::size_t n = edges_.num_rows = group_.end - group_.begin;
    std::vector<std::uint64_t> lhs(n), rhs(n);
    relation_.lhs->find({rows_.lhs.data() + group_.begin, n}, lhs);
    relation_.rhs->find({rows_.rhs.data() + group_.begin, n}, rhs);
    std::uint64_t lowest = HashIndex::kMissing, highest = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (lhs[i] == HashIndex::kMissing || rhs[i] == HashIndex::kMissing) {
        if (!relation_.incomplete) fail_missing();
        lhs[i] = HashIndex::kMissing;
        ++edges_.num_filtered;
        continue;
      }
      lowest = std::min(lowest, lhs[i]);
      highest = std::max(highest, lhs[i]);
    }
    if (edges_.num_filtered == n) return;
    lowest_lhs_ = lowest;
    rhs_bits_ = static_cast<unsigned>(std::bit_width(relation_.rhs->size()));
    key_bits_ = static_cast<unsigned>(std::bit_width(highest - lowest)) + rhs_bits_;
    if (key_bits_ > 64) {
      throw ErrorBuilder(ErrorKind::internal, "graph.range_too_wide")
          .what("a range of the import has too many entities to be sorted")
          .build();
    }
    const bool payload = has_payload();
    payload ? items_.reserve(n) : keys_.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      if (lhs[i] == HashIndex::kMissing) continue;
      const std::uint64_t key = (lhs[i] - lowest) << rhs_bits_ | rhs[i];
      if (payload) {
        items_.push_back({key, static_cast<std::uint32_t>(i)});
      } else {
        keys_.push_back(key);
      }
    }
  }

  std::uint64_t key_at(std::size_t i) const { return has_payload() ? items_[i].key : keys_[i]; }
  float weight_of_row(std::size_t row) const {
    const float weight = rows_.weight.empty() ? 1.0f : rows_.weight[row];
    return relation_.half_life == 0.0 ? weight : relation_.aged(weight, rows_.timestamp[row]);
  }
  float weight_at(std::size_t i) const {
    return has_payload() ? weight_of_row(group_.begin + items_[i].row) : 1.0f;
  }
  std::int64_t timestamp_at(std::size_t i) const {
    return relation_.timestamps ? rows_.timestamp[group_.begin + items_[i].row] : 0;
  }

  // Goes through the runs of equal keys.
  void merge() {
    edges_.lhs.reserve(size());
    edges_.rhs.reserve(size());
    for (std::size_t begin = 0; begin < size();) {
      std::size_t end = begin + 1;
      while (end < size() && key_at(end) == key_at(begin)) ++end;
      if (end - begin > 1 && has_payload()) sort_run(begin, end);
      if (relation_.duplicates == DuplicatePolicy::keep) {
        for (std::size_t i = begin; i < end; ++i) add(i, weight_at(i));
      } else {
        edges_.num_duplicates += end - begin - 1;
        add(begin, relation_.duplicates == DuplicatePolicy::sum ? sum_of_weights(begin, end)
                                                                : weight_at(begin));
      }
      begin = end;
    }
  }

  void sort_run(std::size_t begin, std::size_t end) {
    const auto order = [&](const Item& item) {
      const std::size_t row = group_.begin + item.row;
      return std::pair(relation_.timestamps ? rows_.timestamp[row] : 0, weight_of_row(row));
    };
    std::sort(items_.begin() + static_cast<std::ptrdiff_t>(begin),
              items_.begin() + static_cast<std::ptrdiff_t>(end),
              [&](const Item& a, const Item& b) { return order(a) < order(b); });
  }

  // Exact, so that it does not depend on the order of the rows.
  float sum_of_weights(std::size_t begin, std::size_t end) {
    ExactSum sum;
    for (std::size_t i = begin; i < end; ++i) sum.add(finite(weight_at(i)));
    return sum.value();
  }

  void add(std::size_t i, float weight) {
    finite(weight);
    const std::uint64_t key = key_at(i);
    edges_.lhs.push_back(lowest_lhs_ + (rhs_bits_ == 64 ? 0 : key >> rhs_bits_));
    edges_.rhs.push_back(key & ((std::uint64_t{1} << rhs_bits_) - 1));
    if (relation_.timestamps) edges_.timestamp.push_back(timestamp_at(i));
    if (edges_.weight.empty()) {
      if (weight == 1.0f) return;
      edges_.weight.assign(edges_.size() - 1, 1.0f);
    }
    edges_.weight.push_back(weight);
  }

  const EdgeColumns& rows_;
  const Group& group_;
  const SortedRelation& relation_;
  std::uint64_t lowest_lhs_ = 0;
  unsigned rhs_bits_ = 0, key_bits_ = 0;
  std::vector<Item> items_;
  std::vector<std::uint64_t> keys_;
  SortedEdges edges_;
};

}  // namespace

float SortedRelation::aged(float weight, std::int64_t timestamp) const {
  if (half_life == 0.0) return weight;
  const double age = static_cast<double>(now) - static_cast<double>(timestamp);
  return static_cast<float>(weight * std::exp2(-age / half_life));
}

void PairMerger::add(std::uint64_t lhs, std::uint64_t rhs, float weight, std::int64_t timestamp) {
  lhs_ = lhs;
  rhs_ = rhs;
  const std::int64_t time = relation_->timestamps ? timestamp : 0;
  const float aged = relation_->aged(weight, timestamp);
  if (num_rows_++ == 0 || std::pair(time, aged) < std::pair(timestamp_, weight_)) {
    timestamp_ = time;
    weight_ = aged;
  }
  if (relation_->duplicates == DuplicatePolicy::sum) sum_.add(finite(aged));
}

SortedEdges PairMerger::finish(std::uint32_t tag) const {
  SortedEdges edges;
  edges.relation = EdgeTag::relation(tag);
  edges.split = EdgeTag::split(tag);
  edges.num_rows = num_rows_;
  std::uint64_t lhs = 0, rhs = 0;
  relation_->lhs->find({&lhs_, 1}, {&lhs, 1});
  relation_->rhs->find({&rhs_, 1}, {&rhs, 1});
  if (lhs == HashIndex::kMissing || rhs == HashIndex::kMissing) {
    if (!relation_->incomplete) fail_missing();
    edges.num_filtered = num_rows_;
    return edges;
  }
  edges.num_duplicates = num_rows_ - 1;
  edges.lhs = {lhs};
  edges.rhs = {rhs};
  const float weight =
      finite(relation_->duplicates == DuplicatePolicy::sum ? sum_.value() : weight_);
  if (weight != 1.0f) edges.weight = {weight};
  if (relation_->timestamps) edges.timestamp = {timestamp_};
  return edges;
}

void sort_range(EdgeColumns&& rows, const std::vector<SortedRelation>& relations,
                const std::function<void(SortedEdges&&)>& emit) {
  if (rows.size() == 0) return;
  const std::vector<Group> groups = group_by_tag(rows);
  for (const Group& group : groups) {
    emit(GroupSorter(rows, group, relations[EdgeTag::relation(group.tag)]).run());
  }
}

}  // namespace twhin
