#include "kernel/group.h"

#include <gtest/gtest.h>

#include <functional>

#include "kernel/test_matrix.h"

namespace twhin::kernel {
namespace {

using Loss = std::function<double(const GroupShape&, std::span<const MaskedEntry>, MatrixView)>;

// Moves each number of a small group by +-h and compares the loss's slope with the gradient.
void expect_gradient_is_slope_of(const Loss& loss, const GroupShape& shape) {
  const std::size_t dim = 3;
  TestMatrix sources = TestMatrix::random(shape.num_sources(), dim, 1, 2);
  TestMatrix targets = TestMatrix::random(shape.num_targets(), dim, 2, 2);
  TestMatrix ds(shape.num_sources(), dim, 2), dt(shape.num_targets(), dim, 2);
  TestMatrix scores(shape.num_sources(), shape.num_targets(), 2);
  Scratch scratch;
  std::vector<MaskedEntry> masked;
  if (shape.num_rhs_uniform > 0) masked.push_back({0, std::uint32_t(shape.num_positives)});
  if (shape.batch_negatives && shape.num_positives > 1) masked.push_back({1, 0});

  const auto loss_now = [&] {
    group_scores(shape, sources.view(), targets.view(), scores.view(), scratch);
    return loss(shape, masked, scores.view());
  };
  loss_now();
  group_gradients(shape, scores.view(), sources.view(), targets.view(), ds.view(), dt.view());

  const auto check = [&](TestMatrix& x, const TestMatrix& gradient) {
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t d = 0; d < dim; ++d) {
        constexpr float kStep = 1e-2f;
        const float before = x(i, d);
        x(i, d) = before + kStep;
        const double above = loss_now();
        x(i, d) = before - kStep;
        const double below = loss_now();
        x(i, d) = before;
        // Third derivatives are of order 1: kStep^2; roundings of the float scores: eps / kStep.
        EXPECT_NEAR((above - below) / (2 * kStep), gradient(i, d), 2e-3) << i << ' ' << d;
      }
    }
  };
  check(sources, ds);
  check(targets, dt);
}

const GroupShape kShapes[] = {{4, 3, 2}, {4, 0, 0}, {1, 2, 3}, {3, 2, 3, false}, {5, 0, 4}};

TEST(Group, GradientOfTheLogisticLossIsItsSlope) {
  const std::vector<float> edges{1.0f, 0.5f, 2.0f, 1.5f, 0.0f};
  for (const GroupShape& shape : kShapes) {
    expect_gradient_is_slope_of(
        [&](const GroupShape& s, std::span<const MaskedEntry> masked, MatrixView scores) {
          const GroupWeights weights{2.0f,  0.5f, 0.25f,
                                     0.75f, 0.3f, {edges.data(), shape.num_positives}};
          return logistic_coefficients(s, weights, masked, scores);
        },
        shape);
  }
}

TEST(Group, GradientOfTheSoftmaxLossIsItsSlope) {
  const std::vector<float> edges{1.0f, 0.5f, 2.0f, 1.5f, 0.0f};
  for (const GroupShape& shape : kShapes) {
    expect_gradient_is_slope_of(
        [&](const GroupShape& s, std::span<const MaskedEntry> masked, MatrixView scores) {
          Scratch scratch;
          const SoftmaxWeights weights{1.0f, 0.5f, {edges.data(), shape.num_positives}};
          return softmax_coefficients(s, weights, 0.7f, masked, scores, scratch);
        },
        shape);
  }
}

// The hinge has no slope at its corner; no term of these groups is within a step of it.
TEST(Group, GradientOfTheRankingLossIsItsSlope) {
  for (const GroupShape& shape : kShapes) {
    expect_gradient_is_slope_of(
        [&](const GroupShape& s, std::span<const MaskedEntry> masked, MatrixView scores) {
          const GroupWeights weights{1.0f, 0.5f, 0.25f, 0.75f, 0.3f, {}};
          return ranking_coefficients(s, weights, 5.0f, masked, scores);
        },
        shape);
  }
}

}  // namespace
}  // namespace twhin::kernel
