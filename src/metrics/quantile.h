// metrics/quantile.h -- quantile groups of any ordered values: equation (1) of groups.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace twhin::metrics {

/// Places 0 .. n-1 in the order of `less` on the values; equal values keep their order.
template <class T, class Less>
std::vector<std::size_t> sorted_places(std::span<const T> values, Less less) {
  std::vector<std::size_t> places(values.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::stable_sort(places.begin(), places.end(),
                   [&](std::size_t a, std::size_t b) { return less(values[a], values[b]); });
  return places;
}

/// The group of each value. Requires num_groups in [1, 2^31] and values without NaN.
template <class T>
std::vector<std::uint32_t> quantile_groups(std::span<const T> values, std::size_t num_groups) {
  const auto places = sorted_places(values, [](const T& a, const T& b) { return a < b; });
  std::vector<std::uint32_t> group(values.size());
  for (std::size_t begin = 0, end = 0; begin < places.size(); begin = end) {
    while (end < places.size() && !(values[places[begin]] < values[places[end]])) ++end;
    // l + e/2 = (begin + end) / 2, below n, so the quotient is below num_groups. 128 bits, because
    // a product of two counts need not fit in 64.
    const auto doubled = static_cast<unsigned __int128>(begin + end) * num_groups;
    const auto of_run = static_cast<std::uint32_t>(doubled / (2 * values.size()));
    for (std::size_t i = begin; i < end; ++i) group[places[i]] = of_run;
  }
  return group;
}

}  // namespace twhin::metrics
