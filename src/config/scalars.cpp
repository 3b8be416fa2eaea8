// Text to numbers, sizes, times and paths. No locale, no octal, nothing rounded unless the type is.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "config/units.h"
#include "twhin/config/value.h"

namespace twhin::config {
namespace {

constexpr std::string_view kDigits = "0123456789";

bool is_plain(const Node& node) { return node.kind == Node::Kind::scalar && !node.quoted; }

// "+5" is a number in YAML, but not for from_chars.
std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

// Has the form of a decimal whole number: 0, 17, -3. "010" is 8 to some readers of YAML and 10 to
// others, so it is neither here.
bool is_whole_number(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of(kDigits) != std::string_view::npos) return false;
  return text.size() == 1 || text[0] != '0';
}

std::string whole_number_hint(std::string_view text) {
  const bool digits = text.find_first_not_of("+-0123456789_., eE") == std::string_view::npos;
  const bool has_digit = text.find_first_of(kDigits) != std::string_view::npos;
  return digits && has_digit ? "write it with digits only, without leading zeros" : "";
}

template <class Number>
Number read_whole(const Place& at, Number lowest, Number highest) {
  const Node& node = at.node();
  const std::string_view text = without_plus(node.text);
  if (!is_plain(node) || !is_whole_number(text)) {
    throw wrong_type(at, "a whole number", is_plain(node) ? whole_number_hint(node.text) : "");
  }
  Number number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  // For an unsigned type from_chars does not know the sign, which is beyond the limit like the
  // rest.
  if (failed != std::errc() || number < lowest || number > highest) {
    throw out_of_range(at.text(), at.path(), node.text,
                       fmt::format("between {} and {}", lowest, highest));
  }
  return number;
}

template <class Number>
Number read_real(const Place& at) {
  const Node& node = at.node();
  const std::string_view text = without_plus(node.text);
  Number number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool complete = !text.empty() && end == text.data() + text.size();
  if (!is_plain(node) || !complete || failed == std::errc::invalid_argument) {
    throw wrong_type(at, "a number");
  }
  if (failed == std::errc::result_out_of_range || !std::isfinite(number)) {
    throw out_of_range(at.text(), at.path(), node.text,
                       sizeof(Number) == sizeof(float) ? "a finite number of single precision"
                                                       : "a finite number");
  }
  return number;
}

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// "1.5 GiB" to "1.5" and "GiB".
std::pair<std::string_view, std::string_view> split_unit(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("+-.0123456789"), text.size());
  std::string_view unit = text.substr(end);
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  return {text.substr(0, end), unit};
}

std::string_view scalar_text(const Place& at, std::string_view expected) {
  if (at.node().kind != Node::Kind::scalar) throw wrong_type(at, expected);
  return at.node().text;
}

}  // namespace

bool read_bool(const Place& at) {
  const Node& node = at.node();
  if (is_plain(node) && node.text == "true") return true;
  if (is_plain(node) && node.text == "false") return false;
  throw wrong_type(at, "true or false");
}

std::int64_t read_signed(const Place& at, std::int64_t lowest, std::int64_t highest) {
  return read_whole<std::int64_t>(at, lowest, highest);
}
std::uint64_t read_unsigned(const Place& at, std::uint64_t highest) {
  return read_whole<std::uint64_t>(at, 0, highest);
}
float read_float(const Place& at) { return read_real<float>(at); }
double read_double(const Place& at) { return read_real<double>(at); }

std::string read_text(const Place& at) { return std::string(scalar_text(at, "text")); }

Bytes read_bytes(const Place& at) {
  constexpr std::string_view kExpected = "a size, as 4096, 512MB or 4GiB";
  const std::string_view text = scalar_text(at, kExpected);
  const auto [number, unit_name] = split_unit(text);
  std::uint64_t unit = unit_name.empty() ? 1 : 0;
  for (const SizeUnit& each : kSizeUnits) {
    if (same_letters(each.name, unit_name)) unit = each.bytes;
  }
  const std::size_t dot = std::min(number.find('.'), number.size());
  const std::string_view whole = number.substr(0, dot);
  std::string_view fraction = number.substr(std::min(dot + 1, number.size()));
  const bool is_number = !whole.empty() && (dot == number.size() || !fraction.empty()) &&
                         whole.find_first_not_of(kDigits) == std::string_view::npos &&
                         fraction.find_first_not_of(kDigits) == std::string_view::npos;
  if (unit == 0 || !is_number) throw wrong_type(at, kExpected);

  // In whole numbers, so that 0.1GB is exactly 100 MB: bytes = digits * unit / 10^places.
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  unsigned __int128 bytes = 0;
  for (const char digit : std::string(whole) + std::string(fraction)) {
    bytes = bytes * 10 + static_cast<unsigned>(digit - '0');
    if (bytes >> 70) break;  // far beyond the largest size whatever the places
  }
  const bool fits = bytes >> 70 == 0 && fraction.size() <= 12;
  bytes *= fits ? unit : 0;
  for (std::size_t i = 0; fits && i < fraction.size(); ++i) {
    if (bytes % 10 != 0) {
      throw out_of_range(at.text(), at.path(), text, "a whole number of bytes");
    }
    bytes /= 10;
  }
  if (!fits || bytes > std::numeric_limits<std::uint64_t>::max()) {
    throw out_of_range(at.text(), at.path(), text, "a whole number of bytes below 2^64");
  }
  return Bytes{static_cast<std::uint64_t>(bytes)};
}

Seconds read_seconds(const Place& at) {
  constexpr std::string_view kExpected = "a time, as 90, 250ms, 30m, 12h or 7d";
  const std::string_view text = scalar_text(at, kExpected);
  const std::string_view number = without_plus(text);
  double count = 0.0;
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), count);
  std::string_view unit_name = number.substr(static_cast<std::size_t>(end - number.data()));
  unit_name.remove_prefix(std::min(unit_name.find_first_not_of(' '), unit_name.size()));
  double unit = unit_name.empty() ? 1.0 : 0.0;
  for (const TimeUnit& each : kTimeUnits) {
    if (each.name == unit_name) unit = each.seconds;
  }
  if (unit == 0.0 || failed != std::errc() || !std::isfinite(count * unit)) {
    throw wrong_type(at, kExpected);
  }
  return Seconds{count * unit};
}

Path read_path(const Place& at) {
  Path path(std::string(scalar_text(at, "a path")));
  if (path.text.rfind("~/", 0) == 0) {
    throw wrong_type(at, "a path, relative to the config or absolute",
                     "\"~\" is the shell's; write the home directory in full");
  }
  const Source* source = at.node().source.get();
  if (!path.empty() && source) path.resolved = source->folder / path.text;
  path.resolved = path.resolved.lexically_normal();
  // "run/graph/" and "." would otherwise end in an empty name.
  if (!path.resolved.has_filename() && path.resolved.has_relative_path()) {
    path.resolved = path.resolved.parent_path();
  }
  return path;
}

std::size_t read_name(const Place& at, const std::vector<std::string>& names) {
  const std::string text(scalar_text(at, "one of " + list(names, names.size())));
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) throw unknown_value(at.text(), at.path(), text, names);
  return static_cast<std::size_t>(found - names.begin());
}

std::vector<Place> read_list(const Place& at) {
  if (at.node().kind == Node::Kind::null || at.node().kind == Node::Kind::list) {
    return at.children();
  }
  throw wrong_type(at, "a list", "write [a, b], or a line \"- a\" for each");
}

std::vector<Place> read_map(const Place& at) {
  if (at.node().kind == Node::Kind::null || at.node().kind == Node::Kind::map) {
    return at.children();
  }
  throw wrong_type(at, "a map, as {key: value}");
}

}  // namespace twhin::config
