#include "model/group_step.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/reference_model.h"
#include "twhin/base/error.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

using test::GroupCase;
using test::GroupOutput;
using test::Numbers;
using test::run_step;

constexpr Operator kOperators[] = {
    Operator::none,   Operator::translation, Operator::diagonal, Operator::complex_diagonal,
    Operator::linear, Operator::affine,      Operator::rotation};
constexpr Comparator kComparators[] = {Comparator::dot, Comparator::cos, Comparator::l2,
                                       Comparator::squared_l2};
constexpr Loss kLosses[] = {Loss::logistic, Loss::softmax, Loss::ranking};

double softplus(double s) { return std::log1p(std::exp(s)); }
double sigmoid(double s) { return 1.0 / (1.0 + std::exp(-s)); }

/// One edge with a uniform negative on each side, small enough to do by hand:
///   lhs (1, 2), relation (1, 0), rhs (3, 1)        score  (2, 2)(3, 1)     =  8
///   negative rhs (-1, 1/2)                         score  (2, 2)(-1, 1/2)  = -1
///   negative lhs (0, -1)                           score  (1, -1)(3, 1)    =  2
GroupCase by_hand() {
  GroupCase c;
  c.op = Operator::translation;
  c.num_positives = c.num_lhs_uniform = c.num_rhs_uniform = 1;
  c.dim = 2;
  c.fill(1);
  c.params = {1, 0};
  c.lhs = {1, 2, 0, -1};
  c.rhs = {3, 1, -1, 0.5f};
  return c;
}

TEST(GroupStep, GivesTheLossAndGradientsThatAreComputedByHand) {
  const GroupOutput out = run_step(by_hand());
  EXPECT_NEAR(out.result.loss, softplus(-8) + softplus(-1) + softplus(2), 1e-6);
  const double p = sigmoid(8) - 1, r = sigmoid(-1), l = sigmoid(2);
  const double lhs[] = {3 * p - 1 * r, 1 * p + 0.5 * r, 3 * l, 1 * l};
  const double rhs[] = {2 * p + 1 * l, 2 * p - 1 * l, 2 * r, 2 * r};
  const double relation[] = {lhs[0] + lhs[2], lhs[1] + lhs[3]};
  for (int k = 0; k < 4; ++k) EXPECT_NEAR(out.lhs[k], lhs[k], 1e-6) << k;
  for (int k = 0; k < 4; ++k) EXPECT_NEAR(out.rhs[k], rhs[k], 1e-6) << k;
  for (int k = 0; k < 2; ++k) EXPECT_NEAR(out.params[k], relation[k], 1e-6) << k;
}

TEST(GroupStep, LiftsTheEdgeAndPushesItsNegativesDown) {
  GroupCase c = by_hand();
  c.lhs = {0.5f, 0.2f, 0.1f, -0.5f};
  c.rhs = {0.3f, 0.4f, -0.2f, 0.6f};
  c.params = {0.1f, -0.2f};
  const Numbers before(c);
  const GroupOutput out = run_step(c);
  Numbers after = before;
  const auto step = [](std::vector<double>& numbers, const std::vector<float>& gradient) {
    for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] -= 0.1 * gradient[k];
  };
  step(after.lhs, out.lhs);
  step(after.rhs, out.rhs);
  step(after.params, out.params);
  EXPECT_GT(test::reference_score(c, after, 0, 0), test::reference_score(c, before, 0, 0));
  EXPECT_LT(test::reference_score(c, after, 0, 1), test::reference_score(c, before, 0, 1));
  EXPECT_LT(test::reference_score(c, after, 1, 0), test::reference_score(c, before, 1, 0));
  EXPECT_LT(test::reference_loss(c, after, after), test::reference_loss(c, before, before));
}

// Among n equal scores the probability of each is 1/n: softmax shows that scores are equal.
TEST(GroupStep, NegativesCarryTheOperator) {
  for (const Operator op : kOperators) {
    for (const Comparator comparator : kComparators) {
      GroupCase c;
      c.op = op;
      c.options.comparator = comparator;
      c.options.loss.loss = Loss::softmax;
      c.num_positives = 1;
      c.num_lhs_uniform = c.num_rhs_uniform = 3;
      c.fill(3);
      for (std::size_t k = 1; k <= 3; ++k) {  // other entities with the very same rows
        std::copy_n(c.lhs.begin(), c.dim, c.lhs.begin() + k * c.dim);
        std::copy_n(c.rhs.begin(), c.dim, c.rhs.begin() + k * c.dim);
      }
      EXPECT_NEAR(run_step(c).result.loss, 2 * std::log(4.0), 1e-5)
          << enum_name(op) << ' ' << enum_name(comparator);
    }
  }
}

TEST(GroupStep, RelationsMoveFromTheirInitialValue) {
  for (const Operator op : kOperators) {
    if (op == Operator::none) continue;
    GroupCase c;
    c.op = op;
    c.fill(4);
    init_operator(op, c.dim, 1, 0, c.params);
    for (const float g : run_step(c).params) EXPECT_GT(std::abs(g), 1e-4f) << enum_name(op);
  }
}

TEST(GroupStep, MaskedNegativesHaveNoGradientAtAll) {
  for (const Loss loss : kLosses) {
    for (const bool self_adversarial : {false, true}) {
      if (self_adversarial && loss == Loss::softmax) continue;
      GroupCase c;
      c.options.loss.loss = loss;
      c.options.loss.self_adversarial = self_adversarial;
      c.op = Operator::translation;
      c.num_positives = 2;
      c.num_lhs_uniform = c.num_rhs_uniform = 2;
      c.fill(5);
      c.rhs_ids = {7, 7, 7, 8};  // uniform negative 0 is the rhs of both edges
      c.lhs_ids = {1, 2, 3, 4};
      c.known_edges = {{3, 0}, {3, 1}};  // uniform lhs 1 makes known edges of both
      const GroupOutput out = run_step(c);
      // 4 by known edges and the uniform negative, 2 in the batch, where both edges end alike.
      EXPECT_EQ(out.result.num_masked, 6u);
      for (std::size_t d = 0; d < c.dim; ++d) {
        EXPECT_EQ(out.rhs[2 * c.dim + d], 0.0f);
        EXPECT_EQ(out.lhs[3 * c.dim + d], 0.0f);
        EXPECT_NE(out.rhs[3 * c.dim + d], 0.0f);
        EXPECT_NE(out.lhs[2 * c.dim + d], 0.0f);
      }
    }
  }
}

TEST(GroupStep, AnEdgeOfWeightTwoIsTwoEdges) {
  for (const Loss loss : kLosses) {
    GroupCase twice;
    twice.options.loss.loss = loss;
    twice.options.loss.margin = 1.0f;
    twice.lhs_negatives = twice.rhs_negatives = SideNegatives::uniform;
    twice.num_positives = 2;
    twice.fill(6);
    std::copy_n(twice.lhs.begin(), twice.dim, twice.lhs.begin() + twice.dim);
    std::copy_n(twice.rhs.begin(), twice.dim, twice.rhs.begin() + twice.dim);
    GroupCase once = twice;
    once.num_positives = 1;
    once.lhs.erase(once.lhs.begin(), once.lhs.begin() + once.dim);
    once.rhs.erase(once.rhs.begin(), once.rhs.begin() + once.dim);
    once.lhs_ids.erase(once.lhs_ids.begin());
    once.rhs_ids.erase(once.rhs_ids.begin());
    once.edge_weights = {2.0f};
    const GroupOutput a = run_step(twice), b = run_step(once);
    EXPECT_NEAR(a.result.loss, b.result.loss, 1e-5);
    for (std::size_t k = 0; k < 3 * once.dim; ++k) {  // the shared uniform rows
      EXPECT_NEAR(a.lhs[2 * once.dim + k], b.lhs[once.dim + k], 1e-5);
    }
  }
}

TEST(GroupStep, CosineDoesNotSeeTheLengthOfRows) {
  for (const Operator op : {Operator::none, Operator::diagonal, Operator::linear,
                            Operator::complex_diagonal, Operator::rotation}) {
    GroupCase c;
    c.options.comparator = Comparator::cos;
    c.op = op;
    c.fill(7);
    const GroupOutput one = run_step(c);
    GroupCase scaled = c;
    std::vector<float> factors;
    for (std::size_t i = 0; i < c.num_sources(); ++i) {
      factors.push_back(std::ldexp(1.0f, 4 * static_cast<int>(i) - 10));
      for (std::size_t d = 0; d < c.dim; ++d) scaled.lhs[i * c.dim + d] *= factors[i];
    }
    const GroupOutput other = run_step(scaled);
    EXPECT_NEAR(one.result.loss, other.result.loss, 1e-5);
    for (std::size_t k = 0; k < c.lhs.size(); ++k) {  // the gradient shrinks as the row grows
      EXPECT_NEAR(one.lhs[k], other.lhs[k] * factors[k / c.dim], 1e-5) << enum_name(op);
    }
    for (std::size_t k = 0; k < c.rhs.size(); ++k) EXPECT_NEAR(one.rhs[k], other.rhs[k], 1e-5);
  }
}

TEST(GroupStep, GradientsOfTheCosineAreOrthogonalToTheirRows) {
  GroupCase c;
  c.options.comparator = Comparator::cos;
  c.fill(8);
  const GroupOutput out = run_step(c);
  for (std::size_t i = 0; i < c.num_sources(); ++i) {
    double product = 0.0;
    for (std::size_t d = 0; d < c.dim; ++d)
      product += c.lhs[i * c.dim + d] * out.lhs[i * c.dim + d];
    EXPECT_NEAR(product, 0.0, 1e-5) << "row " << i;
  }
}

TEST(GroupStep, RowsOfZerosAreNoTrouble) {
  for (const Comparator comparator : kComparators) {
    GroupCase c;
    c.options.comparator = comparator;
    c.fill(9);
    std::fill_n(c.lhs.begin(), c.dim, 0.0f);
    std::fill_n(c.rhs.begin(), c.dim, 0.0f);
    const GroupOutput out = run_step(c);
    EXPECT_TRUE(std::isfinite(out.result.loss)) << enum_name(comparator);
    for (const float g : out.lhs) EXPECT_LT(std::abs(g), 100.0f) << enum_name(comparator);
    for (const float g : out.rhs) EXPECT_LT(std::abs(g), 100.0f) << enum_name(comparator);
  }
}

TEST(GroupStep, ScoresOfABillionOverflowNothing) {
  for (const Loss loss : kLosses) {
    for (const float sign : {1.0f, -1.0f}) {
      for (const bool self_adversarial : {false, true}) {
        if (self_adversarial && loss == Loss::softmax) continue;
        GroupCase c;
        c.options.loss.loss = loss;
        c.options.loss.self_adversarial = self_adversarial;
        c.dim = 4;
        c.fill(10);
        for (float& x : c.lhs) x = sign * 1e4f;
        for (std::size_t k = 0; k < c.rhs.size(); ++k) c.rhs[k] = k % 8 < 4 ? 2.5e4f : -2.5e4f;
        const GroupOutput out = run_step(c);
        EXPECT_TRUE(std::isfinite(out.result.loss)) << enum_name(loss);
        EXPECT_GT(out.result.loss, 1e8) << enum_name(loss);
        for (const float g : out.lhs) EXPECT_TRUE(std::isfinite(g)) << enum_name(loss);
        for (const float g : out.rhs) EXPECT_TRUE(std::isfinite(g)) << enum_name(loss);
      }
    }
  }
}

TEST(GroupStep, ANaNIsNotHidden) {
  for (const Loss loss : kLosses) {
    for (const Comparator comparator : kComparators) {
      for (const bool self_adversarial : {false, true}) {
        if (self_adversarial && loss == Loss::softmax) continue;
        GroupCase c;
        c.options.loss.loss = loss;
        c.options.loss.self_adversarial = self_adversarial;
        c.options.comparator = comparator;
        c.fill(11);
        c.rhs[1] = std::numeric_limits<float>::quiet_NaN();
        EXPECT_TRUE(std::isnan(run_step(c).result.loss))
            << enum_name(loss) << ' ' << enum_name(comparator) << ' ' << self_adversarial;
      }
    }
  }
}

TEST(GroupStep, OneEdgeWithoutNegativesIsLearntByTheLogisticLossOnly) {
  for (const Loss loss : kLosses) {
    GroupCase c;
    c.options.loss.loss = loss;
    c.num_positives = 1;
    c.num_lhs_uniform = c.num_rhs_uniform = 0;
    c.fill(12);
    const GroupOutput out = run_step(c);
    const Numbers x(c);
    const double alone =
        loss == Loss::logistic ? softplus(-test::reference_score(c, x, 0, 0)) : 0.0;
    EXPECT_NEAR(out.result.loss, alone, 1e-6);
    for (const float g : out.lhs) EXPECT_EQ(g != 0.0f, loss == Loss::logistic);
  }
}

TEST(GroupStep, AGroupWithoutEdgesHasNoLossAndNoGradient) {
  for (const Comparator comparator : kComparators) {
    GroupCase c;
    c.options.comparator = comparator;
    c.op = Operator::affine;
    c.num_positives = 0;
    c.fill(13);
    const GroupOutput out = run_step(c);
    EXPECT_EQ(out.result.loss, 0.0);
    for (const float g : out.lhs) EXPECT_EQ(g, 0.0f);
    for (const float g : out.rhs) EXPECT_EQ(g, 0.0f);
    for (const float g : out.params) EXPECT_EQ(g, 0.0f);
  }
}

TEST(GroupStep, OneStepServesGroupsOfAllShapesAndRelations) {
  GroupStep step({});
  for (const Operator op : {Operator::linear, Operator::translation, Operator::none}) {
    for (const std::size_t num_positives : {7, 1, 3}) {
      GroupCase c;
      c.op = op;
      c.num_positives = num_positives;
      c.fill(14);
      GroupOutput again = run_step(c);
      const GroupOutput fresh = again;
      const GroupResult result =
          step.run(c.view(), {MatrixView(again.lhs.data(), c.num_sources(), c.dim),
                              MatrixView(again.rhs.data(), c.num_targets(), c.dim), again.params});
      EXPECT_EQ(result.loss, fresh.result.loss);
      EXPECT_EQ(again.lhs, fresh.lhs);
      EXPECT_EQ(again.rhs, fresh.rhs);
      EXPECT_EQ(again.params, fresh.params);
    }
  }
}

template <class Change>
void expect_refused(const char* id, const Change& change) {
  GroupCase c;
  c.fill(15);
  Group group = c.view();
  std::vector<float> lhs(c.lhs.size(), 1.0f), rhs(c.rhs.size(), 1.0f);
  GroupGradients gradients{MatrixView(lhs.data(), c.num_sources(), c.dim),
                           MatrixView(rhs.data(), c.num_targets(), c.dim),
                           {}};
  change(group, gradients);
  GroupStep step({});
  try {
    step.run(group, gradients);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    EXPECT_EQ(error.id(), id);
  }
  EXPECT_EQ(lhs, std::vector<float>(c.lhs.size(), 1.0f));
  EXPECT_EQ(rhs, std::vector<float>(c.rhs.size(), 1.0f));
}

TEST(GroupStep, RefusesWhatDoesNotFit) {
  const std::vector<float> weights(3, 1.0f);
  expect_refused("model.shape", [](Group& g, GroupGradients&) { g.num_positives = 9; });
  expect_refused("model.shape", [](Group& g, GroupGradients&) { g.lhs.cols = 3; });
  expect_refused("model.shape", [](Group& g, GroupGradients&) { g.lhs_ids = g.lhs_ids.first(2); });
  expect_refused("model.shape", [](Group& g, GroupGradients&) { g.op = Operator::linear; });
  expect_refused("model.shape", [&](Group& g, GroupGradients&) { g.edge_weights = weights; });
  expect_refused("model.shape", [](Group&, GroupGradients& out) { out.rhs.rows = 1; });
  expect_refused("model.shape", [](Group& g, GroupGradients&) {
    g.rhs_negatives = SideNegatives::none;  // but it has uniform rows
  });
  // A positive, the corner without scores, a row that does not exist.
  for (const kernel::MaskedEntry entry : {kernel::MaskedEntry{2, 2}, {4, 5}, {7, 0}}) {
    expect_refused("model.mask", [&](Group& g, GroupGradients&) { g.known_edges = {&entry, 1}; });
  }
  expect_refused("model.odd_dim", [](Group& g, GroupGradients& out) {
    g.op = Operator::rotation;
    g.lhs.cols = g.rhs.cols = out.lhs.cols = out.rhs.cols = 3;
  });
}

// Shapes of real runs and around the steps of kernels, each row's gradient along one direction:
// elements of a wrong row, or a product cut short, show there.
struct LargeShape {
  std::size_t num_positives, num_lhs_uniform, num_rhs_uniform, dim;
  Operator op;
  Comparator comparator;
  Loss loss;
};
class LargeGroup : public ::testing::TestWithParam<LargeShape> {};

TEST_P(LargeGroup, MatchesTheDefinitionRowByRow) {
  const LargeShape shape = GetParam();
  GroupCase c;
  c.num_positives = shape.num_positives;
  c.num_lhs_uniform = shape.num_lhs_uniform;
  c.num_rhs_uniform = shape.num_rhs_uniform;
  c.dim = shape.dim;
  c.op = shape.op;
  c.options.comparator = shape.comparator;
  c.options.loss.loss = shape.loss;
  c.fill(16, 1.5 / std::sqrt(static_cast<double>(c.dim)));
  const GroupOutput out = run_step(c);
  const Numbers at(c);
  EXPECT_NEAR(out.result.loss / test::reference_loss(c, at, at), 1.0, 1e-5);

  Rng rng(17);
  const auto check = [&](std::vector<double> Numbers::*member, const std::vector<float>& gradient,
                         std::size_t first, std::size_t n) {
    // The hinges of the ranking loss are straight, but there are thousands of kinks to step over.
    const double h = shape.loss == Loss::ranking ? 1e-7 : 1e-4;
    Numbers above = at, below = at;
    double found = 0.0, magnitude = 0.0;
    for (std::size_t k = first; k < first + n; ++k) {
      const double direction = rng.below(2) == 0 ? 1.0 : -1.0;
      (above.*member)[k] += h * direction;
      (below.*member)[k] -= h * direction;
      found += direction * gradient[k];
      magnitude += std::abs(gradient[k]);
    }
    const double expected =
        (test::reference_loss(c, above, at) - test::reference_loss(c, below, at)) / (2 * h);
    EXPECT_NEAR(found, expected, 1e-5 * (1.0 + magnitude)) << "from " << first;
  };
  const auto some_rows = [&](std::size_t n) {
    return std::vector<std::size_t>{0, n / 2, n - 1, shape.num_positives - 1,
                                    std::min(shape.num_positives, n - 1)};
  };
  for (const std::size_t i : some_rows(c.num_sources()))
    check(&Numbers::lhs, out.lhs, i * c.dim, c.dim);
  for (const std::size_t i : some_rows(c.num_targets()))
    check(&Numbers::rhs, out.rhs, i * c.dim, c.dim);
  if (!c.params.empty()) check(&Numbers::params, out.params, 0, c.params.size());
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, LargeGroup,
    ::testing::Values(
        LargeShape{50, 50, 50, 128, Operator::translation, Comparator::dot, Loss::logistic},
        LargeShape{50, 50, 50, 128, Operator::translation, Comparator::dot, Loss::softmax},
        LargeShape{50, 50, 50, 128, Operator::translation, Comparator::dot, Loss::ranking},
        LargeShape{33, 7, 70, 100, Operator::complex_diagonal, Comparator::dot, Loss::softmax},
        LargeShape{17, 64, 1, 30, Operator::rotation, Comparator::l2, Loss::logistic},
        LargeShape{16, 15, 17, 64, Operator::diagonal, Comparator::cos, Loss::softmax},
        LargeShape{9, 31, 0, 40, Operator::linear, Comparator::squared_l2, Loss::logistic},
        LargeShape{1, 1, 129, 257, Operator::translation, Comparator::dot, Loss::logistic},
        LargeShape{12, 5, 6, 1024, Operator::none, Comparator::dot, Loss::logistic}),
    [](const auto& shape) {
      const LargeShape& s = shape.param;
      return std::to_string(s.num_positives) + "x" + std::to_string(s.num_lhs_uniform) + "x" +
             std::to_string(s.num_rhs_uniform) + "x" + std::to_string(s.dim) + "_" +
             std::string(enum_name(s.op)) + "_" + std::string(enum_name(s.comparator)) + "_" +
             std::string(enum_name(s.loss));
    });

}  // namespace
}  // namespace twhin
