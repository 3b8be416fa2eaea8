#include "model/pull.h"

#include <algorithm>

namespace twhin {

float pull_weights(float relation_weight, std::span<const float> edge_weights,
                   std::size_t num_positives, std::span<float> weights) {
  float total = 0.0f;
  for (std::size_t i = 0; i < num_positives; ++i) {
    weights[i] = relation_weight * (edge_weights.empty() ? 1.0f : edge_weights[i]);
    total += weights[i];
  }
  const std::size_t num_others = weights.size() - num_positives;
  const float each = num_others == 0 ? 0.0f : total / static_cast<float>(num_others);
  std::fill(weights.begin() + static_cast<std::ptrdiff_t>(num_positives), weights.end(), each);
  return total;
}

double add_pull(float lambda, std::span<const float> weights, ConstMatrixView rows,
                ConstMatrixView previous, MatrixView gradients) {
  double penalty = 0.0;
  for (std::size_t k = 0; k < rows.rows; ++k) {
    const float factor = lambda * weights[k];
    if (factor == 0.0f) continue;
    const float *x = rows.row(k), *y = previous.row(k);
    float* gradient = gradients.row(k);
    float square = 0.0f;
    for (std::size_t d = 0; d < rows.cols; ++d) {
      const float difference = x[d] - y[d];
      gradient[d] += 2.0f * factor * difference;
      square += difference * difference;
    }
    penalty += static_cast<double>(factor) * static_cast<double>(square);
  }
  return penalty;
}

}  // namespace twhin
