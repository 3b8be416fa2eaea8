// twhin/storage/time_range.h -- the first and the last of some timestamps.
#pragma once

#include <algorithm>
#include <cstdint>

namespace twhin {

/// Whole numbers in the unit of their source; both ends are timestamps that occur.
struct TimeRange {
  std::int64_t first = 0, last = 0;

  /// The smallest range that holds both.
  TimeRange united(const TimeRange& other) const {
    return {std::min(first, other.first), std::max(last, other.last)};
  }
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

}  // namespace twhin
