#include "evaluate/count.h"

namespace twhin {

void count_greater_equal(float score, const float* scores, std::size_t n, std::uint32_t& greater,
                         std::uint32_t& equal) {
  std::uint32_t above = 0, same = 0;
  for (std::size_t i = 0; i < n; ++i) {
    above += scores[i] > score ? 1u : 0u;
    same += scores[i] == score ? 1u : 0u;
  }
  greater += above;
  equal += same;
}

}  // namespace twhin
