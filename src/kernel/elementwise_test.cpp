#include "kernel/elementwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "kernel/reference.h"
#include "kernel/test_matrix.h"
#include "kernel/test_targets.h"
#include "twhin/base/error.h"

namespace twhin::kernel {
namespace {

constexpr double kEps = 0x1p-24;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kSizes[] = {0,  1,  2,  3,  4,  5,  7,   8,   9,   15,  16,
                                  17, 31, 33, 63, 64, 65, 127, 128, 129, 200, 1024};

// Every float in [from, to] whose bits are a multiple of a stride that is no power of two.
std::vector<float> floats_between(float from, float to, std::uint32_t stride) {
  std::vector<float> out;
  for (std::uint64_t bits = 0; bits < 0xffffffffu; bits += stride) {
    float x;
    const auto word = static_cast<std::uint32_t>(bits);
    std::memcpy(&x, &word, sizeof x);
    if (x >= from && x <= to) out.push_back(x);
  }
  return out;
}

TEST(Exp, IsWithinFourEpsOverItsWholeRange) {
  const std::vector<float> x = floats_between(-86.98f, 88.72f, 4999);
  ASSERT_GT(x.size(), 100000u);
  on_each_target([&] {
    std::vector<float> out(x.size());
    exp(x.data(), x.size(), out.data());
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = std::exp(double{x[i]});
      worst = std::max(worst, std::abs(out[i] - exact) / exact);
    }
    EXPECT_LE(worst, 4 * kEps) << worst / kEps << " eps";
  });
}

TEST(Exp, OfWhatHasNoFloatIsZeroInfinityOrNaN) {
  on_each_target([] {
    const std::vector<float> x{-87.0f, -1e9f, -kInfinity, 88.8f, 1e9f, kInfinity, kNaN, 0.0f};
    std::vector<float> out(x.size());
    exp(x.data(), x.size(), out.data());
    EXPECT_EQ(out[0], 0.0f);
    EXPECT_EQ(out[1], 0.0f);
    EXPECT_EQ(out[2], 0.0f);
    EXPECT_EQ(out[3], kInfinity);
    EXPECT_EQ(out[4], kInfinity);
    EXPECT_EQ(out[5], kInfinity);
    EXPECT_TRUE(std::isnan(out[6]));
    EXPECT_EQ(out[7], 1.0f);
  });
}

TEST(Logistic, IsWithinItsBoundsForScoresOfEverySize) {
  std::vector<float> s = floats_between(-100.0f, 100.0f, 99991);
  for (const float x : {1e9f, -1e9f, 3e38f, -3e38f, 0.0f, -0.0f}) s.push_back(x);
  on_each_target([&] {
    const float weight = 0.75f;
    double worst_coefficient = 0, worst_loss = 0;
    for (const float score : s) {
      float found = 0, exact = 0;
      const double loss = logistic_negatives(&score, 1, weight, &found);
      const double exact_loss = reference::logistic_negatives(&score, 1, weight, &exact);
      ASSERT_FALSE(std::isnan(found)) << score;
      worst_coefficient = std::max(worst_coefficient, std::abs(double{found} - exact) / weight);
      // Below 2^-126 the exact loss is no float: both are as good as nothing.
      if (exact_loss > 0x1p-126) {
        worst_loss = std::max(worst_loss, std::abs(loss - exact_loss) / exact_loss);
      } else {
        ASSERT_LE(loss, 0x1p-125);
      }
    }
    EXPECT_LE(worst_coefficient, 8 * kEps) << worst_coefficient / kEps << " eps";
    EXPECT_LE(worst_loss, 24 * kEps) << worst_loss / kEps << " eps";
  });
}

TEST(Logistic, OfPositivesMirrorsThatOfNegatives) {
  on_each_target([] {
    for (const std::size_t n : kSizes) {
      const std::vector<float> s = random_floats(n, 5, 20.0f);
      std::vector<float> found(n + 1, -77.0f), exact(n);
      const double loss = logistic_positives(s.data(), n, 1.5f, found.data());
      const double exact_loss = reference::logistic_positives(s.data(), n, 1.5f, exact.data());
      EXPECT_NEAR(loss, exact_loss, 24 * kEps * exact_loss);
      for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(found[i], exact[i], 8 * 1.5 * kEps);
      EXPECT_EQ(found[n], -77.0f);
    }
  });
}

TEST(Logistic, OfNegativesCountsEveryOneOnceAndMasksNone) {
  on_each_target([] {
    for (const std::size_t n : kSizes) {
      std::vector<float> s = random_floats(n, 6, 20.0f);
      if (n > 2) s[2] = -kInfinity;  // a masked one
      std::vector<float> found(n + 1, -77.0f), exact(n);
      const double loss = logistic_negatives(s.data(), n, 0.5f, found.data());
      const double exact_loss = reference::logistic_negatives(s.data(), n, 0.5f, exact.data());
      EXPECT_NEAR(loss, exact_loss, 24 * kEps * exact_loss);
      for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(found[i], exact[i], 8 * 0.5 * kEps);
      if (n > 2) {
        EXPECT_EQ(found[2], 0.0f);
      }
      EXPECT_EQ(found[n], -77.0f);
    }
  });
}

TEST(Logistic, OfANaNIsNaNThereAndInTheLoss) {
  on_each_target([] {
    std::vector<float> s = random_floats(20, 7);
    s[11] = kNaN;
    std::vector<float> out(20);
    EXPECT_TRUE(std::isnan(logistic_negatives(s.data(), 20, 1.0f, out.data())));
    for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(std::isnan(out[i]), i == 11);
  });
}

TEST(Softmax, MatchesDoublePrecision) {
  on_each_target([] {
    for (const std::size_t n : kSizes) {
      std::vector<float> s = random_floats(n, 8, 30.0f);
      if (n > 3) s[1] = -kInfinity;
      std::vector<float> found(n + 1, -77.0f), exact(n);
      const double log_sum = softmax(s.data(), n, 0.5f, found.data());
      const double exact_log_sum = reference::softmax(s.data(), n, 0.5f, exact.data());
      if (n > 0) {
        EXPECT_NEAR(log_sum, exact_log_sum, 1e-6);
      }
      if (n > 0) {
        EXPECT_EQ(log_sum_exp(s.data(), n, 0.5f), log_sum);
      }
      // The exponents are up to 30, so that eps of one is 30 eps of the term.
      for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(found[i], exact[i], 64 * kEps * exact[i]);
      EXPECT_EQ(found[n], -77.0f);
    }
    EXPECT_EQ(softmax(nullptr, 0, 1.0f, nullptr), -HUGE_VAL);
  });
}

TEST(Softmax, OfScoresBeyondAnyExponentIsStillOne) {
  on_each_target([] {
    const std::vector<float> s{1e9f, -1e9f, 1e9f};
    std::vector<float> p(3);
    EXPECT_EQ(softmax(s.data(), 3, 1.0f, p.data()), 1e9 + std::log(2.0));
    EXPECT_EQ(p, (std::vector<float>{0.5f, 0.0f, 0.5f}));
  });
}

TEST(Vectors, MatchDoublePrecisionAndWriteNothingBeyond) {
  on_each_target([] {
    for (const std::size_t n : kSizes) {
      const std::vector<float> x = random_floats(n, 9), y = random_floats(n, 10);
      double magnitude = 0;
      for (std::size_t i = 0; i < n; ++i) magnitude += std::abs(double{x[i]} * y[i]);
      EXPECT_NEAR(dot(x.data(), y.data(), n), reference::dot(x.data(), y.data(), n),
                  double(n + 1) * kEps * magnitude);

      std::vector<float> found(y), exact(y);
      found.push_back(-77.0f);
      axpy(-0.3f, x.data(), found.data(), n);
      reference::axpy(-0.3f, x.data(), exact.data(), n);
      for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(found[i], exact[i], 4 * kEps);
      scale(3.0f, found.data(), n);
      reference::scale(3.0f, exact.data(), n);
      for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(found[i], exact[i], 16 * kEps);
      EXPECT_EQ(found[n], -77.0f);
    }
  });
}

class Rows : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Rows, MatchDoublePrecisionAndWriteNothingBeyond) {
  const std::size_t dim = GetParam(), n = 5;
  const TestMatrix x = TestMatrix::random(n, dim, 1, 2), y = TestMatrix::random(n, dim, 2, 3);
  const std::vector<float> alpha = random_floats(n, 3), v = random_floats(dim, 4);
  const double sum_bound = double(dim + 2) * kEps * double(dim);  // all factors are below 1

  on_each_target([&] {
    const auto expect_sums = [&](auto fast, auto plain, double bound) {
      std::vector<float> found(n + 1, -77.0f), exact(n);
      fast(found.data());
      plain(exact.data());
      for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(found[i], exact[i], bound) << i;
      EXPECT_EQ(found[n], -77.0f);
    };
    expect_sums([&](float* o) { dot_rows(x.view(), y.view(), o); },
                [&](float* o) { reference::dot_rows(x.view(), y.view(), o); }, sum_bound);
    expect_sums([&](float* o) { sums_of_squares(x.view(), o); },
                [&](float* o) { reference::sums_of_squares(x.view(), o); }, sum_bound);
    expect_sums([&](float* o) { squared_distances(x.view(), y.view(), o); },
                [&](float* o) { reference::squared_distances(x.view(), y.view(), o); },
                4 * double(dim + 4) * kEps * double(dim));

    const auto expect_rows = [&](auto fast, auto plain) {
      TestMatrix found = y, exact = y;
      fast(found.view());
      plain(exact.view());
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t d = 0; d < dim; ++d) ASSERT_NEAR(found(i, d), exact(i, d), 4 * kEps);
      }
      EXPECT_TRUE(found.untouched_gaps());
    };
    expect_rows([&](MatrixView o) { axpy_rows(alpha.data(), x.view(), o); },
                [&](MatrixView o) { reference::axpy_rows(alpha.data(), x.view(), o); });
    expect_rows([&](MatrixView o) { scale_rows(alpha.data(), o); },
                [&](MatrixView o) { reference::scale_rows(alpha.data(), o); });
    expect_rows([&](MatrixView o) { add_to_rows(v.data(), o); },
                [&](MatrixView o) { reference::add_to_rows(v.data(), o); });
    expect_rows([&](MatrixView o) { multiply_rows(v.data(), o); },
                [&](MatrixView o) { reference::multiply_rows(v.data(), o); });

    const auto expect_columns = [&](auto fast, auto plain) {
      std::vector<float> found(v), exact(v);
      found.push_back(-77.0f);
      fast(found.data());
      plain(exact.data());
      for (std::size_t d = 0; d < dim; ++d) {
        ASSERT_NEAR(found[d], exact[d], double(n + 1) * kEps * double(n + 1));
      }
      EXPECT_EQ(found[dim], -77.0f);
    };
    expect_columns([&](float* o) { add_sum_of_rows(x.view(), o); },
                   [&](float* o) { reference::add_sum_of_rows(x.view(), o); });
    expect_columns([&](float* o) { add_sum_of_products(x.view(), y.view(), o); },
                   [&](float* o) { reference::add_sum_of_products(x.view(), y.view(), o); });
  });
}

TEST_P(Rows, NormalizedHaveLengthOneAndTheGradientOfTheirTwin) {
  const std::size_t dim = GetParam(), n = 4;
  constexpr float kFloor = 1e-3f;
  TestMatrix x = TestMatrix::random(n, dim, 1, 2);
  for (std::size_t d = 0; d < dim; ++d) x(1, d) = d == 0 ? 1e-4f : 0.0f;  // below the floor
  const TestMatrix dy = TestMatrix::random(n, dim, 2, 3);
  on_each_target([&] {
    TestMatrix y(n, dim, 1), exact_y(n, dim), dx(n, dim, 1), exact_dx(n, dim);
    std::vector<float> inverse(n), exact_inverse(n);
    normalize_rows(x.view(), kFloor, y.view(), inverse.data());
    reference::normalize_rows(x.view(), kFloor, exact_y.view(), exact_inverse.data());
    normalize_rows_gradient(y.view(), inverse.data(), kFloor, dy.view(), dx.view());
    reference::normalize_rows_gradient(y.view(), inverse.data(), kFloor, dy.view(),
                                       exact_dx.view());
    for (std::size_t i = 0; i < n; ++i) {
      const double bound = double(dim + 4) * kEps;
      ASSERT_NEAR(inverse[i], exact_inverse[i], bound * exact_inverse[i]);
      for (std::size_t d = 0; d < dim; ++d) {
        ASSERT_NEAR(y(i, d), exact_y(i, d), bound);
        ASSERT_NEAR(dx(i, d), exact_dx(i, d), bound * double(dim) * inverse[i]) << i;
      }
    }
    EXPECT_TRUE(y.untouched_gaps());
    EXPECT_TRUE(dx.untouched_gaps());
  });
}

INSTANTIATE_TEST_SUITE_P(Dims, Rows,
                         ::testing::Values(1, 3, 4, 5, 8, 15, 16, 17, 33, 64, 65, 128, 1024));

TEST(RowsOnce, OfDifferentShapesAreRefused) {
  TestMatrix x(2, 3), y(2, 4);
  std::vector<float> out(2);
  EXPECT_THROW(dot_rows(x.view(), y.view(), out.data()), Error);
  EXPECT_THROW(axpy_rows(out.data(), x.view(), y.view()), Error);
  EXPECT_THROW(normalize_rows(x.view(), 1.0f, y.view(), out.data()), Error);
}

TEST(RowsOnce, NaNStaysInItsRow) {
  on_each_target([] {
    TestMatrix x = TestMatrix::random(3, 20, 1);
    x(1, 17) = kNaN;
    std::vector<float> out(3);
    sums_of_squares(x.view(), out.data());
    EXPECT_TRUE(std::isnan(out[1]));
    EXPECT_FALSE(std::isnan(out[0]) || std::isnan(out[2]));
    normalize_rows(x.view(), 1e-3f, x.view(), out.data());
    EXPECT_TRUE(std::isnan(out[1]));
    EXPECT_FALSE(std::isnan(x(0, 0)) || std::isnan(x(2, 19)));
  });
}

}  // namespace
}  // namespace twhin::kernel
