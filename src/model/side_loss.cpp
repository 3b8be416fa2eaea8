#include "model/side_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernel/elementwise.h"
#include "model/sum.h"

namespace twhin {
namespace {

constexpr float kMasked = -std::numeric_limits<float>::infinity();

/// log(1 + t) for t in [0, 1], as 2 artanh(z) with z = t / (2 + t) <= 1/3, whose series is cut
/// where its terms fall below 2^-26 of the sum. Plain arithmetic, so that loops of it vectorise.
float log1p_unit(float t) {
  const float z = t / (2.0f + t), z2 = z * z;
  constexpr float c3 = 1.0f / 3, c5 = 1.0f / 5, c7 = 1.0f / 7, c9 = 1.0f / 9, c11 = 1.0f / 11,
                  c13 = 1.0f / 13, c15 = 1.0f / 15;
  return 2.0f * z *
         (1.0f +
          z2 * (c3 + z2 * (c5 + z2 * (c7 + z2 * (c9 + z2 * (c11 + z2 * (c13 + z2 * c15)))))));
}

/// scale s_j + log w_j: the logarithm of the weighted exponentials of a softmax.
void weighted_exponents(const SideScores& side, float scale, float* out) {
  const float log_batch = std::log(side.batch_weight), log_uniform = std::log(side.uniform_weight);
  const std::size_t n = side.negatives.size();
  for (std::size_t j = 0; j < side.num_batch; ++j) {
    out[j] = side.batch_weight > 0 ? scale * side.negatives[j] + log_batch : kMasked;
  }
  for (std::size_t j = side.num_batch; j < n; ++j) {
    out[j] = side.uniform_weight > 0 ? scale * side.negatives[j] + log_uniform : kMasked;
  }
}

/// W: the sum of the weights of the negatives that are not masked.
float total_weight(const SideScores& side) {
  const auto unmasked = [&](std::size_t first, std::size_t last) {
    return static_cast<float>(std::count_if(side.negatives.begin() + first,
                                            side.negatives.begin() + last,
                                            [](float s) { return s != kMasked; }));
  };
  return side.batch_weight * unmasked(0, side.num_batch) +
         side.uniform_weight * unmasked(side.num_batch, side.negatives.size());
}

double softmax_side(const LossOptions& options, float edge_weight, const SideScores& side,
                    float& d_positive, float* q) {
  const std::size_t n = side.negatives.size();
  const float inverse = 1.0f / options.temperature;
  weighted_exponents(side, inverse, q);
  q[n] = side.positive * inverse;
  const double log_sum = kernel::softmax(q, n + 1, 1.0f, q);
  const float slope = edge_weight * inverse;
  for (std::size_t j = 0; j < n; ++j) side.negatives[j] = slope * q[j];
  // q[n] - 1 would lose everything where the positive has nearly all of the probability.
  d_positive -= slope * sum(q, n);
  return edge_weight * (log_sum - double{side.positive} * inverse);
}

/// Replaces the scores by coefficients, given the weights W q_j.
double logistic_side(float edge_weight, const SideScores& side, const float* weights, float* t) {
  const std::size_t n = side.negatives.size();
  float* s = side.negatives.data();
  for (std::size_t j = 0; j < n; ++j) t[j] = -std::abs(s[j]);
  kernel::exp(t, n, t);
  for (std::size_t j = 0; j < n; ++j) {
    const float softplus = (s[j] > 0.0f ? s[j] : 0.0f) + log1p_unit(t[j]);
    const float sigmoid = (s[j] > 0.0f ? 1.0f : t[j]) / (1.0f + t[j]);
    s[j] = edge_weight * weights[j] * sigmoid;
    t[j] = softplus;
  }
  return edge_weight * double{kernel::dot(weights, t, n)};
}

double ranking_side(float margin, float edge_weight, const SideScores& side, float& d_positive,
                    const float* weights, float* t) {
  const std::size_t n = side.negatives.size();
  float* s = side.negatives.data();
  for (std::size_t j = 0; j < n; ++j) {
    const float violation = margin - side.positive + s[j];
    s[j] = violation > 0.0f ? edge_weight * weights[j] : 0.0f;
    t[j] = violation < 0.0f ? 0.0f : violation;
  }
  d_positive -= sum(s, n);
  return edge_weight * double{kernel::dot(weights, t, n)};
}

}  // namespace

double side_loss(const LossOptions& options, float edge_weight, const SideScores& side,
                 float& d_positive, std::span<float> work) {
  const std::size_t n = side.negatives.size();
  float* q = work.data();
  float* t = q + n + 1;
  const float total = total_weight(side);
  if (!(total > 0.0f)) {
    std::fill(side.negatives.begin(), side.negatives.end(), 0.0f);
    return 0.0;
  }
  if (options.loss == Loss::softmax) {
    return softmax_side(options, edge_weight, side, d_positive, q);
  }
  weighted_exponents(side, options.adversarial_temperature, q);
  kernel::softmax(q, n, 1.0f, q);
  kernel::scale(total, q, n);
  if (options.loss == Loss::logistic) return logistic_side(edge_weight, side, q, t);
  return ranking_side(options.margin, edge_weight, side, d_positive, q, t);
}

}  // namespace twhin
