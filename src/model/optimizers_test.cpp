#include "twhin/model/optimizers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "twhin/base/error.h"
#include "twhin/model/regularization.h"

namespace twhin {
namespace {

struct Row {
  std::vector<float> values, state;
  void update(Optimizer optimizer, const std::vector<float>& gradient) {
    update_row(optimizer, 0.5f, gradient, state, values);
  }
};

TEST(Optimizers, StepsAreThoseComputedByHand) {
  Row row{{1, 1}, {0}};
  row.update(Optimizer::row_adagrad, {1, 7});  // mean square 25: step 0.5 / 5
  EXPECT_FLOAT_EQ(row.values[0], 0.9f);
  EXPECT_FLOAT_EQ(row.values[1], 0.3f);
  row.update(Optimizer::row_adagrad, {12, 0});  // 25 + 72
  EXPECT_FLOAT_EQ(row.state[0], 97.0f);
  EXPECT_FLOAT_EQ(row.values[0], 0.9f - 6.0f / std::sqrt(97.0f));

  Row each{{1, 1}, {0, 0}};
  each.update(Optimizer::adagrad, {3, -0.01f});  // the first step has length 0.5 in every element
  EXPECT_FLOAT_EQ(each.values[0], 0.5f);
  EXPECT_FLOAT_EQ(each.values[1], 1.5f);
  each.update(Optimizer::adagrad, {4, 0});
  EXPECT_FLOAT_EQ(each.values[0], 0.5f - 0.5f * 4 / 5);

  Row plain{{1, 1}, {}};
  plain.update(Optimizer::sgd, {2, -4});
  EXPECT_EQ(plain.values, (std::vector<float>{0, 3}));
}

TEST(Optimizers, ANullGradientMovesNothing) {
  for (const Optimizer optimizer : {Optimizer::row_adagrad, Optimizer::adagrad, Optimizer::sgd}) {
    Row row{{1, 2}, std::vector<float>(optimizer_state_size(optimizer, 2))};
    row.update(optimizer, {0, 0});
    EXPECT_EQ(row.values, (std::vector<float>{1, 2})) << enum_name(optimizer);
  }
}

TEST(Optimizers, StateOfAnotherSizeIsRefused) {
  Row row{{1, 1}, {0}};
  EXPECT_THROW(row.update(Optimizer::adagrad, {1, 1}), Error);
  EXPECT_THROW(row.update(Optimizer::row_adagrad, {1}), Error);
  EXPECT_EQ(row.values, (std::vector<float>{1, 1}));
}

TEST(LearningRate, FollowsTheScheduleFromWarmUpToTheEnd) {
  const auto factor = [](Schedule kind, double done) {
    return learning_rate_factor({kind, 0.2f, 0.01f}, done);
  };
  for (const EnumName<Schedule>& kind : EnumNames<Schedule>::values) {
    EXPECT_NEAR(factor(kind.value, 0.0), 0.0, 1e-6) << kind.name;
    EXPECT_NEAR(factor(kind.value, 0.1), 0.5, 1e-6) << kind.name;
    EXPECT_NEAR(factor(kind.value, 0.2000001), 1.0, 1e-5) << kind.name;
  }
  EXPECT_NEAR(factor(Schedule::constant, 1.0), 1.0, 1e-6);
  EXPECT_NEAR(factor(Schedule::linear, 0.6), 0.505, 1e-6);
  EXPECT_NEAR(factor(Schedule::linear, 1.0), 0.01, 1e-6);
  EXPECT_NEAR(factor(Schedule::cosine, 0.6), 0.505, 1e-6);
  EXPECT_NEAR(factor(Schedule::cosine, 0.4), 0.01 + 0.99 * (1 + std::sqrt(0.5)) / 2, 1e-6);
  EXPECT_NEAR(factor(Schedule::cosine, 1.0), 0.01, 1e-6);
  EXPECT_NEAR(factor(Schedule::exponential, 0.6), 0.1, 1e-6);
  EXPECT_NEAR(factor(Schedule::exponential, 1.0), 0.01, 1e-6);
}

TEST(LearningRate, WithoutWarmUpBeginsAtOnce) {
  EXPECT_EQ(learning_rate_factor({}, 0.0), 1.0);
  EXPECT_EQ(learning_rate_factor({}, 1.0), 1.0);
}

TEST(LimitNorms, ShortensLongRowsOnly) {
  std::vector<float> rows = {3, 4, 0.3f, 0.4f, -6, 8};
  EXPECT_EQ(limit_norms({rows.data(), 3, 2}, 2.5f), 2u);
  const std::vector<float> expected = {1.5f, 2, 0.3f, 0.4f, -1.5f, 2};
  for (std::size_t k = 0; k < rows.size(); ++k) EXPECT_FLOAT_EQ(rows[k], expected[k]);
}

}  // namespace
}  // namespace twhin
