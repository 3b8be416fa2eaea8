#include "twhin/model/operators.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "model/operator_rows.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

std::vector<float> initial(Operator op, std::size_t dim, std::uint64_t seed = 1,
                           std::uint64_t relation = 0) {
  std::vector<float> params(num_operator_params(op, dim), -1.0f);
  init_operator(op, dim, seed, relation, params);
  return params;
}

std::vector<float> applied(Operator op, const std::vector<float>& params,
                           const std::vector<float>& row) {
  std::vector<float> out(row.size());
  kernel::Scratch scratch;
  apply_operator(op, params, {row.data(), 1, row.size()}, {out.data(), 1, row.size()}, scratch);
  return out;
}

TEST(Operators, HaveAsManyParametersAsTheirFormula) {
  EXPECT_EQ(num_operator_params(Operator::none, 6), 0u);
  EXPECT_EQ(num_operator_params(Operator::translation, 6), 6u);
  EXPECT_EQ(num_operator_params(Operator::diagonal, 6), 6u);
  EXPECT_EQ(num_operator_params(Operator::complex_diagonal, 6), 6u);
  EXPECT_EQ(num_operator_params(Operator::linear, 6), 36u);
  EXPECT_EQ(num_operator_params(Operator::affine, 6), 42u);
  EXPECT_EQ(num_operator_params(Operator::rotation, 6), 3u);
}

TEST(Operators, BeginAsTheIdentity) {
  const std::vector<float> row = {1, -2, 3, 0.5f};
  for (const EnumName<Operator>& op : EnumNames<Operator>::values) {
    if (op.value == Operator::rotation) continue;
    EXPECT_EQ(applied(op.value, initial(op.value, 4), row), row) << op.name;
  }
}

TEST(Operators, RotationsBeginAtAnglesOfTheirSeedAndRelation) {
  const auto angles = initial(Operator::rotation, 2000);
  EXPECT_EQ(angles, initial(Operator::rotation, 2000));
  EXPECT_NE(angles, initial(Operator::rotation, 2000, 2));
  EXPECT_NE(angles, initial(Operator::rotation, 2000, 1, 1));
  const auto [least, most] = std::minmax_element(angles.begin(), angles.end());
  EXPECT_GE(*least, -std::numbers::pi_v<float>);
  EXPECT_LE(*most, std::numbers::pi_v<float>);
  EXPECT_LT(*least, -3.0f);  // of 1000 uniform angles: misses with probability 1e-10
  EXPECT_GT(*most, 3.0f);
}

// (1 + 3i)(2 - i) = 5 + 5i, (2 + 4i) i = -4 + 2i
TEST(Operators, ComplexNumbersHaveTheirRealPartsFirst) {
  EXPECT_EQ(applied(Operator::complex_diagonal, {2, 0, -1, 1}, {1, 2, 3, 4}),
            (std::vector<float>{5, -4, 5, 2}));
  const auto turned = applied(Operator::rotation, {std::numbers::pi_v<float> / 2, 0}, {1, 2, 3, 4});
  const float expected[] = {-3, 2, 1, 4};
  for (int k = 0; k < 4; ++k) EXPECT_NEAR(turned[k], expected[k], 1e-6) << k;
}

TEST(Operators, MatricesAreRowMajorAndTheVectorComesLast) {
  EXPECT_EQ(applied(Operator::linear, {1, 2, 3, 4}, {10, 1}), (std::vector<float>{12, 34}));
  EXPECT_EQ(applied(Operator::affine, {1, 2, 3, 4, 0.5f, -1}, {10, 1}),
            (std::vector<float>{12.5f, 33}));
}

TEST(Operators, OddRowsHoldNoComplexNumbers) {
  for (const Operator op : {Operator::complex_diagonal, Operator::rotation}) {
    try {
      num_operator_params(op, 5);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "model.odd_dim");
      EXPECT_NE(std::string(error.what()).find("dim 5"), std::string::npos);
    }
  }
}

TEST(Operators, ParametersOfAnotherSizeAreRefused) {
  std::vector<float> params(5);
  EXPECT_THROW(init_operator(Operator::translation, 4, 1, 0, params), Error);
}

}  // namespace
}  // namespace twhin
