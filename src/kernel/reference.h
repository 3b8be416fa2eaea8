// kernel/reference.h -- the plain twin of every kernel: the formula as a loop, sums in double.
//
// Tests compare the fast kernels with these; nothing else calls them. Contracts are those of the
// headers that declare the fast ones.
#pragma once

#include "kernel/elementwise.h"
#include "kernel/group.h"
#include "kernel/rows.h"
#include "twhin/base/matrix_view.h"

namespace twhin::kernel::reference {

void multiply_abt(ConstMatrixView a, ConstMatrixView b, MatrixView out);
void multiply_add(ConstMatrixView c, ConstMatrixView b, MatrixView out);
void multiply_add_atb(ConstMatrixView c, ConstMatrixView a, MatrixView out);

void exp(const float* x, std::size_t n, float* out);
double logistic_positives(const float* scores, std::size_t n, float weight, float* coefficients);
double logistic_negatives(const float* scores, std::size_t n, float weight, float* coefficients);
double softmax(const float* scores, std::size_t n, float scale, float* out);
double log_sum_exp(const float* scores, std::size_t n, float scale);
float dot(const float* a, const float* b, std::size_t n);
void axpy(float alpha, const float* x, float* y, std::size_t n);
void scale(float alpha, float* x, std::size_t n);
void dot_rows(ConstMatrixView a, ConstMatrixView b, float* out);
void sums_of_squares(ConstMatrixView a, float* out);
void squared_distances(ConstMatrixView a, ConstMatrixView b, float* out);
void axpy_rows(const float* alpha, ConstMatrixView x, MatrixView y);
void scale_rows(const float* alpha, MatrixView x);
void add_to_rows(const float* v, MatrixView x);
void multiply_rows(const float* v, MatrixView x);
void add_sum_of_rows(ConstMatrixView x, float* out);
void add_sum_of_products(ConstMatrixView x, ConstMatrixView y, float* out);
void normalize_rows(ConstMatrixView x, float floor, MatrixView y, float* inverse_norms);
void normalize_rows_gradient(ConstMatrixView y, const float* inverse_norms, float floor,
                             ConstMatrixView dy, MatrixView dx);

void group_scores(const GroupShape& shape, ConstMatrixView sources, ConstMatrixView targets,
                  MatrixView scores);
void group_gradients(const GroupShape& shape, ConstMatrixView coefficients, ConstMatrixView sources,
                     ConstMatrixView targets, MatrixView d_sources, MatrixView d_targets);
double logistic_coefficients(const GroupShape& shape, const GroupWeights& weights,
                             std::span<const MaskedEntry> masked, MatrixView scores);
double softmax_coefficients(const GroupShape& shape, const SoftmaxWeights& weights,
                            float temperature, std::span<const MaskedEntry> masked,
                            MatrixView scores);
double ranking_coefficients(const GroupShape& shape, const GroupWeights& weights, float margin,
                            std::span<const MaskedEntry> masked, MatrixView scores);

// Of rows in f32 only.
void gather(const SharedRows& rows, std::span<const std::uint32_t> ids, MatrixView out);
void store(const SharedRows& rows, std::span<const std::uint32_t> ids, ConstMatrixView values);
void update_row_adagrad(const SharedRows& rows, float* state, const RowGradients& gradients,
                        float learning_rate, float epsilon);
void update_adagrad(const SharedRows& rows, MatrixView state, const RowGradients& gradients,
                    float learning_rate, float epsilon);
void update_sgd(const SharedRows& rows, const RowGradients& gradients, float learning_rate);

}  // namespace twhin::kernel::reference
