// model/comparator_scores.h -- comparators as one matrix product and corrections along its sides.
//
//     P = a b'   products of (prepared) rows
//     S          scores, from P and the rows' squared norms
//
//   comparator   prepared rows   S                                  dL/dP from C = dL/dS
//   dot          x               P                                  C
//   cos          x / |x|         P                                  C
//   squared_l2   x               -(|a|^2 + |b|^2 - 2P)              2 C
//   l2           x               -sqrt(max(|a|^2 + |b|^2 - 2P, m))  C / |S|, 0 at the clamp
//
// For the distances, with K = dL/dP, the norms add to the gradient of row a_i the term
// -(sum_j K_ij) a_i, and to that of b_j the term -(sum_i K_ij) b_j; for cos the gradient is
// projected onto the tangent of the unit sphere and divided by |x|.
//
// The functions that walk over matrices take spans of consecutive entries, since a group's matrix
// has a corner that does not exist.
#pragma once

#include <cstddef>
#include <span>

#include "twhin/base/matrix_view.h"
#include "twhin/model/comparators.h"

namespace twhin {

constexpr bool is_distance(Comparator c) {
  return c == Comparator::l2 || c == Comparator::squared_l2;
}

/// m of the head of the file, and of PyTorch-BigGraph: keeps the square root differentiable.
inline constexpr float kMinSquaredDistance = 1e-30f;
/// Rows shorter than this count as this long for cos.
inline constexpr float kMinNorm = 1e-12f;

/// y_i = x_i / max(|x_i|, kMinNorm), the inverse norms for normalize_gradient. y may be x.
/// Shapes x, y [n, dim]; inverse_norms [n].
void normalize(ConstMatrixView x, MatrixView y, std::span<float> inverse_norms);

/// Turns the gradient to y of normalize() into the one to x, in place. Rows below kMinNorm get 0.
void normalize_gradient(ConstMatrixView y, std::span<const float> inverse_norms,
                        MatrixView gradient);

/// The score of a squared distance.
float score_of_distance(Comparator comparator, float squared);

/// Products to scores, in place: entries [n] of a row whose own squared norm is `row_norm`, against
/// rows with squared norms `col_norms` [n]. Distances only.
void scores_from_products(Comparator comparator, float row_norm, const float* col_norms,
                          std::size_t n, float* entries);

/// C to K, in place, for entries [n] of one row with their scores; adds the K's to the sums of
/// their row and of their columns [n]. Distances only.
void product_gradient(Comparator comparator, const float* scores, std::size_t n, float* entries,
                      float* row_sum, float* col_sums);

}  // namespace twhin
