// twhin/report/number.h -- numbers as a reader wants them.
//
// Thousands are separated by commas, the sign is a real minus, percent and units stand after a
// narrow space. A value that is not a number is an en dash, so that a gap looks like a gap.
#pragma once

#include <cstdint>
#include <string>

namespace twhin::report {

struct NumberFormat {
  enum class Kind {
    plain,    ///< 12,345.6
    percent,  ///< 0.123 as 12.3 %
    bytes,    ///< 1,536 as 1.5 KiB
    seconds,  ///< 200 as 3 min 20 s, 0.002 as 2 ms
  };
  Kind kind = Kind::plain;
  /// Digits after the point; below 0: as many as four significant digits need, no trailing zeros.
  /// Bytes and seconds choose their own.
  int decimals = -1;
  std::string unit = {};  ///< after plain numbers, e.g. "edges/s"
};

inline NumberFormat automatic(std::string unit = {}) {
  return {NumberFormat::Kind::plain, -1, std::move(unit)};
}
inline NumberFormat fixed(int decimals, std::string unit = {}) {
  return {NumberFormat::Kind::plain, decimals, std::move(unit)};
}
inline NumberFormat integer(std::string unit = {}) { return fixed(0, std::move(unit)); }
inline NumberFormat percent(int decimals = 1) {
  return {NumberFormat::Kind::percent, decimals, {}};
}
inline NumberFormat bytes() { return {NumberFormat::Kind::bytes, -1, {}}; }
inline NumberFormat seconds() { return {NumberFormat::Kind::seconds, -1, {}}; }

/// UTF-8. Not escaped for HTML (it has nothing to escape but what `unit` brings).
std::string format_number(double value, const NumberFormat& format = {});
/// Exact at any size, which a double is not. Percent, bytes and seconds are as above.
std::string format_number(std::int64_t value, const NumberFormat& format = {});

/// The digits of an exponent, raised: -3 as U+207B U+00B3.
std::string superscript(int number);

}  // namespace twhin::report
