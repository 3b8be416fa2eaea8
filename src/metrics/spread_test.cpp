#include "twhin/metrics/spread.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "twhin/base/rng.h"

namespace twhin::metrics {
namespace {

// Over twelve powers of ten, zeros among them.
std::vector<float> numbers(std::size_t count) {
  Rng rng(5);
  std::vector<float> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(i % 10 == 0 ? 0.0f : static_cast<float>(std::pow(10.0, 12 * rng.uniform() - 6)));
  }
  return out;
}

TEST(Spread, QuantilesAreWithinHalfABinOfTheSortedNumbers) {
  std::vector<float> values = numbers(5000);
  Spread spread;
  double sum = 0.0;
  for (const float x : values) {
    spread.add(x);
    sum += x;
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(spread.count(), values.size());
  EXPECT_EQ(spread.mean(), sum / static_cast<double>(values.size()));
  EXPECT_EQ(spread.smallest(), values.front());
  EXPECT_EQ(spread.largest(), values.back());
  for (const double q : {0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.9, 0.99, 1.0}) {
    const float exact =
        values[static_cast<std::size_t>(std::llround(q * static_cast<double>(values.size() - 1)))];
    EXPECT_NEAR(spread.quantile(q), exact, std::ldexp(exact, -8)) << q;
  }
}

TEST(Spread, PartsMergeToTheWhole) {
  const std::vector<float> values = numbers(3000);
  Spread whole, parts, part;
  for (std::size_t i = 0; i < values.size(); ++i) {
    whole.add(values[i]);
    part.add(values[i]);
    if (i % 700 == 0) {
      parts.merge(part);
      part = {};
    }
  }
  parts.merge(part);
  parts.merge({});
  EXPECT_EQ(parts.count(), whole.count());
  for (const double q : {0.0, 0.3, 0.5, 0.77, 1.0}) EXPECT_EQ(parts.quantile(q), whole.quantile(q));
  // Sums of n doubles in another order: |error| <= n 2^-53 sum |x|.
  EXPECT_NEAR(parts.mean(), whole.mean(), 3000 * 0x1p-53 * whole.mean());
}

TEST(Spread, OfNothingIsNotANumber) {
  const Spread none;
  EXPECT_TRUE(std::isnan(none.mean()) && std::isnan(none.quantile(0.5)));
  EXPECT_TRUE(std::isnan(none.smallest()) && std::isnan(none.largest()));
}

TEST(Spread, AQuantileIsNeverOutsideTheNumbers) {
  Spread spread;
  spread.add(1.0001f);
  spread.add(1.0002f);
  EXPECT_GE(spread.quantile(0.0), 1.0001f);
  EXPECT_LE(spread.quantile(1.0), 1.0002f);
  Spread tiny;
  tiny.add(1e-40f);
  EXPECT_GT(tiny.quantile(0.5), 0.0);
}

}  // namespace
}  // namespace twhin::metrics
