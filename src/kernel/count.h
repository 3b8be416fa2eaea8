// kernel/count.h -- how many numbers are above another, and how many equal to it: a rank.
#pragma once

#include <cstddef>
#include <cstdint>

namespace twhin::kernel {

/// How numbers compare with one of them.
struct Comparison {
  std::uint64_t greater = 0;
  std::uint64_t equal = 0;
};

/// #{i : x[i] > bound} and #{i : x[i] = bound}, i < n. A NaN is neither; n may be 0.
/// Exact     plus and minus infinity and the two zeros compare as numbers do.
Comparison compare(const float* x, std::size_t n, float bound);

}  // namespace twhin::kernel
