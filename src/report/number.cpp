#include "twhin/report/number.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace twhin::report {
namespace {

constexpr std::string_view kMinus = "\u2212";
constexpr std::string_view kNarrowSpace = "\u202f";  // does not break
constexpr std::string_view kUndefined = "\u2013";
constexpr std::string_view kInfinity = "\u221e";

constexpr double kShortest = 1e-4;  // below, and from kLongest on, powers of ten are easier to read
constexpr double kLongest = 1e15;

/// "1234567.50" to "1,234,567.50".
std::string separate_thousands(std::string digits) {
  const std::size_t point = std::min(digits.find('.'), digits.size());
  for (std::size_t i = point; i > 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

std::string without_trailing_zeros(std::string digits) {
  if (digits.find('.') == std::string::npos) return digits;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

std::string scientific(double value) {
  int exponent = static_cast<int>(std::floor(std::log10(value)));
  std::string digits = fmt::format("{:.1f}", value / std::pow(10.0, exponent));
  if (digits == "10.0") {
    digits = "1.0";
    ++exponent;
  }
  digits = without_trailing_zeros(digits);
  return fmt::format("{}10{}", digits == "1" ? "" : digits + "\u00b7", superscript(exponent));
}

/// Requires a finite value >= 0.
std::string magnitude(double value, int decimals) {
  if (decimals >= 0 && value < kLongest) {
    return separate_thousands(fmt::format("{:.{}f}", value, decimals));
  }
  if (value == 0.0) return "0";
  if (value < kShortest || value >= kLongest) return scientific(value);
  const int whole_digits = static_cast<int>(std::floor(std::log10(value))) + 1;
  const int needed = std::max(0, 4 - whole_digits);
  return separate_thousands(without_trailing_zeros(fmt::format("{:.{}f}", value, needed)));
}

std::string as_bytes(double value) {
  static constexpr std::array<std::string_view, 7> kUnits = {"B",   "KiB", "MiB", "GiB",
                                                             "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  // From 1,023.5 on it would be rounded to 1,024 of the smaller unit.
  while (value >= 1023.5 && unit + 1 < kUnits.size()) {
    value /= 1024.0;
    ++unit;
  }
  const int decimals = unit == 0 || value >= 99.95 ? 0 : 1;
  return fmt::format("{}{}{}", separate_thousands(fmt::format("{:.{}f}", value, decimals)),
                     kNarrowSpace, kUnits[unit]);
}

std::string as_seconds(double value) {
  const auto with = [](double number, std::string_view unit) {
    return fmt::format("{}{}{}", without_trailing_zeros(fmt::format("{:.3g}", number)),
                       kNarrowSpace, unit);
  };
  if (value == 0.0) return with(0.0, "s");
  if (value < 0.9995e-3) return with(value * 1e6, "\u00b5s");
  if (value < 0.9995) return with(value * 1e3, "ms");
  if (value < 59.95) return with(value, "s");
  const double rounded = std::round(value);
  if (rounded >= 1e9) return magnitude(rounded, 0) + std::string(kNarrowSpace) + "s";
  const auto total = static_cast<std::int64_t>(rounded);
  const std::int64_t hours = total / 3600, minutes = total / 60 % 60, rest = total % 60;
  if (hours == 0) {
    return rest == 0 ? fmt::format("{0}{1}min", minutes, kNarrowSpace)
                     : fmt::format("{0}{1}min {2}{1}s", minutes, kNarrowSpace, rest);
  }
  return minutes == 0
             ? fmt::format("{}{}h", separate_thousands(std::to_string(hours)), kNarrowSpace)
             : fmt::format("{0}{1}h {2}{1}min", separate_thousands(std::to_string(hours)),
                           kNarrowSpace, minutes);
}

std::string with_unit(std::string number, const std::string& unit) {
  if (!unit.empty()) number.append(kNarrowSpace).append(unit);
  return number;
}

/// Requires value >= 0, not NaN.
std::string without_sign(double value, const NumberFormat& format) {
  const bool finite = std::isfinite(value);
  switch (format.kind) {
    case NumberFormat::Kind::percent:
      return with_unit(finite ? magnitude(100.0 * value, format.decimals) : std::string(kInfinity),
                       "%");
    case NumberFormat::Kind::bytes:
      return finite ? as_bytes(value) : std::string(kInfinity);
    case NumberFormat::Kind::seconds:
      return finite ? as_seconds(value) : std::string(kInfinity);
    case NumberFormat::Kind::plain:
      break;
  }
  return with_unit(finite ? magnitude(value, format.decimals) : std::string(kInfinity),
                   format.unit);
}

}  // namespace

std::string superscript(int number) {
  static constexpr std::array<std::string_view, 10> kDigits = {
      "\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
      "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  std::string out = number < 0 ? "\u207b" : "";
  for (const char c : std::to_string(std::abs(number))) {
    out += kDigits[static_cast<std::size_t>(c - '0')];
  }
  return out;
}

std::string format_number(double value, const NumberFormat& format) {
  if (std::isnan(value)) return std::string(kUndefined);
  std::string out = without_sign(std::abs(value), format);
  // A value that rounds to zero has no sign.
  const bool is_zero = out.find_first_of("123456789") == std::string::npos && std::isfinite(value);
  return value < 0.0 && !is_zero ? std::string(kMinus) + out : out;
}

std::string format_number(std::int64_t value, const NumberFormat& format) {
  if (format.kind != NumberFormat::Kind::plain) {
    return format_number(static_cast<double>(value), format);
  }
  const bool negative = value < 0;
  const auto size =
      negative ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  std::string digits = separate_thousands(std::to_string(size));
  if (format.decimals > 0)
    digits += "." + std::string(static_cast<std::size_t>(format.decimals), '0');
  return (negative ? std::string(kMinus) : std::string()) + with_unit(digits, format.unit);
}

}  // namespace twhin::report
