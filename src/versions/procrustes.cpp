#include "versions/procrustes.h"

#include <algorithm>
#include <cmath>

#include "twhin/base/error.h"

namespace twhin {
namespace {

constexpr int kMostSweeps = 60;  // about 8 are needed: convergence is quadratic at the end

double dot(const double* a, const double* b, std::size_t n) {
  double sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (std::size_t l = 0; l < 4; ++l) sums[l] += a[i + l] * b[i + l];
  }
  for (; i < n; ++i) sums[0] += a[i] * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// (a, b) <- (c a - s b, s a + c b)
void rotate(double* a, double* b, std::size_t n, double c, double s) {
  for (std::size_t i = 0; i < n; ++i) {
    const double x = a[i], y = b[i];
    a[i] = c * x - s * y;
    b[i] = s * x + c * y;
  }
}

// Makes row p of `rows` a unit vector that is orthogonal to those before it.
void complete(std::vector<double>& rows, std::size_t p, std::size_t dim) {
  double* row = rows.data() + p * dim;
  for (std::size_t axis = 0; axis < dim; ++axis) {
    std::fill_n(row, dim, 0.0);
    row[axis] = 1.0;
    for (int again = 0; again < 2; ++again) {  // once more, for what rounding left
      for (std::size_t q = 0; q < p; ++q) {
        const double* other = rows.data() + q * dim;
        const double along = dot(row, other, dim);
        for (std::size_t i = 0; i < dim; ++i) row[i] -= along * other[i];
      }
    }
    const double length = std::sqrt(dot(row, row, dim));
    if (length < 0.5 / std::sqrt(static_cast<double>(dim))) continue;  // some axis is longer
    for (std::size_t i = 0; i < dim; ++i) row[i] /= length;
    return;
  }
}

// Rotates the pairs of rows of a, and those of v with them. False if all were orthogonal.
bool sweep(std::vector<double>& a, std::vector<double>& v, std::size_t dim) {
  const double tolerance = 1e-15 * std::sqrt(static_cast<double>(dim));
  bool rotated = false;
  for (std::size_t p = 0; p + 1 < dim; ++p) {
    for (std::size_t q = p + 1; q < dim; ++q) {
      double *ap = a.data() + p * dim, *aq = a.data() + q * dim;
      const double pp = dot(ap, ap, dim), qq = dot(aq, aq, dim), pq = dot(ap, aq, dim);
      if (std::abs(pq) <= tolerance * std::sqrt(pp) * std::sqrt(qq)) continue;
      rotated = true;
      const double zeta = (qq - pp) / (2.0 * pq);
      const double t = std::copysign(1.0, zeta) / (std::abs(zeta) + std::hypot(1.0, zeta));
      const double c = 1.0 / std::sqrt(1.0 + t * t), s = c * t;
      rotate(ap, aq, dim, c, s);
      rotate(v.data() + p * dim, v.data() + q * dim, dim, c, s);
    }
  }
  return rotated;
}

}  // namespace

std::vector<double> nearest_rotation(std::size_t dim, const std::vector<double>& product) {
  // Rows of `a` are the columns of the product, so that a pair lies in two stretches of memory.
  double largest = 0.0;
  for (const double x : product) largest = std::max(largest, std::abs(x));
  std::vector<double> a(dim * dim), v(dim * dim, 0.0);
  for (std::size_t i = 0; i < dim; ++i) {
    v[i * dim + i] = 1.0;
    for (std::size_t j = 0; j < dim; ++j) {
      a[j * dim + i] = largest > 0.0 ? product[i * dim + j] / largest : 0.0;
    }
  }
  int sweeps = 0;
  while (sweep(a, v, dim)) {
    if (++sweeps == kMostSweeps) {
      throw ErrorBuilder(ErrorKind::internal, "drift.no_rotation")
          .what("the rotation between two versions could not be found")
          .build();
    }
  }
  // Now the rows of a are S_j u_j and those of v are v_j; the long ones come first.
  std::vector<double> lengths(dim);
  std::vector<std::size_t> order(dim);
  for (std::size_t j = 0; j < dim; ++j) {
    order[j] = j;
    lengths[j] = std::sqrt(dot(a.data() + j * dim, a.data() + j * dim, dim));
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t x, std::size_t y) { return lengths[x] > lengths[y]; });
  const double least = lengths[order[0]] * static_cast<double>(dim) * 1e-15;
  std::vector<double> u(dim * dim), rotation(dim * dim, 0.0);
  for (std::size_t p = 0; p < dim; ++p) {
    const std::size_t j = order[p];
    if (lengths[j] > least) {
      for (std::size_t i = 0; i < dim; ++i) u[p * dim + i] = a[j * dim + i] / lengths[j];
    } else {
      complete(u, p, dim);
    }
    for (std::size_t i = 0; i < dim; ++i) {
      for (std::size_t k = 0; k < dim; ++k) {
        rotation[i * dim + k] += u[p * dim + i] * v[j * dim + k];
      }
    }
  }
  return rotation;
}

}  // namespace twhin
