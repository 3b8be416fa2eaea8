#include "mixture/one_row.h"

#include <algorithm>
#include <cmath>

#include "kernel/elementwise.h"
#include "kernel/products.h"
#include "model/comparator_scores.h"
#include "model/operator_rows.h"

namespace twhin {
namespace {

float score_of(Comparator comparator, float product, float square_a, float square_b) {
  if (!is_distance(comparator)) return product;
  const float squared = square_a + square_b - 2.0f * product;
  if (comparator == Comparator::squared_l2) return -squared;
  return -std::sqrt(std::max(squared, kMinSquaredDistance));
}

}  // namespace

FrozenRows freeze(Comparator comparator, const Transform& q, ConstMatrixView rows) {
  FrozenRows out;
  out.dim = rows.cols;
  out.rows.resize(rows.rows * rows.cols);
  const MatrixView view(out.rows.data(), rows.rows, rows.cols);
  kernel::Scratch scratch;
  apply_operator(q.op, q.params, rows, view, scratch);
  if (comparator == Comparator::cos) {
    std::vector<float> norms(rows.rows);
    kernel::normalize_rows(view, kMinNorm, view, norms.data());
  }
  if (is_distance(comparator)) {
    out.squares.resize(rows.rows);
    kernel::sums_of_squares(view, out.squares.data());
  }
  return out;
}

void frozen_scores(Comparator comparator, const FrozenRows& a, const FrozenRows& b,
                   MatrixView out) {
  kernel::Scratch scratch;
  kernel::multiply_abt(a.view(), b.view(), out, scratch);
  if (!is_distance(comparator)) return;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) {
      out(i, j) = score_of(comparator, out(i, j), a.squares[i], b.squares[j]);
    }
  }
}

OneRow::OneRow(Comparator comparator, Transform p, std::size_t dim)
    : comparator_(comparator),
      p_(p),
      dim_(dim),
      moved_(dim),
      back_(dim),
      parameters_(p.params.size()) {}

void OneRow::scores(const float* x, const FrozenRows& rows, std::span<float> scores) {
  apply_operator(p_.op, p_.params, ConstMatrixView(x, 1, dim_), MatrixView(moved_.data(), 1, dim_),
                 scratch_);
  norm_ = std::max(std::sqrt(kernel::dot(moved_.data(), moved_.data(), dim_)), kMinNorm);
  if (comparator_ == Comparator::cos) kernel::scale(1.0f / norm_, moved_.data(), dim_);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const float product = kernel::dot(moved_.data(), rows.rows.data() + k * dim_, dim_);
    scores[k] = rows.squares.empty()
                    ? product
                    : score_of(comparator_, product, norm_ * norm_, rows.squares[k]);
  }
}

void OneRow::add_gradient(const float* x, const FrozenRows& rows, std::span<const float> scores,
                          std::span<const float> coefficients, float* gradient) {
  std::fill(back_.begin(), back_.end(), 0.0f);
  float sum = 0.0f;  // of what stands before -p(x) for distances
  for (std::size_t k = 0; k < rows.size(); ++k) {
    float c = coefficients[k];
    if (c == 0.0f) continue;
    if (comparator_ == Comparator::squared_l2) c *= 2.0f;
    if (comparator_ == Comparator::l2) c = scores[k] < 0.0f ? c / -scores[k] : 0.0f;
    sum += c;
    kernel::axpy(c, rows.rows.data() + k * dim_, back_.data(), dim_);
  }
  if (is_distance(comparator_)) kernel::axpy(-sum, moved_.data(), back_.data(), dim_);
  if (comparator_ == Comparator::cos) {  // onto the tangent of the sphere
    const float along = kernel::dot(back_.data(), moved_.data(), dim_);
    kernel::axpy(-along, moved_.data(), back_.data(), dim_);
    kernel::scale(1.0f / norm_, back_.data(), dim_);
  }
  operator_gradient(p_.op, p_.params, ConstMatrixView(x, 1, dim_),
                    MatrixView(back_.data(), 1, dim_), parameters_, scratch_);
  kernel::axpy(1.0f, back_.data(), gradient, dim_);
}

}  // namespace twhin
