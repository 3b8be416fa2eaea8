// Built with -fno-math-errno, without which a square root is a call and the loops stay scalar.
#include "twhin/model/optimizers.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernel/elementwise.h"
#include "model/check.h"
#include "twhin/model/regularization.h"

namespace twhin {

std::size_t optimizer_state_size(Optimizer optimizer, std::size_t size) {
  switch (optimizer) {
    case Optimizer::row_adagrad:
      return 1;
    case Optimizer::adagrad:
      return size;
    case Optimizer::sgd:
      return 0;
  }
  return 0;
}

void update_row(Optimizer optimizer, float learning_rate, std::span<const float> gradient,
                std::span<float> state, std::span<float> row) {
  const std::size_t n = row.size();
  check_size("gradient of the row", gradient.size(), n);
  check_size("state of the optimizer", state.size(), optimizer_state_size(optimizer, n));
  if (n == 0) return;
  switch (optimizer) {
    case Optimizer::row_adagrad: {
      state[0] += kernel::dot(gradient.data(), gradient.data(), n) / static_cast<float>(n);
      const float step = learning_rate / (std::sqrt(state[0]) + kAdagradEpsilon);
      for (std::size_t d = 0; d < n; ++d) row[d] -= step * gradient[d];
      break;
    }
    case Optimizer::adagrad:
      for (std::size_t d = 0; d < n; ++d) {
        state[d] += gradient[d] * gradient[d];
        row[d] -= learning_rate * gradient[d] / (std::sqrt(state[d]) + kAdagradEpsilon);
      }
      break;
    case Optimizer::sgd:
      for (std::size_t d = 0; d < n; ++d) row[d] -= learning_rate * gradient[d];
      break;
  }
}

double learning_rate_factor(const ScheduleOptions& schedule, double done) {
  const double p = std::clamp(done, 0.0, 1.0), warm_up = schedule.warm_up, end = schedule.end;
  if (p < warm_up) return p / warm_up;
  const double q = (p - warm_up) / (1.0 - warm_up);
  switch (schedule.kind) {
    case Schedule::constant:
      return 1.0;
    case Schedule::linear:
      return 1.0 - (1.0 - end) * q;
    case Schedule::cosine:
      return end + (1.0 - end) * (1.0 + std::cos(std::numbers::pi * q)) / 2.0;
    case Schedule::exponential:
      return std::pow(end, q);
  }
  return 1.0;
}

std::size_t limit_norms(MatrixView rows, float max_norm) {
  std::size_t num_limited = 0;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const float norm = std::sqrt(kernel::dot(rows.row(i), rows.row(i), rows.cols));
    if (!(norm > max_norm)) continue;
    kernel::scale(max_norm / norm, rows.row(i), rows.cols);
    ++num_limited;
  }
  return num_limited;
}

}  // namespace twhin
