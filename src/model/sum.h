// model/sum.h -- a sum that the compiler can vectorise.
#pragma once

#include <cstddef>

namespace twhin {

/// x[0] + ... + x[n - 1] in eight partial sums; |error| <= (n / 8 + 3) eps sum |x|.
inline float sum(const float* x, std::size_t n) {
  constexpr std::size_t kLanes = 8;
  float lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += x[i + l];
  }
  for (; i < n; ++i) lanes[i % kLanes] += x[i];
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
         ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

}  // namespace twhin
