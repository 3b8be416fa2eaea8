#include "kernel/group.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <ostream>

#include "kernel/reference.h"
#include "kernel/test_matrix.h"
#include "kernel/test_targets.h"
#include "twhin/base/error.h"

namespace twhin::kernel {

std::ostream& operator<<(std::ostream& os, const GroupShape& s) {
  return os << s.num_positives << " positives, uniform " << s.num_lhs_uniform << " lhs and "
            << s.num_rhs_uniform << " rhs" << (s.batch_negatives ? "" : ", no batch negatives");
}

namespace {

constexpr double kEps = 0x1p-24;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

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

// -- the fast kernels against their twins ------------------------------------------------------

class GroupOf : public ::testing::TestWithParam<std::tuple<GroupShape, std::size_t>> {
 protected:
  GroupShape shape_ = std::get<0>(GetParam());
  std::size_t dim_ = std::get<1>(GetParam());
  std::size_t num_sources_ = shape_.num_sources(), num_targets_ = shape_.num_targets();

  // Scores between -scale and scale, where there is one; elsewhere as TestMatrix left it.
  TestMatrix random_scores(std::uint32_t seed, float scale) const {
    const auto values = random_floats(num_sources_ * num_targets_, seed, scale);
    TestMatrix out(num_sources_, num_targets_, 3);
    for (std::size_t i = 0; i < num_sources_; ++i) {
      for (std::size_t j = 0; j < num_targets_; ++j) {
        if (exists(i, j)) out(i, j) = values[i * num_targets_ + j];
      }
    }
    return out;
  }
  bool exists(std::size_t i, std::size_t j) const {
    const std::size_t p = shape_.num_positives;
    if (i < p && j < p) return shape_.batch_negatives || i == j;
    return i < p || j < p;
  }
  std::vector<MaskedEntry> some_masked() const {
    std::vector<MaskedEntry> out;
    for (std::uint32_t i = 0; i < num_sources_; ++i) {
      for (std::uint32_t j = 0; j < num_targets_; ++j) {
        if (exists(i, j) && i != j && (i * 7 + j) % 11 == 3) out.push_back({i, j});
      }
    }
    return out;
  }
  // Where there is no score, nothing has been written.
  void expect_only_scores_written(const TestMatrix& scores) const {
    EXPECT_TRUE(scores.untouched_gaps());
    for (std::size_t i = 0; i < num_sources_; ++i) {
      for (std::size_t j = 0; j < num_targets_; ++j) {
        if (exists(i, j)) continue;
        ASSERT_EQ(scores(i, j), TestMatrix::kUntouched) << i << ' ' << j;
      }
    }
  }
};

TEST_P(GroupOf, ScoresAndGradientsMatchTheirTwins) {
  const TestMatrix sources = TestMatrix::random(num_sources_, dim_, 1, 3);
  const TestMatrix targets = TestMatrix::random(num_targets_, dim_, 2, 1);
  const TestMatrix c = random_scores(3, 1.0f);
  TestMatrix exact(num_sources_, num_targets_);
  TestMatrix exact_ds(num_sources_, dim_), exact_dt(num_targets_, dim_);
  reference::group_scores(shape_, sources.view(), targets.view(), exact.view());
  reference::group_gradients(shape_, c.view(), sources.view(), targets.view(), exact_ds.view(),
                             exact_dt.view());
  on_each_target([&] {
    Scratch scratch;
    TestMatrix scores(num_sources_, num_targets_, 5);
    group_scores(shape_, sources.view(), targets.view(), scores.view(), scratch);
    expect_only_scores_written(scores);
    // All factors are below 1: a sum of n products has magnitude at most n.
    const double score_bound = double(dim_ + 2) * kEps * double(dim_);
    for (std::size_t i = 0; i < num_sources_; ++i) {
      for (std::size_t j = 0; j < num_targets_; ++j) {
        if (!exists(i, j)) continue;
        ASSERT_NEAR(scores(i, j), exact(i, j), score_bound) << i << ' ' << j;
      }
    }
    TestMatrix ds(num_sources_, dim_, 2), dt(num_targets_, dim_, 4);
    group_gradients(shape_, c.view(), sources.view(), targets.view(), ds.view(), dt.view());
    const auto terms = double(num_sources_ + num_targets_);
    const double bound = (terms + 2) * kEps * terms;
    for (std::size_t d = 0; d < dim_; ++d) {
      for (std::size_t i = 0; i < num_sources_; ++i) {
        ASSERT_NEAR(ds(i, d), exact_ds(i, d), bound) << i << ' ' << d;
      }
      for (std::size_t j = 0; j < num_targets_; ++j) {
        ASSERT_NEAR(dt(j, d), exact_dt(j, d), bound) << j << ' ' << d;
      }
    }
    EXPECT_TRUE(ds.untouched_gaps());
    EXPECT_TRUE(dt.untouched_gaps());
  });
}

TEST_P(GroupOf, LossesMatchTheirTwins) {
  const std::vector<MaskedEntry> masked = some_masked();
  const std::vector<float> edges = random_floats(shape_.num_positives, 4);
  for (const bool weighted : {false, true}) {
    const std::span<const float> factors =
        weighted ? std::span<const float>(edges) : std::span<const float>();
    const GroupWeights weights{2.0f, 0.5f, 0.25f, 0.75f, 0.3f, factors};
    const SoftmaxWeights sides{1.0f, 0.5f, factors};
    const std::pair<const char*, std::pair<Loss, Loss>> losses[] = {
        {"logistic",
         {[&](auto& s, auto m, auto v) { return logistic_coefficients(s, weights, m, v); },
          [&](auto& s, auto m, auto v) {
            return reference::logistic_coefficients(s, weights, m, v);
          }}},
        {"softmax",
         {[&](auto& s, auto m, auto v) {
            Scratch scratch;
            return softmax_coefficients(s, sides, 0.5f, m, v, scratch);
          },
          [&](auto& s, auto m, auto v) {
            return reference::softmax_coefficients(s, sides, 0.5f, m, v);
          }}},
        {"softmax of the rhs alone",
         {[&](auto& s, auto m, auto v) {
            Scratch scratch;
            return softmax_coefficients(s, {1.0f, 0.0f, factors}, 2.0f, m, v, scratch);
          },
          [&](auto& s, auto m, auto v) {
            return reference::softmax_coefficients(s, {1.0f, 0.0f, factors}, 2.0f, m, v);
          }}},
        {"softmax of the lhs alone",
         {[&](auto& s, auto m, auto v) {
            Scratch scratch;
            return softmax_coefficients(s, {0.0f, 1.0f, factors}, 2.0f, m, v, scratch);
          },
          [&](auto& s, auto m, auto v) {
            return reference::softmax_coefficients(s, {0.0f, 1.0f, factors}, 2.0f, m, v);
          }}},
        {"ranking",
         {[&](auto& s, auto m, auto v) { return ranking_coefficients(s, weights, 1.0f, m, v); },
          [&](auto& s, auto m, auto v) {
            return reference::ranking_coefficients(s, weights, 1.0f, m, v);
          }}},
    };
    for (const auto& [name, pair] : losses) {
      SCOPED_TRACE(name);
      const TestMatrix scores = random_scores(5, 8.0f);
      TestMatrix exact = scores;
      const double exact_loss = pair.second(shape_, masked, exact.view());
      on_each_target([&, &fast = pair.first] {
        TestMatrix found = scores;
        const double loss = fast(shape_, masked, found.view());
        expect_only_scores_written(found);
        // Terms are at most 32 (8 + 8 over a temperature of 0.5), with an error of an eps of their
        // exponent; the positive's coefficient in the ranking loss counts all negatives.
        const double n = double(num_sources_ + num_targets_);
        EXPECT_NEAR(loss, exact_loss, 64 * kEps * 32 * (1 + double(shape_.num_positives)) * n);
        for (std::size_t i = 0; i < num_sources_; ++i) {
          for (std::size_t j = 0; j < num_targets_; ++j) {
            if (!exists(i, j)) continue;
            const double bound = i == j ? 16 * n * kEps : 192 * kEps;
            ASSERT_NEAR(found(i, j), exact(i, j), bound) << i << ' ' << j;
          }
        }
      });
    }
  }
}

// Around one vector (4, 8, 16) and one block of 64 rows; empties; each side alone.
INSTANTIATE_TEST_SUITE_P(
    Shapes, GroupOf,
    ::testing::Combine(::testing::Values(GroupShape{0, 0, 0}, GroupShape{0, 3, 2},
                                         GroupShape{1, 0, 0}, GroupShape{1, 1, 1},
                                         GroupShape{3, 5, 0}, GroupShape{4, 0, 7},
                                         GroupShape{5, 4, 3}, GroupShape{15, 8, 17},
                                         GroupShape{16, 16, 16}, GroupShape{17, 15, 40},
                                         GroupShape{50, 50, 50}, GroupShape{65, 3, 2},
                                         GroupShape{130, 2, 66}, GroupShape{3, 2, 4, false},
                                         GroupShape{20, 7, 33, false}, GroupShape{70, 1, 0, false}),
                       ::testing::Values(std::size_t{1}, std::size_t{5}, std::size_t{16},
                                         std::size_t{128}, std::size_t{200})));

// -- single properties -------------------------------------------------------------------------

TEST(Group, ScoresOfAnySizeGiveFiniteLossAndCoefficients) {
  const GroupShape shape{2, 1, 1};
  on_each_target([&] {
    Scratch scratch;
    for (const float size : {1e9f, -1e9f, 1e30f, -1e30f}) {
      TestMatrix scores(3, 3);
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) scores(i, j) = (i + j) % 2 == 0 ? size : -size;
      }
      TestMatrix logistic = scores, softmax = scores, ranking = scores;
      EXPECT_TRUE(std::isfinite(logistic_coefficients(shape, {}, {}, logistic.view())));
      EXPECT_TRUE(
          std::isfinite(softmax_coefficients(shape, {}, 1.0f, {}, softmax.view(), scratch)));
      EXPECT_TRUE(std::isfinite(ranking_coefficients(shape, {}, 1.0f, {}, ranking.view())));
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
          EXPECT_TRUE(std::isfinite(logistic(i, j)) && std::isfinite(softmax(i, j)) &&
                      std::isfinite(ranking(i, j)));
        }
      }
    }
  });
}

TEST(Group, NaNShowsInTheLossAndStaysInItsEntryOfTheLogisticLoss) {
  const GroupShape shape{20, 3, 3};
  on_each_target([&] {
    Scratch scratch;
    TestMatrix scores(23, 23);
    for (std::size_t i = 0; i < 23; ++i) {
      for (std::size_t j = 0; j < 23; ++j) scores(i, j) = 0.1f * float(i) - 0.2f * float(j);
    }
    scores(7, 18) = kNaN;
    TestMatrix logistic = scores, softmax = scores, ranking = scores;
    EXPECT_TRUE(std::isnan(logistic_coefficients(shape, {}, {}, logistic.view())));
    EXPECT_TRUE(std::isnan(softmax_coefficients(shape, {}, 1.0f, {}, softmax.view(), scratch)));
    EXPECT_TRUE(std::isnan(ranking_coefficients(shape, {}, 1.0f, {}, ranking.view())));
    for (std::size_t i = 0; i < 20; ++i) {
      for (std::size_t j = 0; j < 23; ++j) {
        EXPECT_EQ(std::isnan(logistic(i, j)), i == 7 && j == 18);
        if (i == 7 || j == 18) continue;
        EXPECT_FALSE(std::isnan(softmax(i, j)));
      }
    }
  });
}

TEST(Group, MaskedEntriesHaveNoLossAndNoCoefficient) {
  const GroupShape shape{4, 2, 2};
  on_each_target([&] {
    TestMatrix scores(6, 6), shifted(6, 6);
    for (std::size_t i = 0; i < 6; ++i) {
      for (std::size_t j = 0; j < 6; ++j) scores(i, j) = shifted(i, j) = float(i) - float(j);
    }
    const std::vector<MaskedEntry> masked{{0, 1}, {3, 5}, {5, 2}};
    for (const MaskedEntry& m : masked) shifted(m.source, m.target) = 1e9f;
    const double loss = logistic_coefficients(shape, {}, masked, scores.view());
    EXPECT_EQ(loss, logistic_coefficients(shape, {}, masked, shifted.view()));
    for (const MaskedEntry& m : masked) {
      EXPECT_EQ(scores(m.source, m.target), 0.0f);
      EXPECT_EQ(shifted(m.source, m.target), 0.0f);
    }
  });
}

TEST(Group, RankingTakesMorePositivesThanItKeepsOnTheStack) {
  const GroupShape shape{1030, 0, 1};
  const TestMatrix scores = TestMatrix::random(1030, 1031, 1, 0, 2.0f);
  TestMatrix found = scores, exact = scores;
  const double loss = ranking_coefficients(shape, {}, 1.0f, {}, found.view());
  const double exact_loss = reference::ranking_coefficients(shape, {}, 1.0f, {}, exact.view());
  EXPECT_NEAR(loss, exact_loss, 2048 * kEps * exact_loss);
  for (std::size_t i = 0; i < 1030; ++i) ASSERT_EQ(found(i, i), exact(i, i)) << i;
}

TEST(Group, EquationTwoCountsThePositiveOnceAndEveryNegativeOnce) {
  const GroupShape shape{2, 1, 1};
  TestMatrix zero(3, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) zero(i, j) = 0.0f;
  }
  // Every term is softplus(0) = log 2: for each of two edges one positive, and a batch and a
  // uniform negative on each side.
  const double loss = logistic_coefficients(shape, {}, {}, zero.view());
  EXPECT_NEAR(loss, 2 * 5 * std::log(2.0), 1e-6);
  EXPECT_EQ(zero(0, 0), -0.5f);
  EXPECT_EQ(zero(0, 1), 1.0f);  // as a rhs of edge 0, and as a lhs of edge 1
  EXPECT_EQ(zero(0, 2), 0.5f);
  EXPECT_EQ(zero(2, 0), 0.5f);
}

TEST(Group, RefusesMasksThatNameNoNegative) {
  const GroupShape shape{2, 1, 1};
  TestMatrix scores(3, 3);
  Scratch scratch;
  for (const MaskedEntry& bad : {MaskedEntry{1, 1}, {2, 2}, {3, 0}, {0, 3}}) {
    const std::vector<MaskedEntry> masked{bad};
    try {
      logistic_coefficients(shape, {}, masked, scores.view());
      FAIL() << bad.source << ' ' << bad.target;
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "kernel.mask");
    }
  }
  EXPECT_THROW(softmax_coefficients(shape, {}, 0.0f, {}, scores.view(), scratch), Error);
  EXPECT_THROW(softmax_coefficients(shape, {}, kInfinity, {}, scores.view(), scratch), Error);
}

TEST(Group, AllocatesOnlyOnce) {
  const GroupShape shape{50, 50, 50};
  const TestMatrix sources = TestMatrix::random(100, 128, 1);
  const TestMatrix targets = TestMatrix::random(100, 128, 2);
  TestMatrix scores(100, 100);
  Scratch scratch;
  const auto step = [&] {
    group_scores(shape, sources.view(), targets.view(), scores.view(), scratch);
    softmax_coefficients(shape, {}, 1.0f, {}, scores.view(), scratch);
    return scratch.size();
  };
  const std::size_t size = step();
  scratch.floats(1);  // less than it has
  EXPECT_EQ(step(), size);
}

}  // namespace
}  // namespace twhin::kernel
