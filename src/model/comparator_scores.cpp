// Built with -fno-math-errno, without which a square root is a call and the loops stay scalar.
#include "model/comparator_scores.h"

#include <cmath>

#include "kernel/elementwise.h"
#include "model/sum.h"

namespace twhin {

void normalize(ConstMatrixView x, MatrixView y, std::span<float> inverse_norms) {
  kernel::normalize_rows(x, kMinNorm, y, inverse_norms.data());
}

void normalize_gradient(ConstMatrixView y, std::span<const float> inverse_norms,
                        MatrixView gradient) {
  kernel::normalize_rows_gradient(y, inverse_norms.data(), kMinNorm, gradient, gradient);
  for (std::size_t i = 0; i < gradient.rows; ++i) {
    if (inverse_norms[i] < 1.0f / kMinNorm) continue;
    // The slope 1e12 of a row that is practically 0 would drown every other gradient.
    for (std::size_t d = 0; d < gradient.cols; ++d) gradient(i, d) = 0.0f;
  }
}

float score_of_distance(Comparator comparator, float squared) {
  if (comparator == Comparator::squared_l2) return -squared;
  return -std::sqrt(squared < kMinSquaredDistance ? kMinSquaredDistance : squared);
}

void scores_from_products(Comparator comparator, float row_norm, const float* col_norms,
                          std::size_t n, float* entries) {
  for (std::size_t j = 0; j < n; ++j) {
    entries[j] = score_of_distance(comparator, (row_norm + col_norms[j]) - 2.0f * entries[j]);
  }
}

void product_gradient(Comparator comparator, const float* scores, std::size_t n, float* entries,
                      float* row_sum, float* col_sums) {
  const float clamped = -std::sqrt(kMinSquaredDistance);
  for (std::size_t j = 0; j < n; ++j) {
    float k = 2.0f * entries[j];
    if (comparator == Comparator::l2) k = scores[j] == clamped ? 0.0f : entries[j] / -scores[j];
    entries[j] = k;
    col_sums[j] += k;
  }
  *row_sum += sum(entries, n);
}

}  // namespace twhin
