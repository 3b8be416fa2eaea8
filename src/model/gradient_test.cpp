// Gradients of every operator x comparator x loss, against central differences of the definition.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "model/reference_model.h"

namespace twhin {
namespace {

using test::GroupCase;
using test::GroupOutput;
using test::Numbers;
using test::ReferenceGradients;

/// Each number of a gradient goes through some 64 roundings (products of dim terms, operator,
/// loss), each by at most 2^-24 of the terms then in play, which are of the size of the largest
/// gradient. Wrong terms or signs are off by the order of the gradient itself.
double tolerance(const ReferenceGradients& expected) {
  return 64 * 0x1.0p-24 * (1.0 + expected.largest);
}

void expect_gradients_match(const GroupCase& c) {
  const GroupOutput out = test::run_step(c);
  const Numbers x(c);
  const double loss = test::reference_loss(c, x, x);
  EXPECT_NEAR(out.result.loss + out.result.penalty, loss, 1e-5 * (1.0 + std::abs(loss)));
  const ReferenceGradients expected = test::reference_gradients(c);
  ASSERT_GT(expected.largest, 1e-3) << "a case without a gradient shows nothing";
  const double bound = tolerance(expected);
  for (std::size_t k = 0; k < out.lhs.size(); ++k) {
    ASSERT_NEAR(out.lhs[k], expected.lhs[k], bound) << "lhs " << k / c.dim << ", " << k % c.dim;
  }
  for (std::size_t k = 0; k < out.rhs.size(); ++k) {
    ASSERT_NEAR(out.rhs[k], expected.rhs[k], bound) << "rhs " << k / c.dim << ", " << k % c.dim;
  }
  for (std::size_t k = 0; k < out.params.size(); ++k) {
    ASSERT_NEAR(out.params[k], expected.params[k], bound) << "parameter " << k;
  }
}

template <class E>
std::string name_of(E value) {
  return std::string(enum_name(value));
}

using Choice = std::tuple<Operator, Comparator>;

class Gradient : public ::testing::TestWithParam<Choice> {
 protected:
  /// Calls check with a case of each loss.
  template <class Check>
  static void for_each_loss(std::uint64_t seed, const Check& check) {
    for (const EnumName<Loss>& loss : EnumNames<Loss>::values) {
      SCOPED_TRACE(std::string(loss.name));
      GroupCase c;
      std::tie(c.op, c.options.comparator) = GetParam();
      c.options.loss.loss = loss.value;
      c.options.loss.margin = 0.5f;
      c.options.loss.temperature = 0.8f;
      c.num_positives = 5;
      c.dim = 6;
      c.fill(seed);
      check(c);
    }
  }
};

const std::vector<float> kEdgeWeights = {0.5f, 2.0f, 1.0f, 3.0f, 0.25f};

TEST_P(Gradient, MatchesCentralDifferences) { for_each_loss(1, expect_gradients_match); }

TEST_P(Gradient, MatchesWithWeightsOfEdgesRelationAndKinds) {
  for_each_loss(2, [](GroupCase& c) {
    c.edge_weights = kEdgeWeights;
    c.relation_weight = 1.5f;
    c.options.loss.batch_factor = 0.7f;
    c.options.loss.uniform_factor = 1.3f;
    expect_gradients_match(c);
  });
}

TEST_P(Gradient, MatchesWithTheMeanOfNegatives) {
  for_each_loss(3, [](GroupCase& c) {
    c.options.loss.negative_weight = NegativeWeight::mean;
    c.edge_weights = kEdgeWeights;
    c.relation_weight = 0.5f;
    expect_gradients_match(c);
  });
}

TEST_P(Gradient, MatchesWithSelfAdversarialWeights) {
  for_each_loss(4, [](GroupCase& c) {
    if (c.options.loss.loss == Loss::softmax) return;  // refused: options_test.cpp
    c.options.loss.self_adversarial = true;
    c.options.loss.adversarial_temperature = 1.7f;
    c.options.loss.score_offset = 0.6f;
    c.edge_weights = kEdgeWeights;
    expect_gradients_match(c);
    c.options.loss.negative_weight = NegativeWeight::mean;
    c.options.loss.uniform_factor = 0.4f;
    expect_gradients_match(c);
  });
}

TEST_P(Gradient, MatchesWithMaskedNegatives) {
  for_each_loss(5, [](GroupCase& c) {
    c.rhs_ids[3] = c.rhs_ids[0];      // edges 0 and 3 end at the same entity
    c.lhs_ids[4] = c.lhs_ids[1];      // edges 1 and 4 begin at the same one
    c.rhs_ids[5 + 1] = c.rhs_ids[2];  // a uniform negative is the own endpoint of edge 2
    c.lhs_ids[5 + 0] = c.lhs_ids[2];  // likewise on the lhs side
    c.known_edges = {{0, 4}, {2, 5}, {6, 3}, {3, 0}};  // the last one is an own endpoint as well
    expect_gradients_match(c);
    c.options.loss.self_adversarial = c.options.loss.loss != Loss::softmax;
    c.options.loss.batch_factor = 0.5f;
    expect_gradients_match(c);
  });
}

TEST_P(Gradient, MatchesForEveryPairOfSides) {
  using enum SideNegatives;
  for_each_loss(6, [](GroupCase& c) {
    c.num_positives = 3;
    c.dim = 4;
    for (const SideNegatives lhs : {sampled, batch, uniform, all, none}) {
      for (const SideNegatives rhs : {sampled, batch, uniform, all, none}) {
        if (lhs == none && rhs == none) continue;
        c.lhs_negatives = lhs;
        c.rhs_negatives = rhs;
        c.num_lhs_uniform = lhs == batch || lhs == none ? 0 : 3;
        c.num_rhs_uniform = rhs == batch || rhs == none ? 0 : 2;
        c.fill(6);
        for (const NegativeWeight weight : {NegativeWeight::sum, NegativeWeight::mean}) {
          c.options.loss.negative_weight = weight;
          SCOPED_TRACE("lhs " + name_of(lhs) + ", rhs " + name_of(rhs) + ", " + name_of(weight));
          expect_gradients_match(c);
        }
      }
    }
  });
}

TEST_P(Gradient, MatchesWithPenalties) {
  for_each_loss(7, [](GroupCase& c) {
    c.options.regularization.n3 = 0.3f;
    c.options.regularization.l2 = 0.2f;
    c.edge_weights = kEdgeWeights;
    c.relation_weight = 1.5f;
    expect_gradients_match(c);
  });
}

INSTANTIATE_TEST_SUITE_P(
    Of, Gradient,
    ::testing::Combine(::testing::Values(Operator::none, Operator::translation, Operator::diagonal,
                                         Operator::complex_diagonal, Operator::linear,
                                         Operator::affine, Operator::rotation),
                       ::testing::Values(Comparator::dot, Comparator::cos, Comparator::l2,
                                         Comparator::squared_l2)),
    [](const auto& choice) {
      return name_of(std::get<0>(choice.param)) + "_" + name_of(std::get<1>(choice.param));
    });

// There the slope of l2 is 1e15, in which every other term would drown: by rule it is 0, as central
// differences of the kink are.
TEST(GradientAtDistanceZero, IsThatOfTheOtherPairs) {
  for (const Loss loss : {Loss::logistic, Loss::softmax}) {
    GroupCase c;
    c.options.comparator = Comparator::l2;
    c.options.loss.loss = loss;
    c.fill(8);
    const float row[] = {1.0f, -0.5f, 2.0f, 0.25f};  // their products are exact
    std::copy_n(row, c.dim, c.lhs.begin());
    std::copy_n(row, c.dim, c.rhs.begin());
    expect_gradients_match(c);
  }
}

}  // namespace
}  // namespace twhin
