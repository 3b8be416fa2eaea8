#include "kernel/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace twhin::kernel::reference {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

double sigmoid(double s) {
  return s >= 0 ? 1 / (1 + std::exp(-s)) : std::exp(s) / (1 + std::exp(s));
}

double softplus(double s) { return std::max(s, 0.0) + std::log1p(std::exp(-std::abs(s))); }

double dot_double(const float* a, const float* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

/// How often each entry of S counts as a negative; 0: it is none.
struct Membership {
  const GroupShape& shape;
  std::span<const MaskedEntry> masked;

  bool exists(std::size_t i, std::size_t j) const {
    const std::size_t p = shape.num_positives;
    if (i >= p && j >= p) return false;
    return i >= p || j >= p || i == j || shape.batch_negatives;
  }
  bool is_negative(std::size_t i, std::size_t j) const {
    return exists(i, j) && (i != j || i >= shape.num_positives) &&
           std::none_of(masked.begin(), masked.end(),
                        [&](const MaskedEntry& m) { return m.source == i && m.target == j; });
  }
};

double edge_factor(std::span<const float> edges, std::size_t i) {
  return edges.empty() ? 1.0 : edges[i];
}

/// The weights with which the negative (i, j) counts for its source's edge and its target's edge.
struct EntryWeights {
  double rhs = 0;
  double lhs = 0;
};

EntryWeights entry_weights(const GroupShape& shape, const GroupWeights& weights, std::size_t i,
                           std::size_t j) {
  const std::size_t p = shape.num_positives;
  if (j >= p) return {weights.uniform_rhs * edge_factor(weights.edges, i), 0};
  if (i >= p) return {0, weights.uniform_lhs * edge_factor(weights.edges, j)};
  return {weights.batch_rhs * edge_factor(weights.edges, i),
          weights.batch_lhs * edge_factor(weights.edges, j)};
}

}  // namespace

void multiply_abt(ConstMatrixView a, ConstMatrixView b, MatrixView out) {
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < b.rows; ++j) {
      out(i, j) = static_cast<float>(dot_double(a.row(i), b.row(j), a.cols));
    }
  }
}

void multiply_add(ConstMatrixView c, ConstMatrixView b, MatrixView out) {
  for (std::size_t i = 0; i < c.rows; ++i) {
    for (std::size_t d = 0; d < b.cols; ++d) {
      double sum = out(i, d);
      for (std::size_t j = 0; j < c.cols; ++j) sum += double{c(i, j)} * double{b(j, d)};
      out(i, d) = static_cast<float>(sum);
    }
  }
}

void multiply_add_atb(ConstMatrixView c, ConstMatrixView a, MatrixView out) {
  for (std::size_t j = 0; j < c.cols; ++j) {
    for (std::size_t d = 0; d < a.cols; ++d) {
      double sum = out(j, d);
      for (std::size_t i = 0; i < c.rows; ++i) sum += double{c(i, j)} * double{a(i, d)};
      out(j, d) = static_cast<float>(sum);
    }
  }
}

void exp(const float* x, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<float>(std::exp(double{x[i]}));
}

double logistic_positives(const float* scores, std::size_t n, float weight, float* coefficients) {
  double loss = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double s = scores[i];
    loss += softplus(-s);
    coefficients[i] = static_cast<float>(-weight * sigmoid(-s));
  }
  return weight * loss;
}

double logistic_negatives(const float* scores, std::size_t n, float weight, float* coefficients) {
  double loss = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double s = scores[i];
    loss += softplus(s);
    coefficients[i] = static_cast<float>(weight * sigmoid(s));
  }
  return weight * loss;
}

double log_sum_exp(const float* scores, std::size_t n, float scale) {
  double largest = kMinusInfinity;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, double{scale} * scores[i]);
  if (largest == kMinusInfinity) return largest;
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += std::exp(double{scale} * scores[i] - largest);
  return largest + std::log(sum);
}

double softmax(const float* scores, std::size_t n, float scale, float* out) {
  const double total = log_sum_exp(scores, n, scale);
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = static_cast<float>(std::exp(double{scale} * scores[i] - total));
  }
  return total;
}

float dot(const float* a, const float* b, std::size_t n) {
  return static_cast<float>(dot_double(a, b, n));
}

void axpy(float alpha, const float* x, float* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] = static_cast<float>(y[i] + double{alpha} * x[i]);
}

void scale(float alpha, float* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) x[i] *= alpha;
}

void dot_rows(ConstMatrixView a, ConstMatrixView b, float* out) {
  for (std::size_t i = 0; i < a.rows; ++i) out[i] = dot(a.row(i), b.row(i), a.cols);
}

void sums_of_squares(ConstMatrixView a, float* out) { dot_rows(a, a, out); }

void squared_distances(ConstMatrixView a, ConstMatrixView b, float* out) {
  for (std::size_t i = 0; i < a.rows; ++i) {
    double sum = 0;
    for (std::size_t d = 0; d < a.cols; ++d) {
      const double difference = double{a(i, d)} - double{b(i, d)};
      sum += difference * difference;
    }
    out[i] = static_cast<float>(sum);
  }
}

void axpy_rows(const float* alpha, ConstMatrixView x, MatrixView y) {
  for (std::size_t i = 0; i < x.rows; ++i) axpy(alpha[i], x.row(i), y.row(i), x.cols);
}

void scale_rows(const float* alpha, MatrixView x) {
  for (std::size_t i = 0; i < x.rows; ++i) scale(alpha[i], x.row(i), x.cols);
}

void add_to_rows(const float* v, MatrixView x) {
  for (std::size_t i = 0; i < x.rows; ++i) axpy(1.0f, v, x.row(i), x.cols);
}

void multiply_rows(const float* v, MatrixView x) {
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t d = 0; d < x.cols; ++d) x(i, d) *= v[d];
  }
}

void add_sum_of_rows(ConstMatrixView x, float* out) {
  for (std::size_t d = 0; d < x.cols; ++d) {
    double sum = out[d];
    for (std::size_t i = 0; i < x.rows; ++i) sum += x(i, d);
    out[d] = static_cast<float>(sum);
  }
}

void add_sum_of_products(ConstMatrixView x, ConstMatrixView y, float* out) {
  for (std::size_t d = 0; d < x.cols; ++d) {
    double sum = out[d];
    for (std::size_t i = 0; i < x.rows; ++i) sum += double{x(i, d)} * double{y(i, d)};
    out[d] = static_cast<float>(sum);
  }
}

void normalize_rows(ConstMatrixView x, float floor, MatrixView y, float* inverse_norms) {
  for (std::size_t i = 0; i < x.rows; ++i) {
    const double norm = std::max(std::sqrt(dot_double(x.row(i), x.row(i), x.cols)), double{floor});
    inverse_norms[i] = 1.0f / static_cast<float>(norm);
    for (std::size_t d = 0; d < x.cols; ++d) y(i, d) = static_cast<float>(x(i, d) / norm);
  }
}

void normalize_rows_gradient(ConstMatrixView y, const float* inverse_norms, float floor,
                             ConstMatrixView dy, MatrixView dx) {
  for (std::size_t i = 0; i < y.rows; ++i) {
    const bool only_scaled = inverse_norms[i] == 1.0f / floor;
    const double along = only_scaled ? 0.0 : dot_double(dy.row(i), y.row(i), y.cols);
    for (std::size_t d = 0; d < y.cols; ++d) {
      dx(i, d) = static_cast<float>(inverse_norms[i] * (dy(i, d) - along * y(i, d)));
    }
  }
}

void group_scores(const GroupShape& shape, ConstMatrixView sources, ConstMatrixView targets,
                  MatrixView scores) {
  const Membership entries{shape, {}};
  for (std::size_t i = 0; i < shape.num_sources(); ++i) {
    for (std::size_t j = 0; j < shape.num_targets(); ++j) {
      if (entries.exists(i, j)) scores(i, j) = dot(sources.row(i), targets.row(j), sources.cols);
    }
  }
}

void group_gradients(const GroupShape& shape, ConstMatrixView coefficients, ConstMatrixView sources,
                     ConstMatrixView targets, MatrixView d_sources, MatrixView d_targets) {
  const Membership entries{shape, {}};
  std::vector<double> ds(shape.num_sources() * sources.cols);
  std::vector<double> dt(shape.num_targets() * targets.cols);
  for (std::size_t i = 0; i < shape.num_sources(); ++i) {
    for (std::size_t j = 0; j < shape.num_targets(); ++j) {
      if (!entries.exists(i, j)) continue;
      const double c = coefficients(i, j);
      for (std::size_t d = 0; d < sources.cols; ++d) {
        ds[i * sources.cols + d] += c * targets(j, d);
        dt[j * targets.cols + d] += c * sources(i, d);
      }
    }
  }
  for (std::size_t i = 0; i < shape.num_sources(); ++i) {
    for (std::size_t d = 0; d < sources.cols; ++d) {
      d_sources(i, d) = static_cast<float>(ds[i * sources.cols + d]);
    }
  }
  for (std::size_t j = 0; j < shape.num_targets(); ++j) {
    for (std::size_t d = 0; d < targets.cols; ++d) {
      d_targets(j, d) = static_cast<float>(dt[j * targets.cols + d]);
    }
  }
}

double logistic_coefficients(const GroupShape& shape, const GroupWeights& weights,
                             std::span<const MaskedEntry> masked, MatrixView scores) {
  const Membership entries{shape, masked};
  double loss = 0;
  for (std::size_t i = 0; i < shape.num_sources(); ++i) {
    for (std::size_t j = 0; j < shape.num_targets(); ++j) {
      if (!entries.exists(i, j)) continue;
      const double s = scores(i, j);
      if (i == j && i < shape.num_positives) {
        const double w = weights.positive * edge_factor(weights.edges, i);
        loss += w * softplus(-s);
        scores(i, j) = static_cast<float>(-w * sigmoid(-s));
      } else if (entries.is_negative(i, j)) {
        const EntryWeights w = entry_weights(shape, weights, i, j);
        loss += (w.rhs + w.lhs) * softplus(s);
        scores(i, j) = static_cast<float>((w.rhs + w.lhs) * sigmoid(s));
      } else {
        scores(i, j) = 0.0f;
      }
    }
  }
  return loss;
}

double softmax_coefficients(const GroupShape& shape, const SoftmaxWeights& weights,
                            float temperature, std::span<const MaskedEntry> masked,
                            MatrixView scores) {
  const Membership entries{shape, masked};
  const std::size_t rows = shape.num_sources(), cols = shape.num_targets();
  std::vector<double> c(rows * cols);
  double loss = 0;
  // The cross entropy of edge e among the entries at(0) ... at(n - 1) of its row or column.
  const auto add_side = [&](std::size_t e, std::size_t n, double weight, auto at) {
    if (weight == 0) return;
    const double positive = double{scores(e, e)} / temperature;
    double largest = positive, sum = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const auto [i, j] = at(k);
      if (entries.is_negative(i, j))
        largest = std::max(largest, double{scores(i, j)} / temperature);
    }
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t k = 0; k < n; ++k) {
        const auto [i, j] = at(k);
        if (k != e && !entries.is_negative(i, j)) continue;
        const double term = std::exp(double{scores(i, j)} / temperature - largest);
        if (pass == 0) sum += term;
        if (pass == 1) c[i * cols + j] += weight / temperature * (term / sum - (k == e ? 1 : 0));
      }
    }
    loss += weight * (largest + std::log(sum) - positive);
  };
  for (std::size_t e = 0; e < shape.num_positives; ++e) {
    const double w = edge_factor(weights.edges, e);
    add_side(e, cols, w * weights.rhs, [&](std::size_t k) { return std::pair{e, k}; });
    add_side(e, rows, w * weights.lhs, [&](std::size_t k) { return std::pair{k, e}; });
  }
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < cols; ++j) {
      if (entries.exists(i, j)) scores(i, j) = static_cast<float>(c[i * cols + j]);
    }
  }
  return loss;
}

double ranking_coefficients(const GroupShape& shape, const GroupWeights& weights, float margin,
                            std::span<const MaskedEntry> masked, MatrixView scores) {
  const Membership entries{shape, masked};
  const std::size_t p = shape.num_positives;
  std::vector<double> positive(p), d_positive(p);
  for (std::size_t i = 0; i < p; ++i) positive[i] = scores(i, i);
  double loss = 0;
  for (std::size_t i = 0; i < shape.num_sources(); ++i) {
    for (std::size_t j = 0; j < shape.num_targets(); ++j) {
      if (!entries.exists(i, j) || (i == j && i < p)) continue;
      double c = 0;
      if (entries.is_negative(i, j)) {
        const EntryWeights w = entry_weights(shape, weights, i, j);
        const auto add = [&](std::size_t edge, double weight) {
          const double violation = margin - positive[edge] + scores(i, j);
          if (violation <= 0) return;
          loss += weight * violation;
          c += weight;
          d_positive[edge] -= weight;
        };
        if (i < p) add(i, w.rhs);
        if (j < p) add(j, w.lhs);
      }
      scores(i, j) = static_cast<float>(c);
    }
  }
  for (std::size_t i = 0; i < p; ++i) scores(i, i) = static_cast<float>(d_positive[i]);
  return loss;
}

void gather(const SharedRows& rows, std::span<const std::uint32_t> ids, MatrixView out) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const float* row = static_cast<const float*>(rows.data) + ids[i] * rows.dim;
    std::copy_n(row, rows.dim, out.row(i));
  }
}

void store(const SharedRows& rows, std::span<const std::uint32_t> ids, ConstMatrixView values) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::copy_n(values.row(i), rows.dim, static_cast<float*>(rows.data) + ids[i] * rows.dim);
  }
}

namespace {

/// Calls f(id, row of the table, gradient) for each row that is updated.
template <class F>
void for_each_row(const SharedRows& rows, const RowGradients& g, F f) {
  for (std::size_t i = 0; i < g.ids.size(); ++i) {
    const std::size_t at = g.gradient_rows.empty() ? i : g.gradient_rows[i];
    f(g.ids[i], static_cast<float*>(rows.data) + g.ids[i] * rows.dim, g.gradient.row(at));
  }
}

}  // namespace

void update_row_adagrad(const SharedRows& rows, float* state, const RowGradients& gradients,
                        float learning_rate, float epsilon) {
  for_each_row(rows, gradients, [&](std::uint32_t id, float* row, const float* g) {
    const double mean = rows.dim == 0 ? 0 : dot_double(g, g, rows.dim) / double(rows.dim);
    state[id] = static_cast<float>(state[id] + mean);
    const double step = learning_rate / (std::sqrt(double{state[id]}) + epsilon);
    for (std::size_t d = 0; d < rows.dim; ++d) row[d] = static_cast<float>(row[d] - step * g[d]);
  });
}

void update_adagrad(const SharedRows& rows, MatrixView state, const RowGradients& gradients,
                    float learning_rate, float epsilon) {
  for_each_row(rows, gradients, [&](std::uint32_t id, float* row, const float* g) {
    for (std::size_t d = 0; d < rows.dim; ++d) {
      float& sum = state(id, d);
      sum = static_cast<float>(sum + double{g[d]} * g[d]);
      row[d] =
          static_cast<float>(row[d] - learning_rate * g[d] / (std::sqrt(double{sum}) + epsilon));
    }
  });
}

void update_sgd(const SharedRows& rows, const RowGradients& gradients, float learning_rate) {
  for_each_row(rows, gradients, [&](std::uint32_t, float* row, const float* g) {
    for (std::size_t d = 0; d < rows.dim; ++d) {
      row[d] = static_cast<float>(row[d] - double{learning_rate} * g[d]);
    }
  });
}

}  // namespace twhin::kernel::reference
