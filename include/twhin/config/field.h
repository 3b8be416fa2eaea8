// twhin/config/field.h -- how an option is declared, and what may be said about its value.
//
//     struct TrainOptions {
//       std::uint32_t dim = 128;
//       float learning_rate = 0.1f;
//
//       template <class Visitor>
//       static void fields(Visitor& f) {
//         f("dim", &TrainOptions::dim, "Floats in a row.", between(4, 4096), multiple_of(4));
//         f("learning_rate", &TrainOptions::learning_rate, "Step of Adagrad.", greater_than(0));
//       }
//       // Optional: rules between fields. `at` is the place to blame, "run.yaml:12, train".
//       void validate(const std::string& at) const;
//     };
//
// The member's initialiser is the default everywhere; an option is required only if it says so.
// A struct that inherits options calls its bases' `fields` first; if more than one base has a
// `validate`, it needs one of its own that calls them.
//
// Loader, messages, help, docs/config.md, the effective config and the command line's options are
// all visitors over `fields`. A limit holds for the value inside a std::optional; `each` passes one
// on to the elements of a list.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "twhin/config/types.h"

namespace twhin {
namespace config {

/// a < b without surprises between signed and unsigned; false if either is NaN.
template <class A, class B>
constexpr bool is_less(const A& a, const B& b) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
    return std::cmp_less(a, b);
  } else {
    return a < b;
  }
}

/// a <= b, likewise.
template <class A, class B>
constexpr bool is_at_most(const A& a, const B& b) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
    return std::cmp_less_equal(a, b);
  } else {
    return a <= b;
  }
}

template <class T>
struct GreaterThan {
  T bound;
  template <class V>
  bool admits(const V& value) const {
    return is_less(bound, value);
  }
  std::string text() const { return "greater than " + to_text(bound); }
};

template <class T>
struct LessThan {
  T bound;
  template <class V>
  bool admits(const V& value) const {
    return is_less(value, bound);
  }
  std::string text() const { return "less than " + to_text(bound); }
};

template <class T>
struct AtLeast {
  T bound;
  template <class V>
  bool admits(const V& value) const {
    return is_at_most(bound, value);
  }
  std::string text() const { return "at least " + to_text(bound); }
};

template <class T>
struct AtMost {
  T bound;
  template <class V>
  bool admits(const V& value) const {
    return is_at_most(value, bound);
  }
  std::string text() const { return "at most " + to_text(bound); }
};

template <class T>
struct Between {
  T low, high;
  template <class V>
  bool admits(const V& value) const {
    return AtLeast<T>{low}.admits(value) && AtMost<T>{high}.admits(value);
  }
  std::string text() const { return "between " + to_text(low) + " and " + to_text(high); }
};

struct MultipleOf {
  std::uint64_t step;
  template <class V>
  bool admits(const V& value) const {
    return value % static_cast<V>(step) == 0;
  }
  std::string text() const { return "a multiple of " + to_text(step); }
};

/// For text whose values are no enum.
struct OneOf {
  std::vector<std::string> names;
  bool admits(const std::string& value) const {
    return std::find(names.begin(), names.end(), value) != names.end();
  }
  std::string text() const;
};

struct NotEmpty {
  template <class V>
  bool admits(const V& value) const {
    return !value.empty();
  }
  std::string text() const { return "not empty"; }
};

template <class Limit>
struct Each {
  Limit limit;
  template <class V>
  bool admits(const V& values) const {
    return std::all_of(values.begin(), values.end(),
                       [&](const auto& value) { return limit.admits(value); });
  }
  std::string text() const { return "each " + limit.text(); }
};

/// Not a limit on the value: the config must have the key.
struct Required {
  template <class V>
  bool admits(const V&) const {
    return true;
  }
  std::string text() const { return "required"; }
};

template <class Limit, class V>
bool holds(const Limit& limit, const V& value) {
  return limit.admits(value);
}
template <class Limit, class V>
bool holds(const Limit& limit, const std::optional<V>& value) {
  return !value || limit.admits(*value);
}

}  // namespace config

template <class T>
constexpr config::GreaterThan<T> greater_than(T bound) {
  return {bound};
}
template <class T>
constexpr config::LessThan<T> less_than(T bound) {
  return {bound};
}
template <class T>
constexpr config::AtLeast<T> at_least(T bound) {
  return {bound};
}
template <class T>
constexpr config::AtMost<T> at_most(T bound) {
  return {bound};
}
/// Both ends are allowed.
template <class T>
constexpr config::Between<T> between(T low, T high) {
  return {low, high};
}
constexpr config::MultipleOf multiple_of(std::uint64_t step) { return {step}; }
inline config::OneOf one_of(std::initializer_list<std::string> names) { return {names}; }
template <class Limit>
constexpr config::Each<Limit> each(Limit limit) {
  return {limit};
}
inline constexpr config::NotEmpty not_empty{};
inline constexpr config::Required required{};

}  // namespace twhin
