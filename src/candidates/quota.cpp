#include "candidates/quota.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace twhin {

std::vector<std::size_t> quotas(std::span<const double> weights, std::size_t k) {
  std::vector<std::size_t> out(weights.size(), 0);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(sum > 0.0)) return out;
  std::vector<double> rest(weights.size());
  std::vector<std::size_t> order;
  std::size_t given = 0;
  for (std::size_t c = 0; c < weights.size(); ++c) {
    if (weights[c] <= 0.0) continue;
    const double exact = static_cast<double>(k) * (weights[c] / sum);
    // Rounding may lift a sum of shares above k by less than one place.
    out[c] = std::min(static_cast<std::size_t>(exact), k - given);
    rest[c] = exact - static_cast<double>(out[c]);
    given += out[c];
    order.push_back(c);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (rest[a] != rest[b]) return rest[a] > rest[b];
    return weights[a] != weights[b] ? weights[a] > weights[b] : a < b;
  });
  for (std::size_t i = 0; given < k; i = (i + 1) % order.size(), ++given) ++out[order[i]];
  return out;
}

}  // namespace twhin
