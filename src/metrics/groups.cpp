#include "twhin/metrics/groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "metrics/quantile.h"
#include "twhin/base/error.h"

namespace twhin::metrics {
namespace {

Groups describe(std::span<const std::int64_t> values, std::vector<std::uint32_t> of_value,
                std::size_t num_groups) {
  Groups out{std::move(of_value), std::vector<Groups::Group>(num_groups)};
  for (std::size_t i = 0; i < values.size(); ++i) {
    Groups::Group& group = out.groups[out.of_value[i]];
    group.smallest = group.size == 0 ? values[i] : std::min(group.smallest, values[i]);
    group.largest = group.size == 0 ? values[i] : std::max(group.largest, values[i]);
    ++group.size;
  }
  return out;
}

}  // namespace

Groups groups_by_quantile(std::span<const std::int64_t> values, std::size_t num_groups) {
  constexpr std::size_t kMostGroups = std::size_t{1} << 31;
  if (num_groups == 0 || num_groups > kMostGroups) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.num_groups")
        .what("the number of groups is out of range")
        .found(fmt::format("{}", num_groups))
        .expected(fmt::format("1 to {}", kMostGroups))
        .build();
  }
  return describe(values, quantile_groups(values, num_groups), num_groups);
}

Groups groups_by_bounds(std::span<const std::int64_t> values,
                        std::span<const std::int64_t> bounds) {
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    if (bounds[i] > bounds[i - 1]) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.bounds_order")
        .what("the bounds of the groups do not ascend")
        .found(fmt::format("{} after {}", bounds[i], bounds[i - 1]))
        .build();
  }
  std::vector<std::uint32_t> of_value(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto above = std::upper_bound(bounds.begin(), bounds.end(), values[i]);
    of_value[i] = static_cast<std::uint32_t>(above - bounds.begin());
  }
  return describe(values, std::move(of_value), bounds.size() + 1);
}

}  // namespace twhin::metrics
