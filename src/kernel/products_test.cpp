#include "kernel/products.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <ostream>
#include <vector>

#include "kernel/reference.h"
#include "kernel/test_matrix.h"
#include "kernel/test_targets.h"
#include "twhin/base/error.h"

namespace twhin::kernel {
namespace {

constexpr double kEps = 0x1p-24;

struct Shape {
  std::size_t m, n, k;
  friend std::ostream& operator<<(std::ostream& os, const Shape& s) {
    return os << "m " << s.m << ", n " << s.n << ", k " << s.k;
  }
};

// Around the edges of vectors (1, 4, 8, 16), of tiles (4, 6, 8, 12 rows; up to 4 vectors), of the
// blocks of the inner index (128), of the choice between the two score kernels (m = k / 12), and
// the empty ones.
const Shape kShapes[] = {
    {0, 3, 8},     {3, 0, 8},     {3, 3, 0},     {0, 0, 0},     {1, 1, 1},      {1, 1, 4},
    {2, 3, 3},     {1, 17, 5},    {3, 4, 15},    {4, 15, 16},   {5, 16, 17},    {6, 17, 31},
    {7, 31, 32},   {8, 32, 33},   {9, 33, 63},   {11, 47, 64},  {12, 48, 65},   {13, 49, 95},
    {14, 63, 96},  {17, 64, 97},  {19, 65, 127}, {24, 79, 128}, {25, 80, 129},  {26, 81, 130},
    {50, 50, 128}, {50, 100, 64}, {10, 7, 120},  {11, 7, 120},  {1, 100, 1024}, {86, 5, 1024},
    {7, 112, 255}, {3, 20, 256},  {70, 20, 257}, {5, 130, 12},  {5, 128, 4},    {37, 257, 6},
};

class Products : public ::testing::TestWithParam<Shape> {};

// Sum of |x y| of every element of a product, for the bound |error| <= (terms + 2) eps sum |x y|:
// one rounding for each product, each addition and the addition to the output.
std::vector<double> magnitudes(
    std::size_t rows, std::size_t cols, std::size_t terms,
    const std::function<double(std::size_t, std::size_t, std::size_t)>& product) {
  std::vector<double> out(rows * cols);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < cols; ++j) {
      for (std::size_t t = 0; t < terms; ++t) out[i * cols + j] += std::abs(product(i, j, t));
    }
  }
  return out;
}

void expect_near(const TestMatrix& found, const TestMatrix& exact, const TestMatrix* before,
                 const std::vector<double>& magnitude, std::size_t terms) {
  for (std::size_t i = 0; i < found.rows(); ++i) {
    for (std::size_t j = 0; j < found.cols(); ++j) {
      const double sum = magnitude[i * found.cols() + j] +
                         (before != nullptr ? std::abs(double{(*before)(i, j)}) : 0.0);
      ASSERT_NEAR(found(i, j), exact(i, j), double(terms + 2) * kEps * sum) << i << ' ' << j;
    }
  }
}

TEST_P(Products, OfRowsMatchDoublePrecisionWithinTheRoundingBound) {
  const auto [m, n, k] = GetParam();
  const TestMatrix a = TestMatrix::random(m, k, 1, 3), b = TestMatrix::random(n, k, 2, 1);
  TestMatrix exact(m, n);
  reference::multiply_abt(a.view(), b.view(), exact.view());
  const auto magnitude =
      magnitudes(m, n, k, [&](auto i, auto j, auto t) { return double{a(i, t)} * b(j, t); });
  on_each_target([&, m = m, n = n, k = k] {
    TestMatrix out(m, n, 5);
    Scratch scratch;
    multiply_abt(a.view(), b.view(), out.view(), scratch);
    expect_near(out, exact, nullptr, magnitude, k);
    EXPECT_TRUE(out.untouched_gaps());
  });
}

TEST_P(Products, OfCoefficientsMatchDoublePrecisionWithinTheRoundingBound) {
  const auto [m, k, n] = GetParam();  // k terms
  const TestMatrix c = TestMatrix::random(m, k, 3, 2), b = TestMatrix::random(k, n, 4, 7);
  const TestMatrix before = TestMatrix::random(m, n, 5, 3);
  TestMatrix exact = before;
  reference::multiply_add(c.view(), b.view(), exact.view());
  const auto magnitude =
      magnitudes(m, n, k, [&](auto i, auto j, auto t) { return double{c(i, t)} * b(t, j); });
  on_each_target([&, k = k] {
    TestMatrix out = before;
    multiply_add(c.view(), b.view(), out.view());
    expect_near(out, exact, &before, magnitude, k);
    EXPECT_TRUE(out.untouched_gaps());
  });
}

TEST_P(Products, OfTransposedCoefficientsMatchDoublePrecisionWithinTheRoundingBound) {
  const auto [n, m, k] = GetParam();  // m terms
  const TestMatrix c = TestMatrix::random(m, n, 6, 1), a = TestMatrix::random(m, k, 7, 2);
  const TestMatrix before = TestMatrix::random(n, k, 8, 4);
  TestMatrix exact = before;
  reference::multiply_add_atb(c.view(), a.view(), exact.view());
  const auto magnitude =
      magnitudes(n, k, m, [&](auto i, auto j, auto t) { return double{c(t, i)} * a(t, j); });
  on_each_target([&, m = m] {
    TestMatrix out = before;
    multiply_add_atb(c.view(), a.view(), out.view());
    expect_near(out, exact, &before, magnitude, m);
    EXPECT_TRUE(out.untouched_gaps());
  });
}

INSTANTIATE_TEST_SUITE_P(Shapes, Products, ::testing::ValuesIn(kShapes));

TEST(ProductsOnce, LargeOnesMatchDoublePrecisionToo) {
  const std::size_t m = 700, n = 1201, k = 1300;  // beyond the size at which oneDNN takes over
  const TestMatrix a = TestMatrix::random(m, k, 1, 3), b = TestMatrix::random(n, k, 2, 1);
  TestMatrix out(m, n, 2);
  Scratch scratch;
  single_threaded_products();
  multiply_abt(a.view(), b.view(), out.view(), scratch);
  EXPECT_TRUE(out.untouched_gaps());
  for (std::size_t i = 0; i < m; i += 97) {
    for (std::size_t j = 0; j < n; j += 89) {
      double exact = 0, magnitude = 0;
      for (std::size_t t = 0; t < k; ++t) {
        exact += double{a(i, t)} * b(j, t);
        magnitude += std::abs(double{a(i, t)} * b(j, t));
      }
      ASSERT_NEAR(out(i, j), exact, double(k + 2) * kEps * magnitude) << i << ' ' << j;
    }
  }
  // Both gradients of the same shape, one row and one column of each.
  TestMatrix da = TestMatrix::random(m, k, 3, 1), db = TestMatrix::random(n, k, 4, 1);
  const TestMatrix da_before = da, db_before = db;
  multiply_add(out.view(), b.view(), da.view());
  multiply_add_atb(out.view(), a.view(), db.view());
  for (const std::size_t t : {std::size_t{0}, k - 1}) {
    double exact_a = da_before(m - 1, t), size_a = std::abs(exact_a);
    for (std::size_t j = 0; j < n; ++j) {
      exact_a += double{out(m - 1, j)} * b(j, t);
      size_a += std::abs(double{out(m - 1, j)} * b(j, t));
    }
    EXPECT_NEAR(da(m - 1, t), exact_a, double(n + 2) * kEps * size_a);
    double exact_b = db_before(n - 1, t), size_b = std::abs(exact_b);
    for (std::size_t i = 0; i < m; ++i) {
      exact_b += double{out(i, n - 1)} * a(i, t);
      size_b += std::abs(double{out(i, n - 1)} * a(i, t));
    }
    EXPECT_NEAR(db(n - 1, t), exact_b, double(m + 2) * kEps * size_b);
  }
}

bool same_bits(float x, float y) { return std::memcmp(&x, &y, sizeof x) == 0; }

TEST(ProductsOnce, NaNStaysInItsRow) {
  const std::size_t m = 20, n = 37, k = 70;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), 1e30f, -1e30f}) {
    on_each_target([&] {
      Scratch scratch;
      TestMatrix a = TestMatrix::random(m, k, 1), b = TestMatrix::random(n, k, 2);
      b(36, 69) = 1e30f;  // so that 1e30 times it is no float
      TestMatrix before(m, n), after(m, n);
      multiply_abt(a.view(), b.view(), before.view(), scratch);
      a(7, 69) = bad;
      multiply_abt(a.view(), b.view(), after.view(), scratch);
      EXPECT_FALSE(std::isfinite(after(7, 36)));
      for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
          if (i == 7) continue;
          ASSERT_TRUE(same_bits(before(i, j), after(i, j))) << i << ' ' << j;
        }
      }
    });
  }
}

TEST(ProductsOnce, AllocateOnlyOnce) {
  Scratch scratch;
  const TestMatrix a = TestMatrix::random(50, 128, 1), b = TestMatrix::random(100, 128, 2);
  TestMatrix out(50, 100);
  multiply_abt(a.view(), b.view(), out.view(), scratch);
  const std::size_t size = scratch.size();
  EXPECT_GT(size, 0u);
  multiply_abt(a.view(), b.view(), out.view(), scratch);
  EXPECT_EQ(scratch.size(), size);
  scratch.floats(1);  // less than it has
  EXPECT_EQ(scratch.size(), size);
}

TEST(ProductsOnce, RefuseOperandsThatDoNotFit) {
  TestMatrix a(3, 4), b(5, 4), out(3, 6);
  Scratch scratch;
  try {
    multiply_abt(a.view(), b.view(), out.view(), scratch);
    FAIL() << "accepted 6 columns for 5 rows";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "kernel.shape");
  }
  EXPECT_THROW(multiply_add(a.view(), b.view(), out.view()), Error);
  EXPECT_THROW(multiply_add_atb(a.view(), b.view(), out.view()), Error);
}

}  // namespace
}  // namespace twhin::kernel
