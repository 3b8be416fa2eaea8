#include "model/operator_inverse.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/operator_rows.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

constexpr std::size_t kDim = 6;

// Parameters whose moduli lie in [0.5, 1.5], and matrices near the identity.
std::vector<float> some_params(Operator op) {
  Rng rng(3);
  std::vector<float> params(num_operator_params(op, kDim));
  for (std::size_t k = 0; k < params.size(); ++k) {
    const double u = rng.uniform();
    const bool matrix = op == Operator::linear || op == Operator::affine;
    const bool on_diagonal = k < kDim * kDim && k / kDim == k % kDim;
    params[k] = static_cast<float>(matrix ? 0.2 * u + (on_diagonal ? 1.0 : 0.0)
                                          : (k % 2 == 0 ? 0.5 + u : -0.5 - u));
  }
  return params;
}

class Inverse : public ::testing::TestWithParam<Operator> {};

// Numbers near 1, a condition below 100, some ten roundings: 1e-4 is far above them.
TEST_P(Inverse, LeadsBackToTheRow) {
  const Operator op = GetParam();
  const std::vector<float> params = some_params(op);
  const auto inverse = inverse_params(op, params, kDim);
  ASSERT_TRUE(inverse);
  const std::vector<float> x = {0.3f, -1.0f, 0.7f, 2.0f, -0.2f, 0.9f};
  std::vector<float> y(kDim), back(kDim);
  kernel::Scratch scratch;
  apply_operator(op, params, {x.data(), 1, kDim}, {y.data(), 1, kDim}, scratch);
  apply_operator(op, *inverse, {y.data(), 1, kDim}, {back.data(), 1, kDim}, scratch);
  for (std::size_t k = 0; k < kDim; ++k) EXPECT_NEAR(back[k], x[k], 1e-4) << k;
  if (op == Operator::none) return;
  EXPECT_NE(y, x) << "an operator that does nothing shows nothing";
}

INSTANTIATE_TEST_SUITE_P(Operators, Inverse,
                         ::testing::Values(Operator::none, Operator::translation,
                                           Operator::diagonal, Operator::complex_diagonal,
                                           Operator::linear, Operator::affine, Operator::rotation));

TEST(InverseParams, ThatWouldOnlyMakeNoiseAreNone) {
  std::vector<float> d(kDim, 1.0f);
  d[2] = 0.02f;
  EXPECT_TRUE(inverse_params(Operator::diagonal, d, kDim));
  d[2] = 0.005f;
  EXPECT_FALSE(inverse_params(Operator::diagonal, d, kDim));
  EXPECT_FALSE(inverse_params(Operator::complex_diagonal, std::vector<float>(kDim), kDim));
  EXPECT_FALSE(inverse_params(Operator::linear, std::vector<float>(kDim * kDim, 1.0f), kDim))
      << "of rank one";
}

}  // namespace
}  // namespace twhin
