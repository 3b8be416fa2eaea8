// evaluate/count.h -- how many scores are above another, and how many equal to it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace twhin {

/// Adds to `greater` and `equal` the numbers of scores [n] that are larger than `score` and equal
/// to it; NaN is neither.
void count_greater_equal(float score, const float* scores, std::size_t n, std::uint32_t& greater,
                         std::uint32_t& equal);

}  // namespace twhin
