#include "model/operator_rows.h"

#include <algorithm>
#include <cmath>

#include "kernel/elementwise.h"
#include "kernel/products.h"

namespace twhin {
namespace {

void copy_rows(ConstMatrixView in, MatrixView out) {
  for (std::size_t i = 0; i < in.rows; ++i) std::copy_n(in.row(i), in.cols, out.row(i));
}

void set_zero(MatrixView rows) {
  for (std::size_t i = 0; i < rows.rows; ++i) std::fill_n(rows.row(i), rows.cols, 0.0f);
}

/// dim/2 complex factors, split as rows are.
struct ComplexFactors {
  const float* real;
  const float* imag;
};

/// e^(i phi) of each angle, written to `factors` [2 * angles.size()].
ComplexFactors turn_by(std::span<const float> angles, float* factors) {
  const std::size_t half = angles.size();
  for (std::size_t k = 0; k < half; ++k) {
    factors[k] = std::cos(angles[k]);
    factors[half + k] = std::sin(angles[k]);
  }
  return {factors, factors + half};
}

ComplexFactors complex_factors(Operator op, std::span<const float> params,
                               kernel::Scratch& scratch) {
  if (op == Operator::rotation) return turn_by(params, scratch.floats(2 * params.size()));
  return {params.data(), params.data() + params.size() / 2};
}

/// out = z * in; with conjugate: conj(z) * in, the adjoint. in and out may be the same rows.
void multiply_complex(ComplexFactors z, bool conjugate, ConstMatrixView in, MatrixView out) {
  const std::size_t half = in.cols / 2;
  const float sign = conjugate ? -1.0f : 1.0f;
  for (std::size_t i = 0; i < in.rows; ++i) {
    const float* x = in.row(i);
    float* y = out.row(i);
    for (std::size_t k = 0; k < half; ++k) {
      const float re = x[k], im = x[half + k];
      y[k] = z.real[k] * re - sign * z.imag[k] * im;
      y[half + k] = z.real[k] * im + sign * z.imag[k] * re;
    }
  }
}

/// With w = conj(in) * gradient, summed over the rows: re += its real part, im += its imaginary
/// part.
void add_complex_gradient(ConstMatrixView in, ConstMatrixView gradient, float* re, float* im) {
  const std::size_t half = in.cols / 2;
  for (std::size_t i = 0; i < in.rows; ++i) {
    const float* x = in.row(i);
    const float* g = gradient.row(i);
    for (std::size_t k = 0; k < half; ++k) {
      re[k] += x[k] * g[k] + x[half + k] * g[half + k];
      im[k] += x[k] * g[half + k] - x[half + k] * g[k];
    }
  }
}

void complex_gradient(std::span<const float> params, ConstMatrixView in, MatrixView gradient,
                      std::span<float> param_gradient) {
  const std::size_t half = in.cols / 2;
  add_complex_gradient(in, gradient, param_gradient.data(), param_gradient.data() + half);
  multiply_complex({params.data(), params.data() + half}, true, gradient, gradient);
}

void rotation_gradient(std::span<const float> angles, ConstMatrixView in, MatrixView gradient,
                       std::span<float> angle_gradient, kernel::Scratch& scratch) {
  const std::size_t half = in.cols / 2;
  float* to_factors = scratch.floats(4 * half);
  const ComplexFactors z = turn_by(angles, to_factors + 2 * half);
  std::fill_n(to_factors, 2 * half, 0.0f);
  add_complex_gradient(in, gradient, to_factors, to_factors + half);
  for (std::size_t k = 0; k < half; ++k) {  // dz/dphi = i z: along (-sin, cos)
    angle_gradient[k] += z.real[k] * to_factors[half + k] - z.imag[k] * to_factors[k];
  }
  multiply_complex(z, true, gradient, gradient);
}

void linear_gradient(std::span<const float> params, ConstMatrixView in, MatrixView gradient,
                     std::span<float> param_gradient, kernel::Scratch& scratch) {
  const std::size_t dim = in.cols;
  kernel::multiply_add_atb(gradient, in, MatrixView(param_gradient.data(), dim, dim));
  MatrixView outer(scratch.floats(gradient.rows * dim), gradient.rows, dim);
  copy_rows(gradient, outer);
  set_zero(gradient);
  kernel::multiply_add(outer, ConstMatrixView(params.data(), dim, dim), gradient);
}

}  // namespace

void apply_operator(Operator op, std::span<const float> params, ConstMatrixView in, MatrixView out,
                    kernel::Scratch& scratch) {
  const std::size_t dim = in.cols;
  switch (op) {
    case Operator::none:
      copy_rows(in, out);
      break;
    case Operator::translation:
      for (std::size_t i = 0; i < in.rows; ++i) {
        for (std::size_t d = 0; d < dim; ++d) out(i, d) = in(i, d) + params[d];
      }
      break;
    case Operator::diagonal:
      copy_rows(in, out);
      kernel::multiply_rows(params.data(), out);
      break;
    case Operator::complex_diagonal:
    case Operator::rotation:
      multiply_complex(complex_factors(op, params, scratch), false, in, out);
      break;
    case Operator::linear:
      kernel::multiply_abt(in, ConstMatrixView(params.data(), dim, dim), out, scratch);
      break;
    case Operator::affine:
      kernel::multiply_abt(in, ConstMatrixView(params.data(), dim, dim), out, scratch);
      kernel::add_to_rows(params.data() + dim * dim, out);
      break;
  }
}

void operator_gradient(Operator op, std::span<const float> params, ConstMatrixView in,
                       MatrixView gradient, std::span<float> param_gradient,
                       kernel::Scratch& scratch) {
  const std::size_t dim = in.cols;
  switch (op) {
    case Operator::none:
      break;
    case Operator::translation:
      kernel::add_sum_of_rows(gradient, param_gradient.data());
      break;
    case Operator::diagonal:
      kernel::add_sum_of_products(gradient, in, param_gradient.data());
      kernel::multiply_rows(params.data(), gradient);
      break;
    case Operator::complex_diagonal:
      complex_gradient(params, in, gradient, param_gradient);
      break;
    case Operator::rotation:
      rotation_gradient(params, in, gradient, param_gradient, scratch);
      break;
    case Operator::affine:
      kernel::add_sum_of_rows(gradient, param_gradient.data() + dim * dim);
      linear_gradient(params, in, gradient, param_gradient, scratch);
      break;
    case Operator::linear:
      linear_gradient(params, in, gradient, param_gradient, scratch);
      break;
  }
}

void apply_adjoint(Operator op, std::span<const float> params, ConstMatrixView in, MatrixView out,
                   std::span<float> bias, kernel::Scratch& scratch) {
  const std::size_t dim = in.cols;
  std::fill(bias.begin(), bias.end(), 0.0f);
  const float* shift = op == Operator::translation ? params.data()
                       : op == Operator::affine    ? params.data() + dim * dim
                                                   : nullptr;
  for (std::size_t i = 0; shift && i < in.rows; ++i) bias[i] = kernel::dot(in.row(i), shift, dim);
  switch (op) {
    case Operator::none:
    case Operator::translation:
      copy_rows(in, out);
      break;
    case Operator::diagonal:
      apply_operator(op, params, in, out, scratch);
      break;
    case Operator::complex_diagonal:
    case Operator::rotation:
      multiply_complex(complex_factors(op, params, scratch), true, in, out);
      break;
    case Operator::linear:
    case Operator::affine:
      set_zero(out);
      kernel::multiply_add(in, ConstMatrixView(params.data(), dim, dim), out);
      break;
  }
}

}  // namespace twhin
