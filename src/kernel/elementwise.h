// kernel/elementwise.h -- loops over numbers and over rows.
//
// eps is 2^-24, half the distance from 1 to the next float. Sums of floats are reordered and fused
// (|error| <= n eps sum |terms|); the bits depend on the CPU's vector width and on the size.
// Lengths and numbers of rows may be 0. An output may be the same memory as an input of the same
// shape, and overlaps no other. Matrices of one call have the same shape unless it says otherwise;
// if not: invalid_argument "kernel.shape". NaN stays in the numbers that depend on it.
#pragma once

#include <cstddef>

#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

// -- numbers ----------------------------------------------------------------------------------

/// out[i] = e^x[i]. Relative error at most 4 eps; 0 below -86.98 (no denormals come out), infinity
/// above 88.72.
void exp(const float* x, std::size_t n, float* out);

/// Loss and gradient of true edges. coefficients[i] = w (sigmoid(s[i]) - 1); returns
/// w sum softplus(-s[i]). Errors as in logistic_negatives.
double logistic_positives(const float* scores, std::size_t n, float weight, float* coefficients);

/// Loss and gradient of negatives. coefficients[i] = w sigmoid(s[i]); returns w sum softplus(s[i]),
/// softplus(s) = log(1 + e^s). No finite score overflows; -infinity counts nothing. Coefficients
/// are within 8 eps w, the loss within 24 eps of itself.
double logistic_negatives(const float* scores, std::size_t n, float weight, float* coefficients);

/// out[i] = e^(scale s[i]) / sum_j e^(scale s[j]); returns log of that sum. Entries of -infinity
/// have probability 0; at least one must be larger. scale > 0. n = 0 returns -infinity.
double softmax(const float* scores, std::size_t n, float scale, float* out);

/// log sum_j e^(scale s[j]), without the probabilities.
double log_sum_exp(const float* scores, std::size_t n, float scale);

/// sum_i a[i] b[i]
float dot(const float* a, const float* b, std::size_t n);

/// y[i] += alpha x[i]
void axpy(float alpha, const float* x, float* y, std::size_t n);

/// x[i] *= alpha
void scale(float alpha, float* x, std::size_t n);

// -- rows -------------------------------------------------------------------------------------

/// out[i] = <a_i, b_i>
void dot_rows(ConstMatrixView a, ConstMatrixView b, float* out);

/// out[i] = <a_i, a_i>
void sums_of_squares(ConstMatrixView a, float* out);

/// out[i] = |a_i - b_i|^2
void squared_distances(ConstMatrixView a, ConstMatrixView b, float* out);

/// y_i += alpha[i] x_i
void axpy_rows(const float* alpha, ConstMatrixView x, MatrixView y);

/// x_i *= alpha[i]
void scale_rows(const float* alpha, MatrixView x);

/// x_i += v for every row. v [cols]
void add_to_rows(const float* v, MatrixView x);

/// x_i *= v, element by element, for every row. v [cols]
void multiply_rows(const float* v, MatrixView x);

/// out += sum_i x_i. out [cols]
void add_sum_of_rows(ConstMatrixView x, float* out);

/// out += sum_i x_i * y_i, element by element. out [cols]
void add_sum_of_products(ConstMatrixView x, ConstMatrixView y, float* out);

/// y_i = x_i / max(|x_i|, floor); inverse_norms[i] = 1 / max(|x_i|, floor). Elements up to 1e18 in
/// magnitude; beyond, the norm overflows. floor > 0.
void normalize_rows(ConstMatrixView x, float floor, MatrixView y, float* inverse_norms);

/// Gradient of normalize_rows: dx_i = n_i (dy_i - <dy_i, y_i> y_i) with n_i = inverse_norms[i]; a
/// row below the floor was only scaled, and so is its gradient: dx_i = n_i dy_i.
void normalize_rows_gradient(ConstMatrixView y, const float* inverse_norms, float floor,
                             ConstMatrixView dy, MatrixView dx);

}  // namespace twhin::kernel
