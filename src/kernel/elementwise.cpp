#include "kernel/elementwise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "kernel/shapes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/elementwise.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which chooses the target.
#include "kernel/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

// Sums of losses go on in double after this many vectors, which bounds their rounding.
constexpr std::size_t kVectorsPerSum = 8;

void exp_array(const float* x, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; i += kLanes) {
    const std::size_t lanes = lanes_at(i, n);
    store_lanes(exp_of_any(load_lanes(lanes, x + i)), lanes, out + i);
  }
}

// sign = 1: negatives. sign = -1: positives, whose loss is softplus(-s).
double logistic_array(const float* scores, std::size_t n, float weight, float sign,
                      float* coefficients) {
  const Tag d;
  const Floats factor = hn::Set(d, sign * weight), direction = hn::Set(d, sign);
  double loss = 0.0;
  for (std::size_t first = 0; first < n; first += kVectorsPerSum * kLanes) {
    const std::size_t end = std::min(n, first + kVectorsPerSum * kLanes);
    Floats sum = hn::Zero(d);
    for (std::size_t i = first; i < end; i += kLanes) {
      const std::size_t lanes = lanes_at(i, end);
      Floats s = hn::Mul(direction, load_lanes(lanes, scores + i));
      // What lies beyond the end counts nothing.
      if (lanes < kLanes) s = hn::IfThenElse(hn::FirstN(d, lanes), s, hn::Set(d, kMinusInfinity));
      const Logistic l = logistic(s);
      sum = hn::Add(sum, l.softplus);
      store_lanes(hn::Mul(factor, l.sigmoid), lanes, coefficients + i);
    }
    loss += double{sum_of_lanes(sum)};
  }
  return double{weight} * loss;
}

float max_array(const float* x, std::size_t n) {
  const Tag d;
  Floats largest = hn::Set(d, kMinusInfinity);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const std::size_t lanes = lanes_at(i, n);
    Floats v = load_lanes(lanes, x + i);
    if (lanes < kLanes) v = hn::IfThenElse(hn::FirstN(d, lanes), v, hn::Set(d, kMinusInfinity));
    largest = hn::Max(largest, v);
  }
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

// sum of e^(scale s - shift); stores the terms if out is given.
double sum_of_exp(const float* scores, std::size_t n, float scale, float shift, float* out) {
  const Tag d;
  double total = 0.0;
  for (std::size_t first = 0; first < n; first += kVectorsPerSum * kLanes) {
    const std::size_t end = std::min(n, first + kVectorsPerSum * kLanes);
    Floats sum = hn::Zero(d);
    for (std::size_t i = first; i < end; i += kLanes) {
      const std::size_t lanes = lanes_at(i, end);
      const Floats s = load_lanes(lanes, scores + i);
      const Floats term = exp_of_any(hn::Mul(hn::Sub(s, hn::Set(d, shift)), hn::Set(d, scale)));
      sum = hn::Add(sum, lanes < kLanes ? hn::IfThenElseZero(hn::FirstN(d, lanes), term) : term);
      if (out != nullptr) store_lanes(term, lanes, out + i);
    }
    total += double{sum_of_lanes(sum)};
  }
  return total;
}

void scale_array(float alpha, float* x, std::size_t n) {
  const Floats factor = hn::Set(Tag(), alpha);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const std::size_t lanes = lanes_at(i, n);
    store_lanes(hn::Mul(factor, load_lanes(lanes, x + i)), lanes, x + i);
  }
}

// The largest of scale * s decides the shift: for a negative scale that is the smallest score.
double softmax_array(const float* scores, std::size_t n, float scale, float* out) {
  if (n == 0) return -std::numeric_limits<double>::infinity();
  const float shift = max_array(scores, n);
  const double sum = sum_of_exp(scores, n, scale, shift, out);
  if (out != nullptr) scale_array(static_cast<float>(1.0 / sum), out, n);
  return double{scale} * double{shift} + std::log(sum);
}

float dot_array(const float* a, const float* b, std::size_t n) { return dot_product(a, b, n); }

void axpy_array(float alpha, const float* x, float* y, std::size_t n) {
  const Floats factor = hn::Set(Tag(), alpha);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const std::size_t lanes = lanes_at(i, n);
    store_lanes(hn::MulAdd(factor, load_lanes(lanes, x + i), load_lanes(lanes, y + i)), lanes,
                y + i);
  }
}

void dot_matrix(const ConstMatrixView& a, const ConstMatrixView& b, float* out) {
  for (std::size_t i = 0; i < a.rows; ++i) out[i] = dot_product(a.row(i), b.row(i), a.cols);
}

void squared_distance_matrix(const ConstMatrixView& a, const ConstMatrixView& b, float* out) {
  const Tag d;
  for (std::size_t r = 0; r < a.rows; ++r) {
    const float* x = a.row(r);
    const float* y = b.row(r);
    Floats sum = hn::Zero(d);
    for (std::size_t i = 0; i < a.cols; i += kLanes) {
      const std::size_t lanes = lanes_at(i, a.cols);
      const Floats difference = hn::Sub(load_lanes(lanes, x + i), load_lanes(lanes, y + i));
      sum = hn::MulAdd(difference, difference, sum);
    }
    out[r] = sum_of_lanes(sum);
  }
}

void axpy_matrix(const float* alpha, const ConstMatrixView& x, const MatrixView& y) {
  for (std::size_t i = 0; i < x.rows; ++i) axpy_array(alpha[i], x.row(i), y.row(i), x.cols);
}

void scale_matrix(const float* alpha, const MatrixView& x) {
  for (std::size_t i = 0; i < x.rows; ++i) scale_array(alpha[i], x.row(i), x.cols);
}

void add_vector(const float* v, const MatrixView& x) {
  for (std::size_t i = 0; i < x.cols; i += kLanes) {
    const std::size_t lanes = lanes_at(i, x.cols);
    const Floats term = load_lanes(lanes, v + i);
    for (std::size_t r = 0; r < x.rows; ++r) {
      float* at = x.row(r) + i;
      store_lanes(hn::Add(load_lanes(lanes, at), term), lanes, at);
    }
  }
}

void multiply_vector(const float* v, const MatrixView& x) {
  for (std::size_t i = 0; i < x.cols; i += kLanes) {
    const std::size_t lanes = lanes_at(i, x.cols);
    const Floats factor = load_lanes(lanes, v + i);
    for (std::size_t r = 0; r < x.rows; ++r) {
      float* at = x.row(r) + i;
      store_lanes(hn::Mul(load_lanes(lanes, at), factor), lanes, at);
    }
  }
}

void column_sums(const ConstMatrixView& x, float* out) {
  for (std::size_t i = 0; i < x.cols; i += kLanes) {
    const std::size_t lanes = lanes_at(i, x.cols);
    Floats sum = load_lanes(lanes, out + i);
    for (std::size_t r = 0; r < x.rows; ++r) {
      sum = hn::Add(sum, load_lanes(lanes, x.row(r) + i));
    }
    store_lanes(sum, lanes, out + i);
  }
}

void column_sums_of_products(const ConstMatrixView& x, const ConstMatrixView& y, float* out) {
  for (std::size_t i = 0; i < x.cols; i += kLanes) {
    const std::size_t lanes = lanes_at(i, x.cols);
    Floats sum = load_lanes(lanes, out + i);
    for (std::size_t r = 0; r < x.rows; ++r) {
      sum = hn::MulAdd(load_lanes(lanes, x.row(r) + i), load_lanes(lanes, y.row(r) + i), sum);
    }
    store_lanes(sum, lanes, out + i);
  }
}

void normalize_matrix(const ConstMatrixView& x, float floor, const MatrixView& y,
                      float* inverse_norms) {
  for (std::size_t r = 0; r < x.rows; ++r) {
    const float* from = x.row(r);
    float* to = y.row(r);
    const float norm = std::sqrt(dot_product(from, from, x.cols));
    // Not std::max, which would turn a NaN into the floor.
    const float inverse = 1.0f / (norm < floor ? floor : norm);
    inverse_norms[r] = inverse;
    const Floats factor = hn::Set(Tag(), inverse);
    for (std::size_t i = 0; i < x.cols; i += kLanes) {
      const std::size_t lanes = lanes_at(i, x.cols);
      store_lanes(hn::Mul(factor, load_lanes(lanes, from + i)), lanes, to + i);
    }
  }
}

void normalize_gradient_matrix(const ConstMatrixView& y, const float* inverse_norms, float floor,
                               const ConstMatrixView& dy, const MatrixView& dx) {
  const Tag d;
  const float inverse_floor = 1.0f / floor;
  for (std::size_t r = 0; r < y.rows; ++r) {
    const float* unit = y.row(r);
    const float* from = dy.row(r);
    float* to = dx.row(r);
    const bool only_scaled = inverse_norms[r] == inverse_floor;
    const Floats along = hn::Set(d, only_scaled ? 0.0f : dot_product(from, unit, y.cols));
    const Floats factor = hn::Set(d, inverse_norms[r]);
    for (std::size_t i = 0; i < y.cols; i += kLanes) {
      const std::size_t lanes = lanes_at(i, y.cols);
      const Floats across =
          hn::NegMulAdd(along, load_lanes(lanes, unit + i), load_lanes(lanes, from + i));
      store_lanes(hn::Mul(factor, across), lanes, to + i);
    }
  }
}

}  // namespace
}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace twhin::kernel {
namespace {

HWY_EXPORT(exp_array);
HWY_EXPORT(logistic_array);
HWY_EXPORT(softmax_array);
HWY_EXPORT(dot_array);
HWY_EXPORT(axpy_array);
HWY_EXPORT(scale_array);
HWY_EXPORT(dot_matrix);
HWY_EXPORT(squared_distance_matrix);
HWY_EXPORT(axpy_matrix);
HWY_EXPORT(scale_matrix);
HWY_EXPORT(add_vector);
HWY_EXPORT(multiply_vector);
HWY_EXPORT(column_sums);
HWY_EXPORT(column_sums_of_products);
HWY_EXPORT(normalize_matrix);
HWY_EXPORT(normalize_gradient_matrix);

void check_same(std::string_view function, ConstMatrixView x, ConstMatrixView y) {
  check_shape(function, "rows", "columns", y, x.rows, x.cols);
}

}  // namespace

void exp(const float* x, std::size_t n, float* out) { HWY_DYNAMIC_DISPATCH(exp_array)(x, n, out); }

double logistic_positives(const float* scores, std::size_t n, float weight, float* coefficients) {
  return HWY_DYNAMIC_DISPATCH(logistic_array)(scores, n, weight, -1.0f, coefficients);
}

double logistic_negatives(const float* scores, std::size_t n, float weight, float* coefficients) {
  return HWY_DYNAMIC_DISPATCH(logistic_array)(scores, n, weight, 1.0f, coefficients);
}

double softmax(const float* scores, std::size_t n, float scale, float* out) {
  return HWY_DYNAMIC_DISPATCH(softmax_array)(scores, n, scale, out);
}

double log_sum_exp(const float* scores, std::size_t n, float scale) {
  return HWY_DYNAMIC_DISPATCH(softmax_array)(scores, n, scale, nullptr);
}

float dot(const float* a, const float* b, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(dot_array)(a, b, n);
}

void axpy(float alpha, const float* x, float* y, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(axpy_array)(alpha, x, y, n);
}

void scale(float alpha, float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(scale_array)(alpha, x, n); }

void dot_rows(ConstMatrixView a, ConstMatrixView b, float* out) {
  check_same("dot_rows", a, b);
  HWY_DYNAMIC_DISPATCH(dot_matrix)(a, b, out);
}

void sums_of_squares(ConstMatrixView a, float* out) { HWY_DYNAMIC_DISPATCH(dot_matrix)(a, a, out); }

void squared_distances(ConstMatrixView a, ConstMatrixView b, float* out) {
  check_same("squared_distances", a, b);
  HWY_DYNAMIC_DISPATCH(squared_distance_matrix)(a, b, out);
}

void axpy_rows(const float* alpha, ConstMatrixView x, MatrixView y) {
  check_same("axpy_rows", x, y);
  HWY_DYNAMIC_DISPATCH(axpy_matrix)(alpha, x, y);
}

void scale_rows(const float* alpha, MatrixView x) { HWY_DYNAMIC_DISPATCH(scale_matrix)(alpha, x); }

void add_to_rows(const float* v, MatrixView x) { HWY_DYNAMIC_DISPATCH(add_vector)(v, x); }

void multiply_rows(const float* v, MatrixView x) { HWY_DYNAMIC_DISPATCH(multiply_vector)(v, x); }

void add_sum_of_rows(ConstMatrixView x, float* out) { HWY_DYNAMIC_DISPATCH(column_sums)(x, out); }

void add_sum_of_products(ConstMatrixView x, ConstMatrixView y, float* out) {
  check_same("add_sum_of_products", x, y);
  HWY_DYNAMIC_DISPATCH(column_sums_of_products)(x, y, out);
}

void normalize_rows(ConstMatrixView x, float floor, MatrixView y, float* inverse_norms) {
  check_same("normalize_rows", x, y);
  HWY_DYNAMIC_DISPATCH(normalize_matrix)(x, floor, y, inverse_norms);
}

void normalize_rows_gradient(ConstMatrixView y, const float* inverse_norms, float floor,
                             ConstMatrixView dy, MatrixView dx) {
  check_same("normalize_rows_gradient", y, dy);
  check_same("normalize_rows_gradient", y, dx);
  HWY_DYNAMIC_DISPATCH(normalize_gradient_matrix)(y, inverse_norms, floor, dy, dx);
}

}  // namespace twhin::kernel
#endif  // HWY_ONCE
