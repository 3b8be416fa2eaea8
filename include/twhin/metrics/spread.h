// twhin/metrics/spread.h -- mean and quantiles of numbers that pass by once and are not kept.
//
// Counts are kept in bins of equal ratio: a bin holds the numbers whose upper 16 bits as a float
// are alike, so its ends differ by at most 2^-7 of themselves, and a quantile, its middle, is off
// by at most 2^-8 (0.4 %). Numbers below the smallest normal float count as 0. Mean, smallest and
// largest are those of the numbers themselves.
//
// Memory    1 KiB for each power of two that occurs, 2 KiB besides, however many numbers pass.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

namespace twhin::metrics {

class Spread {
 public:
  /// Requires x >= 0, finite.
  void add(float x);
  /// As if what the other was given had been added; the sums are added as they are.
  void merge(const Spread& other);

  std::uint64_t count() const { return count_; }
  double mean() const { return sum_ / static_cast<double>(count_); }  ///< NaN if there is nothing
  double smallest() const { return count_ > 0 ? smallest_ : kNone; }
  double largest() const { return count_ > 0 ? largest_ : kNone; }
  /// The number at place q (count - 1) in ascending order, rounded to a place, within 2^-8 of
  /// itself; NaN if there is nothing. Requires 0 <= q <= 1.
  double quantile(double q) const;

 private:
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  static constexpr std::size_t kBins = 128;  // of a power of two
  using Page = std::array<std::uint64_t, kBins>;

  std::array<std::unique_ptr<Page>, 256> pages_;  // by the exponent's bits
  std::uint64_t count_ = 0;
  double sum_ = 0.0, smallest_ = 0.0, largest_ = 0.0;
};

}  // namespace twhin::metrics
