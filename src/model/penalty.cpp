// Built with -fno-math-errno, without which a square root is a call and the loops stay scalar.
#include "model/penalty.h"

#include <algorithm>
#include <cmath>

#include "kernel/elementwise.h"
#include "model/sum.h"

namespace twhin {
namespace {

constexpr std::size_t kChunk = 64;  // numbers whose moduli are kept at once

/// Penalty of `n` numbers with the real parts x and, unless y is null, the imaginary parts y.
double penalize(const RegularizationOptions& options, float weight, std::size_t n, const float* x,
                const float* y, float* dx, float* dy) {
  const float n3 = weight * options.n3, l2 = weight * options.l2;
  float modulus[kChunk], value[kChunk];
  double penalty = 0.0;
  for (std::size_t first = 0; first < n; first += kChunk) {
    const std::size_t count = std::min(kChunk, n - first);
    for (std::size_t k = 0; k < count; ++k) modulus[k] = std::abs(x[first + k]);
    for (std::size_t k = 0; y && k < count; ++k) {
      modulus[k] = std::sqrt(x[first + k] * x[first + k] + y[first + k] * y[first + k]);
    }
    for (std::size_t k = 0; k < count; ++k) {
      const float m = modulus[k];
      value[k] = (n3 * m + l2) * m * m;
      modulus[k] = 3.0f * n3 * m + 2.0f * l2;
    }
    for (std::size_t k = 0; k < count; ++k) dx[first + k] += modulus[k] * x[first + k];
    for (std::size_t k = 0; y && k < count; ++k) dy[first + k] += modulus[k] * y[first + k];
    penalty += sum(value, count);
  }
  return penalty;
}

double penalize_row(const RegularizationOptions& options, Operator op, float weight,
                    std::span<const float> row, float* gradient) {
  const bool complex = op == Operator::complex_diagonal || op == Operator::rotation;
  const std::size_t half = row.size() / 2;
  if (!complex) {
    return penalize(options, weight, row.size(), row.data(), nullptr, gradient, nullptr);
  }
  return penalize(options, weight, half, row.data(), row.data() + half, gradient, gradient + half);
}

}  // namespace

double add_penalty(const RegularizationOptions& options, const Group& group,
                   const GroupGradients& gradients) {
  if (options.n3 == 0.0f && options.l2 == 0.0f) return 0.0;
  const std::size_t dim = group.rhs.cols;
  double penalty = 0.0;
  float total = 0.0f;
  for (std::size_t i = 0; i < group.num_positives; ++i) {
    const float weight =
        group.relation_weight * (group.edge_weights.empty() ? 1.0f : group.edge_weights[i]);
    total += weight;
    penalty +=
        penalize_row(options, group.op, weight, {group.lhs.row(i), dim}, gradients.lhs.row(i));
    penalty +=
        penalize_row(options, group.op, weight, {group.rhs.row(i), dim}, gradients.rhs.row(i));
  }
  if (group.op != Operator::rotation && !group.params.empty()) {
    penalty += penalize_row(options, group.op, total, group.params, gradients.params.data());
  }
  return penalty;
}

}  // namespace twhin
