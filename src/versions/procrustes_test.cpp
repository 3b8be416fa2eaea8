#include "versions/procrustes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "twhin/base/rng.h"

namespace twhin {
namespace {

using Matrix = std::vector<double>;

Matrix normals(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  Rng rng(seed);
  Matrix out(rows * cols);
  for (double& x : out) x = rng.normal();
  return out;
}

// a [m, n] transposed, times b [m, k].
Matrix product_atb(const Matrix& a, const Matrix& b, std::size_t m, std::size_t n, std::size_t k) {
  Matrix out(n * k, 0.0);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t l = 0; l < k; ++l) out[j * k + l] += a[i * n + j] * b[i * k + l];
    }
  }
  return out;
}

// The sum of products of elements: trace of a'b.
double inner(const Matrix& a, const Matrix& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Each of dim^2 sums of dim products is off by a few eps for each of some ten sweeps.
double bound(std::size_t dim) { return 100.0 * static_cast<double>(dim) * 0x1p-53; }

void expect_orthogonal(const Matrix& r, std::size_t dim) {
  const Matrix square = product_atb(r, r, dim, dim, dim);
  for (std::size_t i = 0; i < dim; ++i) {
    for (std::size_t j = 0; j < dim; ++j) {
      EXPECT_NEAR(square[i * dim + j], i == j ? 1.0 : 0.0, bound(dim)) << i << ", " << j;
    }
  }
}

class Procrustes : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Procrustes, FindsTheRotationThatRowsWereTurnedBy) {
  const std::size_t dim = GetParam(), n = 3 * dim + 5;
  const Matrix turn = nearest_rotation(dim, normals(dim, dim, 1));  // some orthogonal matrix
  const Matrix x = normals(n, dim, 2);
  Matrix y(n * dim, 0.0);  // x turn'
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < dim; ++j) {
      for (std::size_t k = 0; k < dim; ++k) y[i * dim + j] += x[i * dim + k] * turn[j * dim + k];
    }
  }
  const Matrix found = nearest_rotation(dim, product_atb(y, x, n, dim, dim));
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], turn[i], 100 * bound(dim));
}

TEST_P(Procrustes, IsOrthogonalAndNoOtherRotationIsNearer) {
  const std::size_t dim = GetParam();
  const Matrix product = normals(dim, dim, 3);
  const Matrix best = nearest_rotation(dim, product);
  expect_orthogonal(best, dim);
  // sum |y R - x|^2 is least where the trace of R' product is largest.
  const double trace = inner(best, product);
  for (std::uint64_t seed = 10; seed < 20; ++seed) {
    EXPECT_GE(trace, inner(nearest_rotation(dim, normals(dim, dim, seed)), product) - bound(dim));
  }
  Matrix reflected = best;
  for (std::size_t j = 0; j < dim; ++j) reflected[j] = -reflected[j];
  EXPECT_GE(trace, inner(reflected, product));
}

TEST_P(Procrustes, WhatTheProductLeavesOpenIsCompleted) {
  const std::size_t dim = GetParam();
  expect_orthogonal(nearest_rotation(dim, Matrix(dim * dim, 0.0)), dim);
  const Matrix a = normals(1, dim, 4), b = normals(1, dim, 5);
  const Matrix rank_one = product_atb(a, b, 1, dim, dim);
  const Matrix r = nearest_rotation(dim, rank_one);
  expect_orthogonal(r, dim);
  EXPECT_NEAR(inner(r, rank_one), std::sqrt(inner(a, a) * inner(b, b)),
              bound(dim) * inner(a, a) * inner(b, b));
}

INSTANTIATE_TEST_SUITE_P(Dims, Procrustes, ::testing::Values(1, 2, 3, 8, 33));

}  // namespace
}  // namespace twhin
