// graph/exact_sum.h -- the sum of any number of floats, rounded once.
//
//     value() = nearest float to x_1 + x_2 + … + x_n,  ties to even
//
// so that it depends on the set of the x alone, not on their order or on how they are divided over
// parts. The sum is kept as a whole number of units of 2^-149, the least float: the largest float
// needs 277 bits of them, and 2^64 of it 341.
#pragma once

#include <array>
#include <cstdint>

namespace twhin {

class ExactSum {
 public:
  /// x is finite and not negative.
  void add(float x);
  /// Infinity if the sum is more than a float holds.
  float value() const;

 private:
  std::array<std::uint64_t, 6> words_{};  // the lowest first
};

}  // namespace twhin
