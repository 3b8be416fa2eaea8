// twhin/config/types.h -- types of options that plain C++ has no word for.
//
// A struct of options may have members of type bool, (u)int32/64, float, double, std::string, an
// enum with EnumNames, a type of this file, another struct of options, and std::optional,
// std::vector or Named of any of these. Other types join through config::Value
// (twhin/config/value.h).
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace twhin {

/// A map from names to values that keeps the order of the file: `entities:`, `relations:`.
template <class T>
using Named = std::vector<std::pair<std::string, T>>;

/// A size. Written 4096, "512MB" (10^6) or "4GiB" (2^30); a fraction must give whole bytes.
struct Bytes {
  std::uint64_t value = 0;
  friend constexpr auto operator<=>(const Bytes&, const Bytes&) = default;
};

/// A length of time in seconds. Written 90, "250ms", "30m", "12h", "7d" or "2w"; may be negative
/// unless a limit forbids it.
struct Seconds {
  double value = 0.0;
  friend constexpr auto operator<=>(const Seconds&, const Seconds&) = default;
};

/// A file or directory, relative to the config that names it.
struct Path {
  std::string text;                ///< as written
  std::filesystem::path resolved;  ///< absolute; equals `text` if no config was involved

  Path() = default;
  // Not explicit, so that a default reads: Path graph = "run/graph".
  // NOLINTNEXTLINE(google-explicit-constructor)
  Path(const char* written) : Path(std::string(written)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Path(std::string written) : text(std::move(written)), resolved(text) {}

  bool empty() const { return text.empty(); }
  friend bool operator==(const Path&, const Path&) = default;
};

/// One value of an enum as the user writes it; the sentence is for the documents and may be empty.
template <class E>
struct EnumName {
  std::string_view name;
  E value;
  std::string_view sentence = {};
};

/// Gives an enum its names. Specialise with every value, in the order of the documents:
///
///     template <>
///     struct EnumNames<Operator> {
///       static constexpr EnumName<Operator> values[] = {
///           {"none", Operator::none, "The row as it is."}, {"translation",
///           Operator::translation}};
///     };
template <class E>
struct EnumNames;

/// The name of a value, for messages and documents; empty if the value has none.
template <class E>
constexpr std::string_view enum_name(E value) {
  for (const EnumName<E>& each : EnumNames<E>::values) {
    if (each.value == value) return each.name;
  }
  return {};
}

/// As a config would say it: shortest text that reads back as the same value.
std::string to_text(Bytes size);      ///< "4GiB", "512MB", "1000001"
std::string to_text(Seconds length);  ///< "7d", "90s", "250ms"
std::string to_text(double number);
std::string to_text(float number);

template <class Integer>
requires std::is_integral_v<Integer> std::string to_text(Integer number) {
  return std::to_string(number);
}

}  // namespace twhin
