#include "twhin/metrics/spread.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace twhin::metrics {
namespace {

constexpr unsigned kBinBits = 7;  // of the mantissa
constexpr unsigned kDroppedBits = 23 - kBinBits;

}  // namespace

void Spread::add(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x) >> kDroppedBits;
  std::size_t page = bits >> kBinBits, bin = bits & (kBins - 1);
  if (page == 0) bin = 0;  // subnormal
  if (!pages_[page]) pages_[page] = std::make_unique<Page>();
  ++(*pages_[page])[bin];
  smallest_ = count_ == 0 ? x : std::min<double>(smallest_, x);
  largest_ = count_ == 0 ? x : std::max<double>(largest_, x);
  sum_ += x;
  ++count_;
}

void Spread::merge(const Spread& other) {
  if (other.count_ == 0) return;
  for (std::size_t page = 0; page < pages_.size(); ++page) {
    if (!other.pages_[page]) continue;
    if (!pages_[page]) pages_[page] = std::make_unique<Page>();
    for (std::size_t bin = 0; bin < kBins; ++bin)
      (*pages_[page])[bin] += (*other.pages_[page])[bin];
  }
  smallest_ = count_ == 0 ? other.smallest_ : std::min(smallest_, other.smallest_);
  largest_ = count_ == 0 ? other.largest_ : std::max(largest_, other.largest_);
  sum_ += other.sum_;
  count_ += other.count_;
}

double Spread::quantile(double q) const {
  if (count_ == 0) return kNone;
  const auto place = static_cast<std::uint64_t>(std::llround(q * static_cast<double>(count_ - 1)));
  std::uint64_t before = 0;
  for (std::uint32_t page = 0; page < pages_.size(); ++page) {
    if (!pages_[page]) continue;
    for (std::uint32_t bin = 0; bin < kBins; ++bin) {
      before += (*pages_[page])[bin];
      if (before <= place) continue;
      if (page == 0) return std::clamp(0.0, smallest_, largest_);
      const std::uint32_t bits = ((page << kBinBits) | bin) << kDroppedBits;
      const double low = std::bit_cast<float>(bits);
      const double width = std::ldexp(1.0, static_cast<int>(page) - 127 - int{kBinBits});
      return std::clamp(low + width / 2, smallest_, largest_);
    }
  }
  return largest_;
}

}  // namespace twhin::metrics
