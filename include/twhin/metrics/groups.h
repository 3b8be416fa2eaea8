// twhin/metrics/groups.h -- puts queries into groups by a number: degree deciles, time slices.
//
// By quantile: with n values, of which l(v) are less than v and e(v) equal to it,
//
//     group(v) = floor( G * (l(v) + e(v) / 2) / n )                            (1)
//
// Equal values stay together, so groups are as even as ties allow and some may be empty.
// By bounds: group i holds bounds[i-1] <= v < bounds[i]; the first and last are open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace twhin::metrics {

/// Which group each value fell into, and what each group holds.
struct Groups {
  struct Group {
    std::uint64_t size = 0;
    std::int64_t smallest = 0, largest = 0;  ///< of its values; meaningless if size is 0
  };
  std::vector<std::uint32_t> of_value;  ///< one a value, in the order given
  std::vector<Group> groups;
};

/// Equation (1). `values` are degrees, timestamps or other whole numbers.
///
/// Errors    invalid_argument "metrics.num_groups" if num_groups is 0 or above 2^31.
/// Cost      one sort of the values.
Groups groups_by_quantile(std::span<const std::int64_t> values, std::size_t num_groups = 10);

/// bounds.size() + 1 groups.
///
/// Errors    invalid_argument "metrics.bounds_order" unless bounds ascend strictly.
Groups groups_by_bounds(std::span<const std::int64_t> values, std::span<const std::int64_t> bounds);

}  // namespace twhin::metrics
