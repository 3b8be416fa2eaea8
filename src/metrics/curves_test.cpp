#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "metrics/testing.h"
#include "twhin/metrics/prediction.h"

namespace twhin::metrics {
namespace {

using testing::id_of;
using testing::kInf;
using testing::kNaN;
using testing::random_below;
using testing::random_levels;
using Doubles = std::vector<double>;
using Labels = std::vector<std::uint8_t>;

// A dozen examples with weights, of which some are zero, and scores with ties.
struct Example {
  Doubles scores, weights;
  Labels labels;
  explicit Example(std::uint64_t seed)
      : scores(random_levels<double>(12, 1 + seed % 13, seed)),
        weights(random_below<double>(12, 4, seed + 1000)),
        labels(random_below<std::uint8_t>(12, 2, seed + 2000)) {}
  Scored scored() const { return {scores, labels, weights}; }
};

// Precision and recall of "score at least t", straight from the definition.
struct Point {
  double precision, recall;
};
std::vector<Point> points(const Scored& s) {
  std::vector<Point> out;
  double positives = 0.0;
  for (std::size_t i = 0; i < s.scores.size(); ++i) positives += s.labels[i] * s.weights[i];
  for (const double t : std::set<double, std::greater<>>(s.scores.begin(), s.scores.end())) {
    double found = 0.0, all = 0.0;
    for (std::size_t i = 0; i < s.scores.size(); ++i) {
      if (s.scores[i] < t) continue;
      found += s.labels[i] * s.weights[i];
      all += s.weights[i];
    }
    if (all > 0.0) out.push_back({found / all, found / positives});
  }
  return out;
}

TEST(RocAuc, ByHand) {
  // Positives .9 .4; negatives .6 .4 .1: of six pairs 4 are right, one is a tie.
  const Doubles s = {0.9, 0.6, 0.4, 0.4, 0.1};
  const Labels y = {1, 0, 1, 0, 0};
  EXPECT_DOUBLE_EQ(*roc_auc({s, y}), (3.0 + 1.0 + 0.5) / 6.0);
}

TEST(RocAuc, EqualsTheSumOverPairs) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Example e(seed);
    double right = 0.0, pairs = 0.0;
    for (std::size_t i = 0; i < 12; ++i) {
      for (std::size_t j = 0; j < 12; ++j) {
        if (e.labels[i] != 1 || e.labels[j] != 0) continue;
        const double w = e.weights[i] * e.weights[j];
        pairs += w;
        right += w * (e.scores[i] > e.scores[j] ? 1.0 : e.scores[i] == e.scores[j] ? 0.5 : 0.0);
      }
    }
    const auto found = roc_auc(e.scored());
    ASSERT_EQ(found.has_value(), pairs > 0.0) << "seed " << seed;
    if (found) {
      EXPECT_NEAR(*found, right / pairs, 1e-14) << "seed " << seed;
    }
  }
}

TEST(PrAuc, ByHand) {
  const Doubles s = {0.9, 0.8, 0.7, 0.6};
  const Labels y = {1, 0, 1, 0};
  EXPECT_DOUBLE_EQ(*average_precision({s, y}), 0.5 * 1.0 + 0.5 * 2.0 / 3.0);
  // The step without new recall has no width; P goes 1, 1 | 1/2 | 2/3.
  EXPECT_DOUBLE_EQ(*pr_auc_trapezoid({s, y}), 0.5 * 1.0 + 0.5 * 0.5 * (0.5 + 2.0 / 3.0));
}

TEST(PrAuc, EqualsTheDefinitions) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Example e(seed);
    double positives = 0.0;
    for (std::size_t i = 0; i < 12; ++i) positives += e.labels[i] * e.weights[i];
    const auto step = average_precision(e.scored());
    const auto trapezoid = pr_auc_trapezoid(e.scored());
    ASSERT_EQ(step.has_value(), positives > 0.0) << "seed " << seed;
    ASSERT_EQ(trapezoid.has_value(), positives > 0.0) << "seed " << seed;
    if (!step) continue;
    double steps = 0.0, trapezoids = 0.0;
    Point before{1.0, 0.0};
    for (const Point& p : points(e.scored())) {
      steps += (p.recall - before.recall) * p.precision;
      trapezoids += (p.recall - before.recall) * 0.5 * (p.precision + before.precision);
      before = p;
    }
    EXPECT_NEAR(*step, steps, 1e-14) << "seed " << seed;
    EXPECT_NEAR(*trapezoid, trapezoids, 1e-14) << "seed " << seed;
  }
}

TEST(Curves, SeeOnlyTheOrderOfScoresAndNotThatOfExamples) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Example e(seed);
    Doubles scores, weights, cubed;
    Labels labels;
    std::vector<std::size_t> order(12);
    for (std::size_t i = 0; i < 12; ++i) order[i] = i;
    testing::shuffle(order, seed);
    for (const std::size_t i : order) {
      scores.push_back(e.scores[i]);
      weights.push_back(e.weights[i]);
      labels.push_back(e.labels[i]);
      cubed.push_back(std::pow(e.scores[i], 3) * 1e9 - 4e8);
    }
    for (const auto metric : {roc_auc, average_precision, pr_auc_trapezoid}) {
      // Weights are small whole numbers, so all sums but the last are exact.
      const auto expected = metric(e.scored());
      const auto shuffled = metric({scores, labels, weights});
      ASSERT_EQ(shuffled.has_value(), expected.has_value());
      if (!expected) continue;
      EXPECT_EQ(*shuffled, *expected);
      EXPECT_EQ(*metric({cubed, labels, weights}), *expected);
    }
  }
}

TEST(Curves, OfPerfectReversedAndConstantScores) {
  const Labels y = {1, 1, 0, 0, 0};
  const Doubles perfect = {4, 3, 2, 1, 0}, reversed = {0, 1, 2, 3, 4}, constant(5, 1.0);
  EXPECT_EQ(roc_auc({perfect, y}), 1.0);
  EXPECT_EQ(roc_auc({reversed, y}), 0.0);
  EXPECT_EQ(roc_auc({constant, y}), 0.5);
  EXPECT_EQ(average_precision({perfect, y}), 1.0);
  EXPECT_DOUBLE_EQ(*average_precision({constant, y}), 0.4);
  EXPECT_EQ(pr_auc_trapezoid({perfect, y}), 1.0);
  EXPECT_DOUBLE_EQ(*pr_auc_trapezoid({constant, y}), 0.7) << "why it flatters";
}

TEST(Curves, TakeInfinitiesAndRefuseNaN) {
  const Labels y = {1, 0, 0};
  EXPECT_EQ(roc_auc({Doubles{kInf, 0.0, -kInf}, y}), 1.0);
  EXPECT_EQ(roc_auc({Doubles{kInf, kInf, -kInf}, y}), 0.75);
  EXPECT_EQ(id_of([&] { roc_auc({Doubles{kNaN, 0.0, 0.0}, y}); }), "metrics.nan_score");
  EXPECT_EQ(roc_auc({Doubles{}, Labels{}}), std::nullopt);
  EXPECT_EQ(roc_auc({Doubles{1.0}, Labels{1}}), std::nullopt);
  EXPECT_EQ(average_precision({Doubles{1.0}, Labels{1}}), 1.0);
  EXPECT_EQ(average_precision({Doubles{1.0}, Labels{0}}), std::nullopt);
}

TEST(GroupMean, IsOverTheGroupsInWhichTheMetricIsDefined) {
  const Doubles s = {0.9, 0.1, 0.2, 0.8, 0.5, 0.5, 0.7};
  const Labels y = {1, 0, 1, 0, 1, 1, 0};
  const std::vector<std::uint64_t> query = {7, 7, 3, 3, 5, 5, 9};
  const GroupMean auc = mean_roc_auc({s, y}, query);
  EXPECT_EQ(auc.mean, 0.5);  // 1 in query 7, 0 in query 3
  EXPECT_EQ(auc.num_groups, 2u);
  EXPECT_EQ(auc.num_undefined, 2u);
  const GroupMean map = mean_average_precision({s, y}, query);
  EXPECT_DOUBLE_EQ(*map.mean, (1.0 + 0.5 + 1.0) / 3.0);
  EXPECT_EQ(map.num_undefined, 1u);
}

TEST(GroupMean, EqualsTheMetricOfEachGroupAlone) {
  const auto s = random_levels<double>(300, 8, 1);
  const auto y = random_below<std::uint8_t>(300, 2, 2);
  const auto group = random_below<std::uint64_t>(300, 40, 3);
  double sum = 0.0;
  std::uint64_t defined = 0;
  for (std::uint64_t g = 0; g < 40; ++g) {
    Doubles part_s;
    Labels part_y;
    for (std::size_t i = 0; i < 300; ++i) {
      if (group[i] == g) part_s.push_back(s[i]), part_y.push_back(y[i]);
    }
    if (const auto auc = roc_auc({part_s, part_y})) sum += *auc, ++defined;
  }
  const GroupMean found = mean_roc_auc({s, y}, group);
  EXPECT_EQ(found.num_groups, defined);
  EXPECT_NEAR(*found.mean, sum / static_cast<double>(defined), 1e-14);
}

TEST(GroupMean, OfNothingIsEmptyAndSizesMustAgree) {
  EXPECT_EQ(mean_roc_auc({Doubles{}, Labels{}}, {}).mean, std::nullopt);
  EXPECT_EQ(id_of([] { mean_roc_auc({Doubles{1.0}, Labels{1}}, {}); }), "metrics.size_mismatch");
}

}  // namespace
}  // namespace twhin::metrics
