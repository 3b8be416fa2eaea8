#include "report/scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "report/testing.h"
#include "twhin/base/rng.h"

namespace twhin::report {
namespace {

using ::testing::ElementsAre;
using testing::id_of;
using testing::kInf;
using testing::kNaN;

Extent extent_of(std::initializer_list<double> values, bool logarithmic = false) {
  Extent out(logarithmic);
  for (const double value : values) out.add(value);
  return out;
}

std::vector<std::string> labels(const Scale& scale) {
  std::vector<std::string> out;
  for (const Tick& tick : scale.ticks()) out.push_back(tick.label);
  return out;
}

TEST(Extent, TakesOnlyWhatAnAxisCanShow) {
  Extent linear(false), logarithmic(true);
  for (const double value : {kNaN, kInf, -kInf, -3.0, 0.0, 5.0}) {
    linear.add(value);
    logarithmic.add(value);
  }
  EXPECT_EQ(linear.low(), -3.0);
  EXPECT_EQ(linear.high(), 5.0);
  EXPECT_EQ(logarithmic.low(), 5.0);
  EXPECT_TRUE(extent_of({kNaN}).empty());
}

TEST(NiceStep, IsOneTwoOrFiveTimesAPowerOfTen) {
  const auto plain = NumberFormat::Kind::plain;
  EXPECT_DOUBLE_EQ(nice_step(0, 10, 5, plain), 2.0);
  EXPECT_DOUBLE_EQ(nice_step(0, 10, 4, plain), 5.0);
  EXPECT_DOUBLE_EQ(nice_step(0, 0.7, 5, plain), 0.2);
  EXPECT_DOUBLE_EQ(nice_step(-3e6, 3e6, 6, plain), 1e6);
  EXPECT_DOUBLE_EQ(nice_step(0, 1e-7, 10, plain), 1e-8);
}

TEST(NiceStep, IsRoundInTimesAndBytes) {
  EXPECT_DOUBLE_EQ(nice_step(0, 900, 5, NumberFormat::Kind::seconds), 300.0);
  EXPECT_DOUBLE_EQ(nice_step(0, 86400, 6, NumberFormat::Kind::seconds), 21600.0);
  EXPECT_DOUBLE_EQ(nice_step(0, 30 * 86400, 6, NumberFormat::Kind::seconds), 5 * 86400.0);
  EXPECT_DOUBLE_EQ(nice_step(0, 0.01, 5, NumberFormat::Kind::seconds), 0.002);
  EXPECT_DOUBLE_EQ(nice_step(0, 3e9, 4, NumberFormat::Kind::bytes), 1073741824.0);
}

// For any range: few ticks, in it, ascending, told apart by their labels.
TEST(Scale, HasFewDistinctTicksWithinItsEnds) {
  Rng rng(1);
  for (int i = 0; i < 3000; ++i) {
    const double low = (rng.uniform() - 0.3) * std::pow(10.0, 20.0 * rng.uniform() - 8.0);
    const double high = low + std::abs(low) * std::pow(10.0, 6.0 * rng.uniform() - 5.0) + 1e-12;
    const bool logarithmic = low > 0.0 && i % 2 == 0;
    Axis axis;
    axis.logarithmic = logarithmic;
    for (const Ends ends : {Ends::tight, Ends::ticks, Ends::padded}) {
      const Scale scale(axis, extent_of({low, high}, logarithmic), ends, 300.0, 0.0);
      EXPECT_LE(scale.low(), low);
      EXPECT_GE(scale.high(), high);
      ASSERT_GE(scale.ticks().size(), 2u) << low << " to " << high;
      ASSERT_LE(scale.ticks().size(), 12u) << low << " to " << high;
      if (ends == Ends::ticks && !logarithmic) {
        EXPECT_NEAR(scale.ticks().front().value, scale.low(), 1e-6 * (high - low));
        EXPECT_NEAR(scale.ticks().back().value, scale.high(), 1e-6 * (high - low));
      }
      std::set<std::string> seen;
      double before = -kInf;
      for (const Tick& tick : scale.ticks()) {
        EXPECT_TRUE(scale.holds(tick.value)) << tick.value << " in " << low << " to " << high;
        EXPECT_GT(tick.value, before);
        before = tick.value;
        if (high - low > 1e-4 * std::abs(high)) {
          EXPECT_TRUE(seen.insert(tick.label).second)
              << tick.label << " twice in " << low << " to " << high;
        }
      }
    }
  }
}

TEST(Scale, MapsItsEndsToThePlacesGiven) {
  Axis axis;
  const Scale linear(axis, extent_of({0.0, 4.0}), Ends::tight, 100.0, 20.0);
  EXPECT_DOUBLE_EQ(linear(0.0), 100.0);
  EXPECT_DOUBLE_EQ(linear(4.0), 20.0);
  EXPECT_DOUBLE_EQ(linear(1.0), 80.0);
  EXPECT_DOUBLE_EQ(linear.moved(0.0, 4.0)(1.0), 1.0);
  axis.logarithmic = true;
  const Scale logarithmic(axis, extent_of({1.0, 100.0}, true), Ends::tight, 0.0, 10.0);
  EXPECT_DOUBLE_EQ(logarithmic(10.0), 5.0);
  EXPECT_FALSE(logarithmic.holds(0.0));
  EXPECT_FALSE(logarithmic.holds(kNaN));
  EXPECT_TRUE(logarithmic.holds(100.0));
}

TEST(Scale, LabelsTicksWithTheDigitsThatTellThemApart) {
  Axis axis;
  EXPECT_THAT(labels(Scale(axis, extent_of({0.0, 0.3}), Ends::ticks, 200.0, 0.0)),
              ElementsAre("0.0", "0.1", "0.2", "0.3"));
  EXPECT_THAT(labels(Scale(axis, extent_of({0.0, 60000.0}), Ends::ticks, 200.0, 0.0)),
              ElementsAre("0", "20,000", "40,000", "60,000"));
  EXPECT_THAT(labels(Scale(axis, extent_of({0.0, 1.5e6}), Ends::ticks, 200.0, 0.0)),
              ElementsAre("0.0", "0.5M", "1.0M", "1.5M"));
  EXPECT_THAT(labels(Scale(axis, extent_of({0.0, 3e-6}), Ends::ticks, 120.0, 0.0)),
              ElementsAre("0", "2\u00b710\u207b\u2076", "4\u00b710\u207b\u2076"));
  axis.format = percent();
  EXPECT_THAT(labels(Scale(axis, extent_of({0.0, 0.1}), Ends::ticks, 120.0, 0.0)),
              ElementsAre("0\u202f%", "5\u202f%", "10\u202f%"));
  EXPECT_THAT(
      labels(Scale(axis, extent_of({0.0, 2e-6}), Ends::ticks, 90.0, 0.0)),
      ElementsAre("0\u202f%", "1\u00b710\u207b\u2074\u202f%", "2\u00b710\u207b\u2074\u202f%"));
  EXPECT_THAT(labels(Scale(axis, extent_of({0.0, 2e4}), Ends::ticks, 90.0, 0.0)),
              ElementsAre("0\u202f%", "1M\u202f%", "2M\u202f%"));
  axis = {};
  axis.logarithmic = true;
  EXPECT_THAT(labels(Scale(axis, extent_of({1.0, 3e6}, true), Ends::tight, 0.0, 600.0)),
              ElementsAre("1", "10", "100", "1,000", "10,000", "100,000", "1M"));
  EXPECT_THAT(labels(Scale(axis, extent_of({3.0, 60.0}, true), Ends::tight, 0.0, 600.0)),
              ElementsAre("5", "10", "20", "50"));
  EXPECT_THAT(labels(Scale(axis, extent_of({1.0, 1e12}, true), Ends::tight, 0.0, 320.0)),
              ElementsAre("1", "1,000", "1M", "1G", "1T"));
}

TEST(Scale, WidensWhatHasNoExtent) {
  Axis axis;
  const Scale of_one(axis, extent_of({5.0}), Ends::tight, 0.0, 100.0);
  EXPECT_LT(of_one.low(), 5.0);
  EXPECT_GT(of_one.high(), 5.0);
  const Scale of_zero(axis, extent_of({0.0}), Ends::ticks, 0.0, 100.0);
  EXPECT_LT(of_zero.low(), of_zero.high());
  const Scale of_none(axis, Extent(false), Ends::ticks, 0.0, 100.0);
  EXPECT_LT(of_none.low(), of_none.high());
  // Neighbouring doubles, between which no tick could be named.
  const Scale close(axis, extent_of({1e16, 1e16 + 2.0}), Ends::ticks, 100.0, 0.0);
  EXPECT_GT(close.high() - close.low(), 1e14);
  axis.logarithmic = true;
  const Scale of_log(axis, extent_of({5.0}, true), Ends::tight, 0.0, 100.0);
  EXPECT_LT(of_log.low(), 5.0);
  EXPECT_GT(of_log.high(), 5.0);
}

TEST(Scale, StartsAtZeroIfAsked) {
  Axis axis;
  axis.from_zero = true;
  EXPECT_EQ(Scale(axis, extent_of({5.0, 9.0}), Ends::ticks, 0.0, 100.0).low(), 0.0);
  EXPECT_EQ(Scale(axis, extent_of({-5.0, -9.0}), Ends::ticks, 0.0, 100.0).high(), 0.0);
  EXPECT_EQ(Scale(axis, extent_of({0.0}), Ends::ticks, 0.0, 100.0).low(), 0.0);
}

TEST(Scale, KeepsForcedEndsAndRefusesImpossibleOnes) {
  Axis axis;
  axis.low = 1.0;
  axis.high = 3.0;
  const Scale forced(axis, extent_of({0.0, 9.0}), Ends::ticks, 0.0, 100.0);
  EXPECT_EQ(forced.low(), 1.0);
  EXPECT_EQ(forced.high(), 3.0);
  EXPECT_FALSE(forced.holds(9.0));
  const auto id = [](std::optional<double> low, std::optional<double> high, bool logarithmic) {
    Axis wrong;
    wrong.low = low;
    wrong.high = high;
    wrong.logarithmic = logarithmic;
    return id_of([&] { Scale(wrong, Extent(logarithmic), Ends::tight, 0.0, 1.0); });
  };
  EXPECT_EQ(id(3.0, 1.0, false), "report.axis");
  EXPECT_EQ(id(1.0, 1.0, false), "report.axis");
  EXPECT_EQ(id(kNaN, {}, false), "report.axis");
  EXPECT_EQ(id({}, kInf, false), "report.axis");
  EXPECT_EQ(id(0.0, {}, true), "report.axis");
  EXPECT_EQ(id(0.0, {}, false), "");
}

TEST(Scale, HasRoomBeyondAForcedEndThatAllDataMiss) {
  Axis above;
  above.high = -5.0;
  const Scale below(above, extent_of({1.0, 3.0}), Ends::ticks, 0.0, 100.0);
  EXPECT_EQ(below.high(), -5.0);
  EXPECT_LT(below.low(), -5.0);
  Axis axis;
  axis.low = 10.0;
  const Scale scale(axis, extent_of({1.0, 3.0}), Ends::ticks, 0.0, 100.0);
  EXPECT_EQ(scale.low(), 10.0);
  EXPECT_GT(scale.high(), 10.0);
}

}  // namespace
}  // namespace twhin::report
