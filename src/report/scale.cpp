#include "report/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "twhin/base/error.h"

namespace twhin::report {
namespace {

// Differences of values up to here do not overflow; no chart needs more.
constexpr double kLargest = 1e300;
// Ends nearer to each other than this, relative to their size, count as equal: ticks between them
// could not be told apart in a double.
constexpr double kSameEnds = 1e-9;
constexpr double kPadding = 0.03;
// Room for a tick along the axis, in the page's units: labels of a horizontal axis stand side by
// side. Vertical axes run upwards, from large to small.
constexpr double kTickHeight = 42.0, kTickWidth = 64.0;

struct Range {
  double low, high;
};

void check_forced(const Axis& axis) {
  const auto is_bad = [&](const std::optional<double>& end) {
    return end && !Extent(axis.logarithmic).shows(*end);
  };
  const bool in_order = !axis.low || !axis.high || *axis.low < *axis.high;
  if (!is_bad(axis.low) && !is_bad(axis.high) && in_order) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "report.axis")
      .what("the ends of a chart's axis cannot be drawn")
      .at(axis.title)
      .found(fmt::format("{} to {}", axis.low ? fmt::to_string(*axis.low) : "automatic",
                         axis.high ? fmt::to_string(*axis.high) : "automatic"))
      .expected(axis.logarithmic ? "ascending numbers above zero" : "ascending finite numbers")
      .build();
}

/// Makes low < high by moving the ends that are not forced.
Range widened(Range range, const Axis& axis) {
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  if (range.high - range.low > kSameEnds * size) return range;
  const double linear_step = size == 0.0 ? 1.0 : 0.1 * size;
  const bool keeps_zero = axis.from_zero && size == 0.0;
  if (!axis.high) range.high = axis.logarithmic ? range.low * 3.0 : range.low + linear_step;
  if (!axis.low && !keeps_zero) {
    range.low = axis.logarithmic ? range.low / 3.0 : range.low - linear_step;
  }
  // Data that all lie beyond one forced end; or two forced ends that are all but equal.
  if (range.high <= range.low)
    range.high = axis.logarithmic ? range.low * 10.0 : range.low + linear_step;
  return range;
}

Range wanted_range(const Axis& axis, const Extent& data) {
  Range range = axis.logarithmic ? Range{1.0, 10.0} : Range{0.0, 1.0};
  if (!data.empty()) range = {data.low(), data.high()};
  if (axis.from_zero && !axis.logarithmic) {
    range = {std::min(range.low, 0.0), std::max(range.high, 0.0)};
  }
  if (axis.low) range = {*axis.low, std::max(*axis.low, range.high)};
  if (axis.high) range = {std::min(*axis.high, range.low), *axis.high};
  return widened(range, axis);
}

}  // namespace

bool Extent::shows(double value) const {
  return std::abs(value) <= kLargest && (!logarithmic_ || value > 0.0);  // false for NaN
}

void Extent::add(double value) {
  if (!shows(value)) return;
  low_ = empty_ ? value : std::min(low_, value);
  high_ = empty_ ? value : std::max(high_, value);
  empty_ = false;
}

double nice_step(double low, double high, int most, NumberFormat::Kind kind) {
  const double raw = (high - low) / most;
  if (kind == NumberFormat::Kind::seconds && raw > 0.5) {
    static constexpr std::array<double, 18> kRound = {
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
    const auto found = std::lower_bound(kRound.begin(), kRound.end(), raw * (1.0 - kSameEnds));
    if (found != kRound.end()) return *found;
    return 86400.0 * nice_step(0.0, raw / 86400.0, 1, NumberFormat::Kind::plain);
  }
  if (kind == NumberFormat::Kind::bytes && raw > 0.5) {
    return std::exp2(std::ceil(std::log2(raw) - kSameEnds));
  }
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * (1.0 - kSameEnds)) return factor * power;
  }
  return 10.0 * power;
}

std::vector<double> multiples(double low, double high, double step) {
  std::vector<double> out;
  const double first = std::ceil(low / step - kSameEnds);
  const double last = std::floor(high / step + kSameEnds);
  for (double k = first; k <= last; k += 1.0) out.push_back(k == 0.0 ? 0.0 : k * step);
  return out;
}

Ticks log_ticks(double low, double high, int most) {
  const auto first = static_cast<int>(std::ceil(std::log10(low) - kSameEnds));
  const auto last = static_cast<int>(std::floor(std::log10(high) + kSameEnds));
  std::vector<double> out;
  if (last - first + 1 >= 3) {
    const int stride = (last - first) / std::max(1, most) + 1;
    for (int power = first; power <= last; ++power) {
      if (power % stride == 0) out.push_back(std::pow(10.0, power));
    }
    return {out, 0.0};
  }
  for (int power = first - 1; power <= last; ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10.0, power);
      if (value >= low * (1.0 - kSameEnds) && value <= high * (1.0 + kSameEnds))
        out.push_back(value);
    }
  }
  if (out.size() >= 2) return {out, 0.0};
  const double step = nice_step(low, high, most, NumberFormat::Kind::plain);
  return {multiples(low, high, step), step};
}

std::string tick_label(double value, double step, double largest, const NumberFormat& format) {
  NumberFormat shown{format.kind, -1, {}};
  if (value == 0.0 && step == 0.0) return format_number(value, shown);
  if (format.kind == NumberFormat::Kind::bytes || format.kind == NumberFormat::Kind::seconds) {
    return format_number(value, shown);
  }
  const double factor = format.kind == NumberFormat::Kind::percent ? 100.0 : 1.0;
  if (step == 0.0) largest = std::abs(value);  // each tick for itself
  const double size = factor * largest;
  double unit = 1.0;
  std::string suffix;
  if (size >= 1e15 || size < 1e-3) {
    const double power = std::floor(std::log10(size));
    if (step == 0.0) return format_number(value, shown);
    unit = std::pow(10.0, power);
    suffix = "\u00b710" + superscript(static_cast<int>(power));
  } else if (size >= 1e6) {
    unit = size >= 1e12 ? 1e12 : size >= 1e9 ? 1e9 : 1e6;
    suffix = size >= 1e12 ? "T" : size >= 1e9 ? "G" : "M";
  }
  if (step != 0.0) {
    // 1e-6: a step of 0.1 must not be taken for 0.0999.
    const double digits = -std::floor(std::log10(step * factor / unit) + 1e-6);
    shown.decimals = std::max(0, static_cast<int>(digits));
  }
  shown.kind = NumberFormat::Kind::plain;  // the suffix comes before the per cent sign
  std::string label = format_number(value * factor / unit, shown);
  if (value != 0.0) label += suffix;
  return factor == 1.0 ? label : label + "\u202f%";
}

Scale::Scale(const Axis& axis, const Extent& data, Ends ends, double from, double to)
    : logarithmic_(axis.logarithmic), from_(from), to_(to) {
  check_forced(axis);
  Range range = wanted_range(axis, data);
  const double room = from > to ? kTickHeight : kTickWidth;
  const int most = std::max(2, static_cast<int>(std::abs(to - from) / room));
  double step = 0.0;
  if (ends == Ends::padded) {
    const double low = logarithmic_ ? std::log10(range.low) : range.low;
    const double high = logarithmic_ ? std::log10(range.high) : range.high;
    const double pad = kPadding * (high - low);
    if (!axis.low) range.low = logarithmic_ ? std::pow(10.0, low - pad) : low - pad;
    if (!axis.high) range.high = logarithmic_ ? std::pow(10.0, high + pad) : high + pad;
  }
  if (!logarithmic_) step = nice_step(range.low, range.high, most, axis.format.kind);
  if (ends == Ends::ticks && !logarithmic_) {
    if (!axis.low) range.low = std::floor(range.low / step + kSameEnds) * step;
    if (!axis.high) range.high = std::ceil(range.high / step - kSameEnds) * step;
  }
  low_ = range.low;
  high_ = range.high;

  const Ticks ticks =
      logarithmic_ ? log_ticks(low_, high_, most) : Ticks{multiples(low_, high_, step), step};
  const double largest = std::max(std::abs(low_), std::abs(high_));
  for (const double value : ticks.values) {
    const double power = ticks.step == 0.0 ? std::log10(value) : 0.0;
    const bool is_major = std::abs(power - std::round(power)) < kSameEnds;
    ticks_.push_back({value, tick_label(value, ticks.step, largest, axis.format), is_major});
  }
}

double Scale::operator()(double value) const {
  const double part =
      logarithmic_ ? (std::log10(value) - std::log10(low_)) / (std::log10(high_) - std::log10(low_))
                   : (value - low_) / (high_ - low_);
  return from_ + part * (to_ - from_);
}

bool Scale::holds(double value) const {
  if (!Extent(logarithmic_).shows(value)) return false;
  const double slack = kSameEnds * (high_ - low_);  // a tick at an end, after rounding
  return value >= low_ - slack && value <= high_ + slack;
}

Scale Scale::moved(double from, double to) const {
  Scale out = *this;
  out.from_ = from;
  out.to_ = to;
  return out;
}

}  // namespace twhin::report
