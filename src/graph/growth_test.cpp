#include "graph/growth.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <unordered_set>

#include "twhin/base/rng.h"

namespace twhin {
namespace {

constexpr std::uint64_t kRowsPerPiece = 300;

struct Counted {
  double estimate, met, truth;
};

/// Rows of num_pieces pieces, of which the first `read` of a shuffle are read.
Counted count(std::uint64_t num_pieces, std::uint64_t read,
              const std::function<std::uint64_t(std::uint64_t row)>& name) {
  const Permutation order(num_pieces, Rng(1, RngPurpose::test));
  std::unordered_set<std::uint64_t> all, met;
  Meetings meetings(read * kRowsPerPiece);
  for (std::uint64_t i = 0; i < num_pieces; ++i) {
    const std::uint64_t piece = order(i);
    for (std::uint64_t r = 0; r < kRowsPerPiece; ++r) {
      const std::uint64_t hash = mix64(name(piece * kRowsPerPiece + r) + 1);
      all.insert(hash);
      if (i >= read) continue;
      met.insert(hash);
      meetings.add(hash, static_cast<std::uint32_t>(piece));
    }
  }
  const double share = static_cast<double>(read) / static_cast<double>(num_pieces);
  const double total = meetings.growth(share, static_cast<double>(num_pieces)).total();
  return {total, static_cast<double>(met.size()), static_cast<double>(all.size())};
}

std::uint64_t power_law(std::uint64_t row, double exponent, double names) {
  const double u = Rng(7, RngPurpose::test, row).uniform();
  return static_cast<std::uint64_t>(names * std::pow(u, exponent));
}

// Half of the 30 % that an estimate of import may be wrong by; what was met is more than 30 % below
// the truth in the cases marked, so that the extrapolation, not the counting, is tested.
constexpr double kTolerance = 0.15;

TEST(Growth, KnowsEverythingThatWasRead) {
  const Counted all = count(50, 50, [](std::uint64_t row) { return row % 777; });
  EXPECT_EQ(all.estimate, 777.0);
}

TEST(Growth, ExtrapolatesNamesThatAreAllDifferent) {
  const Counted c = count(500, 50, [](std::uint64_t row) { return row; });
  EXPECT_LT(c.met, 0.7 * c.truth);
  EXPECT_NEAR(c.estimate, c.truth, kTolerance * c.truth);
}

TEST(Growth, ExtrapolatesNamesWhoseRowsStandTogether) {
  const Counted c = count(500, 50, [](std::uint64_t row) { return row / 20; });
  EXPECT_LT(c.met, 0.7 * c.truth);
  EXPECT_NEAR(c.estimate, c.truth, kTolerance * c.truth);
}

TEST(Growth, ExtrapolatesNamesThatAreEquallyFrequent) {
  const Counted c = count(500, 50, [](std::uint64_t row) { return mix64(row) % 15'000; });
  EXPECT_LT(c.met, 0.7 * c.truth);
  EXPECT_NEAR(c.estimate, c.truth, kTolerance * c.truth);
}

TEST(Growth, ExtrapolatesPowerLaws) {
  for (const double exponent : {2.0, 4.0, 8.0}) {
    for (const double names : {6'000.0, 30'000.0}) {
      const Counted c =
          count(500, 50, [&](std::uint64_t row) { return power_law(row, exponent, names); });
      EXPECT_NEAR(c.estimate, c.truth, kTolerance * c.truth) << exponent << ", " << names;
      if (names > 15'000) {
        EXPECT_LT(c.met, 0.7 * c.truth);
      }
    }
  }
}

TEST(Growth, GrowsFromNothingThroughWhatWasMetToTheTotal) {
  Meetings meetings(20'000);
  for (std::uint64_t row = 0; row < 20'000; ++row) {
    meetings.add(mix64(power_law(row, 2.0, 30'000.0) + 1), static_cast<std::uint32_t>(row / 1000));
  }
  const Growth growth = meetings.growth(0.2, 100);
  EXPECT_EQ(growth.distinct(0.0), 0.0);
  EXPECT_NEAR(growth.distinct(0.2), growth.num_met(), 0.02 * growth.num_met());
  EXPECT_GT(growth.distinct(0.5), growth.distinct(0.2));
  EXPECT_GT(growth.total(), growth.distinct(0.5));
}

}  // namespace
}  // namespace twhin
