// twhin/metrics/unit_sum.h -- a sum of numbers in [0, 1] that does not depend on their order.
//
// Each number is rounded once to a multiple of 2^-62 and added in integers, so that threads may
// merge their sums in any order and a metric still has the same bits. The mean of n numbers is off
// by at most 2^-63 before it is rounded to a double.
#pragma once

#include <cstdint>

namespace twhin::metrics {

class UnitSum {
 public:
  /// Requires 0 <= x <= 1.
  void add(double x) { sum_ += static_cast<std::uint64_t>(x * kOne + 0.5); }
  void merge(const UnitSum& other) { sum_ += other.sum_; }
  double value() const { return static_cast<double>(sum_) / kOne; }
  /// value() / n; NaN if n is 0.
  double mean(std::uint64_t n) const { return value() / static_cast<double>(n); }

 private:
  static constexpr double kOne = 0x1.0p62;
  unsigned __int128 sum_ = 0;
};

}  // namespace twhin::metrics
