#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "metrics/testing.h"
#include "twhin/metrics/prediction.h"

namespace twhin::metrics {
namespace {

using testing::id_of;
using testing::kInf;
using testing::kNaN;
using Doubles = std::vector<double>;
using Labels = std::vector<std::uint8_t>;

// epsilon 1e-7 in the clamp and in the logarithm moves a term by at most about 2e-7 / p.
constexpr double kNear = 1e-4;

TEST(RelativeCrossEntropy, OfFourExamplesByHand) {
  const Doubles p = {0.8, 0.4, 0.3, 0.1};
  const Labels y = {1, 1, 0, 0};
  const double model = -(std::log(0.8) + std::log(0.4) + std::log(0.7) + std::log(0.9)) / 4.0;
  const double reference = std::log(2.0);
  const auto found = relative_cross_entropy({p, y});
  EXPECT_NEAR(found->model, model, 1e-6);
  EXPECT_NEAR(found->reference, reference, 1e-6);
  EXPECT_NEAR(found->rce, 100.0 * (1.0 - model / reference), kNear);
  EXPECT_DOUBLE_EQ(found->mean_label, 0.5);
  EXPECT_DOUBLE_EQ(found->mean_prediction, 0.4);
  EXPECT_EQ(found->num_clamped, 0u);
}

TEST(RelativeCrossEntropy, IsZeroForTheStrawManHundredForTheTruthAndNegativeBelow) {
  const Labels y = {1, 0, 0, 0};
  EXPECT_NEAR(relative_cross_entropy({Doubles(4, 0.25), y})->rce, 0.0, 1e-12);
  const auto perfect = relative_cross_entropy({Doubles{1, 0, 0, 0}, y});
  EXPECT_NEAR(perfect->rce, 100.0, kNear);
  EXPECT_EQ(perfect->num_clamped, 4u);
  EXPECT_LT(relative_cross_entropy({Doubles{0.1, 0.9, 0.9, 0.9}, y})->rce, 0.0);
}

// -log(1e-7 + 1e-7): what the clamp and the epsilon of Twitter's code leave of an infinite loss.
TEST(RelativeCrossEntropy, HoldsAConfidentMistakeFinite) {
  const auto found = relative_cross_entropy({Doubles{0.0, 0.5}, Labels{1, 0}});
  EXPECT_NEAR(found->model, 0.5 * (-std::log(2e-7) + std::log(2.0)), 1e-6);
  EXPECT_EQ(found->num_clamped, 1u);
}

TEST(RelativeCrossEntropy, WeighsAnExampleLikeItsCopies) {
  const Doubles p = {0.8, 0.4, 0.3}, w = {2.0, 1.0, 3.0};
  const Labels y = {1, 0, 1};
  const Doubles copied_p = {0.8, 0.8, 0.4, 0.3, 0.3, 0.3};
  const Labels copied_y = {1, 1, 0, 1, 1, 1};
  EXPECT_NEAR(relative_cross_entropy({p, y, w})->rce,
              relative_cross_entropy({copied_p, copied_y})->rce, 1e-12);
}

TEST(RelativeCrossEntropy, SmoothsLabels) {
  const auto found =
      relative_cross_entropy({Doubles{0.9, 0.1}, Labels{1, 0}}, {.label_smoothing = 0.2});
  const double term = -0.9 * std::log(0.9) - 0.1 * std::log(0.1);
  EXPECT_NEAR(found->model, term, 1e-6);
  EXPECT_DOUBLE_EQ(found->mean_label, 0.5);
}

TEST(RelativeCrossEntropy, IsUndefinedForOneClass) {
  EXPECT_FALSE(relative_cross_entropy({Doubles{0.5, 0.5}, Labels{1, 1}}).has_value());
  EXPECT_FALSE(relative_cross_entropy({Doubles{}, Labels{}}).has_value());
  EXPECT_FALSE(
      relative_cross_entropy({Doubles{0.5, 0.5}, Labels{1, 0}, Doubles{1, 0}}).has_value());
}

TEST(NormalizedRelativeCrossEntropy, DoesNotChangeIfPredictionsAreScaled) {
  const Labels y = {1, 0, 1, 0, 0};
  const Doubles p = {0.5, 0.25, 0.75, 0.125, 0.25};
  Doubles half = p;
  for (double& x : half) x *= 0.5;
  const auto a = normalized_relative_cross_entropy({p, y});
  const auto b = normalized_relative_cross_entropy({half, y});
  EXPECT_NEAR(a->rce, b->rce, 1e-10);
  EXPECT_DOUBLE_EQ(a->mean_prediction, 0.4) << "the mean label";
  EXPECT_NE(relative_cross_entropy({p, y})->rce, relative_cross_entropy({half, y})->rce);
}

TEST(NormalizedRelativeCrossEntropy, ScalesByTheRatioOfTheMeans) {
  const Doubles p = {0.4, 0.1}, scaled = {0.8, 0.2};
  const Labels y = {1, 0};
  EXPECT_NEAR(normalized_relative_cross_entropy({p, y})->rce,
              relative_cross_entropy({scaled, y})->rce, 1e-12);
}

TEST(NormalizedRelativeCrossEntropy, CountsWhatTheScaleCarriesAboveOne) {
  const auto found = normalized_relative_cross_entropy({Doubles{0.9, 0.1, 0.1}, Labels{1, 1, 0}});
  EXPECT_EQ(found->num_clamped, 1u);
  EXPECT_FALSE(normalized_relative_cross_entropy({Doubles{0, 0}, Labels{1, 0}}).has_value());
}

TEST(LogLoss, ByHandAndWithACertainMistake) {
  EXPECT_DOUBLE_EQ(*log_loss({Doubles{0.8, 0.3}, Labels{1, 0}}),
                   -(std::log(0.8) + std::log(0.7)) / 2.0);
  EXPECT_DOUBLE_EQ(*log_loss({Doubles{0.0}, Labels{1}}), -std::log(1e-15));
  EXPECT_NEAR(*log_loss({Doubles{1.0}, Labels{1}}), 0.0, 1.2e-15);
  EXPECT_EQ(log_loss({Doubles{}, Labels{}}), std::nullopt);
}

TEST(Calibration, OfEqualWidthBinsByHand) {
  const Doubles p = {0.1, 0.2, 0.6, 0.8, 1.0};
  const Labels y = {0, 1, 1, 0, 1};
  const auto c = calibration({p, y}, 2);
  ASSERT_EQ(c->bins.size(), 2u);
  EXPECT_EQ(c->bins[0].count, 2u);
  EXPECT_DOUBLE_EQ(c->bins[0].mean_prediction, 0.15);
  EXPECT_DOUBLE_EQ(c->bins[0].mean_label, 0.5);
  EXPECT_EQ(c->bins[1].count, 3u) << "1.0 belongs to the last bin";
  EXPECT_DOUBLE_EQ(c->bins[1].mean_prediction, 0.8);
  EXPECT_DOUBLE_EQ(c->bins[1].mean_label, 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(c->ratio, 2.7 / 3.0);
  EXPECT_NEAR(c->expected_error, 0.4 * 0.35 + 0.6 * (0.8 - 2.0 / 3.0), 1e-15);
  EXPECT_DOUBLE_EQ(c->largest_error, 0.35);
}

TEST(Calibration, OfEqualCountsKeepsEqualPredictionsTogether) {
  const Doubles p = {0.1, 0.1, 0.1, 0.1, 0.2, 0.9};
  const Labels y = {0, 0, 0, 1, 0, 1};
  const auto c = calibration({p, y}, 3, Binning::equal_count);
  EXPECT_EQ(c->bins[0].count, 0u);
  EXPECT_TRUE(std::isnan(c->bins[0].mean_label));
  EXPECT_EQ(c->bins[1].count, 4u);
  EXPECT_EQ(c->bins[2].count, 2u);
}

TEST(Calibration, OfAWellCalibratedModelHasNoError) {
  const Doubles p = {0.5, 0.5, 0.25, 0.25, 0.25, 0.25};
  const Labels y = {0, 1, 0, 0, 1, 0};
  const auto c = calibration({p, y}, 4);
  EXPECT_DOUBLE_EQ(c->ratio, 1.0);
  EXPECT_DOUBLE_EQ(c->expected_error, 0.0);
  EXPECT_FALSE(calibration({p, Labels(6, 0)}, 4).has_value());
}

TEST(Probabilities, AreChecked) {
  const Labels y = {1, 0};
  const auto id = [&](Doubles p, Labels labels, Doubles weights = {}) {
    return id_of([&] { relative_cross_entropy({p, labels, weights}); });
  };
  EXPECT_EQ(id({0.5, 0.5}, y), "");
  EXPECT_EQ(id({0.5}, y), "metrics.size_mismatch");
  EXPECT_EQ(id({0.5, 0.5}, y, {1.0}), "metrics.size_mismatch");
  EXPECT_EQ(id({0.5, kNaN}, y), "metrics.nan_score");
  EXPECT_EQ(id({0.5, 1.5}, y), "metrics.bad_probability");
  EXPECT_EQ(id({-0.1, 0.5}, y), "metrics.bad_probability");
  EXPECT_EQ(id({0.5, 0.5}, {1, 2}), "metrics.bad_label");
  EXPECT_EQ(id({0.5, 0.5}, y, {1.0, -1.0}), "metrics.bad_weight");
  EXPECT_EQ(id({0.5, 0.5}, y, {1.0, kNaN}), "metrics.bad_weight");
  EXPECT_EQ(id({0.5, 0.5}, y, {1.0, kInf}), "metrics.bad_weight");
}

TEST(Probabilities, RefuseOptionsOutOfRange) {
  const Doubles p = {0.5, 0.5};
  const Labels y = {1, 0};
  const auto id = [&](CrossEntropyOptions o) {
    return id_of([&] { relative_cross_entropy({p, y}, o); });
  };
  EXPECT_EQ(id({.epsilon = 0.0}), "metrics.cross_entropy_options");
  EXPECT_EQ(id({.epsilon = 0.5}), "metrics.cross_entropy_options");
  EXPECT_EQ(id({.label_smoothing = 1.0}), "metrics.cross_entropy_options");
  EXPECT_EQ(id({.label_smoothing = -0.1}), "metrics.cross_entropy_options");
  EXPECT_EQ(id_of([&] { calibration({p, y}, 0); }), "metrics.num_bins");
  try {
    log_loss({Doubles{0.5, 7.0}, y});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("example 1"));
  }
}

}  // namespace
}  // namespace twhin::metrics
