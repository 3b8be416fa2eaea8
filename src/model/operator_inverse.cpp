#include "model/operator_inverse.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace twhin {
namespace {

using Numbers = std::vector<double>;

bool stretches(const Numbers& moduli) {
  const auto [least, most] = std::minmax_element(moduli.begin(), moduli.end());
  return !moduli.empty() && !(*most <= kLargestStretch * *least && *least > 0.0);
}

double largest(const Numbers& values) {
  double most = 0.0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

// Gauss-Jordan with the largest pivot of each column. Empty if there is no inverse.
Numbers inverse_matrix(Numbers a, std::size_t n) {
  Numbers out(n * n);
  for (std::size_t i = 0; i < n; ++i) out[i * n + i] = 1.0;
  const double scale = largest(a);
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t i = c + 1; i < n; ++i) {
      if (std::abs(a[i * n + c]) > std::abs(a[pivot * n + c])) pivot = i;
    }
    const double value = a[pivot * n + c];
    if (!(std::abs(value) > 1e-12 * scale)) return {};
    for (Numbers* m : {&a, &out}) {
      for (std::size_t k = 0; k < n; ++k) {
        std::swap((*m)[c * n + k], (*m)[pivot * n + k]);
        (*m)[c * n + k] /= value;
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double factor = a[i * n + c];
      if (i == c || factor == 0.0) continue;
      for (std::size_t k = 0; k < n; ++k) {
        a[i * n + k] -= factor * a[c * n + k];
        out[i * n + k] -= factor * out[c * n + k];
      }
    }
  }
  return out;
}

std::optional<std::vector<float>> inverse_of_matrix(std::span<const float> params, std::size_t n) {
  const Numbers matrix(params.begin(), params.begin() + static_cast<std::ptrdiff_t>(n * n));
  const Numbers inverse = inverse_matrix(matrix, n);
  if (inverse.empty() || largest(matrix) * largest(inverse) > kLargestStretch) return std::nullopt;
  std::vector<float> out(inverse.begin(), inverse.end());
  for (std::size_t i = 0; params.size() > n * n && i < n; ++i) {
    double sum = 0.0;
    for (std::size_t k = 0; k < n; ++k) {
      sum += inverse[i * n + k] * static_cast<double>(params[n * n + k]);
    }
    out.push_back(static_cast<float>(-sum));
  }
  return out;
}

}  // namespace

std::optional<std::vector<float>> inverse_params(Operator op, std::span<const float> params,
                                                 std::size_t dim) {
  std::vector<float> out(params.begin(), params.end());
  switch (op) {
    case Operator::none:
      return out;
    case Operator::translation:
    case Operator::rotation:
      for (float& value : out) value = -value;
      return out;
    case Operator::diagonal: {
      Numbers moduli;
      for (const float value : params) moduli.push_back(std::abs(static_cast<double>(value)));
      if (stretches(moduli)) return std::nullopt;
      for (float& value : out) value = 1.0f / value;
      return out;
    }
    case Operator::complex_diagonal: {
      const std::size_t half = dim / 2;
      Numbers moduli;
      for (std::size_t k = 0; k < half; ++k) {
        const double re = params[k], im = params[half + k], square = re * re + im * im;
        moduli.push_back(std::sqrt(square));
        out[k] = static_cast<float>(re / square);
        out[half + k] = static_cast<float>(-im / square);
      }
      if (stretches(moduli)) return std::nullopt;
      return out;
    }
    case Operator::linear:
    case Operator::affine:
      return inverse_of_matrix(params, dim);
  }
  return std::nullopt;
}

}  // namespace twhin
