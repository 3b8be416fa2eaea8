// metrics/testing.h -- what the tests of this folder share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "twhin/base/error.h"
#include "twhin/base/rng.h"

namespace twhin::metrics::testing {

inline constexpr double kInf = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The id of the Error that `body` throws; empty if it throws none.
template <class Body>
std::string id_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.id();
  }
  return {};
}

/// Numbers i / num_levels, 0 <= i < num_levels, exact in float: few levels make many ties.
template <class T>
std::vector<T> random_levels(std::size_t count, std::size_t num_levels, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<T> out(count);
  for (T& x : out) x = static_cast<T>(rng.below(num_levels)) / static_cast<T>(num_levels);
  return out;
}

template <class T>
std::vector<T> random_below(std::size_t count, std::size_t n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<T> out(count);
  for (T& x : out) x = static_cast<T>(rng.below(n));
  return out;
}

template <class T>
void shuffle(std::vector<T>& values, std::uint64_t seed) {
  Rng rng(seed);
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[rng.below(i)]);
}

}  // namespace twhin::metrics::testing
