// evaluate/id_lists.h -- a list of entities for each of many keys, in two arrays.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "model/layout.h"

namespace twhin {

/// List i is ids[first[i], first[i + 1]), ascending, without repetition.
class IdLists {
 public:
  IdLists() = default;

  /// `each(visit)` calls visit(list, id) for every entry, in any order and any number of times the
  /// same; it is called twice, to count and to place, and must say the same both times.
  template <class Each>
  static IdLists build(std::size_t num_lists, const Each& each);

  std::size_t size() const { return first_.empty() ? 0 : first_.size() - 1; }
  std::uint64_t num_ids() const { return ids_.size(); }
  std::span<const FlatId> operator[](std::size_t i) const {
    return {ids_.data() + first_[i], first_[i + 1] - first_[i]};
  }
  bool has(std::size_t i, FlatId id) const {
    const auto list = (*this)[i];
    return std::binary_search(list.begin(), list.end(), id);
  }

 private:
  /// Sorts the lists, whose ends are given, and closes the gaps that repetitions leave.
  void tidy(const std::vector<std::uint64_t>& ends);

  std::vector<std::uint64_t> first_;
  std::vector<FlatId> ids_;
};

template <class Each>
IdLists IdLists::build(std::size_t num_lists, const Each& each) {
  std::vector<std::uint64_t> end(num_lists + 1, 0);
  each([&](std::size_t list, FlatId) { ++end[list + 1]; });
  for (std::size_t i = 0; i < num_lists; ++i) end[i + 1] += end[i];
  IdLists out;
  out.ids_.resize(end.back());
  // end[i] moves from the beginning of list i to its end, which is the beginning of the next.
  each([&](std::size_t list, FlatId id) { out.ids_[end[list]++] = id; });
  out.tidy(end);
  return out;
}

}  // namespace twhin
