#include "kernel/elementwise.h"

#include "kernel/reference.h"
#include "kernel/shapes.h"

namespace twhin::kernel {
namespace {

void check_same(std::string_view function, ConstMatrixView x, ConstMatrixView y) {
  check_shape(function, "rows", "columns", y, x.rows, x.cols);
}

}  // namespace

void exp(const float* x, std::size_t n, float* out) { reference::exp(x, n, out); }
double logistic_positives(const float* scores, std::size_t n, float weight, float* coefficients) {
  return reference::logistic_positives(scores, n, weight, coefficients);
}
double logistic_negatives(const float* scores, std::size_t n, float weight, float* coefficients) {
  return reference::logistic_negatives(scores, n, weight, coefficients);
}
double softmax(const float* scores, std::size_t n, float scale, float* out) {
  return reference::softmax(scores, n, scale, out);
}
double log_sum_exp(const float* scores, std::size_t n, float scale) {
  return reference::log_sum_exp(scores, n, scale);
}
float dot(const float* a, const float* b, std::size_t n) { return reference::dot(a, b, n); }
void axpy(float alpha, const float* x, float* y, std::size_t n) { reference::axpy(alpha, x, y, n); }
void scale(float alpha, float* x, std::size_t n) { reference::scale(alpha, x, n); }
void dot_rows(ConstMatrixView a, ConstMatrixView b, float* out) {
  check_same("dot_rows", a, b);
  reference::dot_rows(a, b, out);
}
void sums_of_squares(ConstMatrixView a, float* out) { reference::sums_of_squares(a, out); }
void squared_distances(ConstMatrixView a, ConstMatrixView b, float* out) {
  check_same("squared_distances", a, b);
  reference::squared_distances(a, b, out);
}
void axpy_rows(const float* alpha, ConstMatrixView x, MatrixView y) {
  check_same("axpy_rows", x, y);
  reference::axpy_rows(alpha, x, y);
}
void scale_rows(const float* alpha, MatrixView x) { reference::scale_rows(alpha, x); }
void add_to_rows(const float* v, MatrixView x) { reference::add_to_rows(v, x); }
void multiply_rows(const float* v, MatrixView x) { reference::multiply_rows(v, x); }
void add_sum_of_rows(ConstMatrixView x, float* out) { reference::add_sum_of_rows(x, out); }
void add_sum_of_products(ConstMatrixView x, ConstMatrixView y, float* out) {
  check_same("add_sum_of_products", x, y);
  reference::add_sum_of_products(x, y, out);
}
void normalize_rows(ConstMatrixView x, float floor, MatrixView y, float* inverse_norms) {
  check_same("normalize_rows", x, y);
  reference::normalize_rows(x, floor, y, inverse_norms);
}
void normalize_rows_gradient(ConstMatrixView y, const float* inverse_norms, float floor,
                             ConstMatrixView dy, MatrixView dx) {
  check_same("normalize_rows_gradient", y, dy);
  check_same("normalize_rows_gradient", y, dx);
  reference::normalize_rows_gradient(y, inverse_norms, floor, dy, dx);
}

}  // namespace twhin::kernel
