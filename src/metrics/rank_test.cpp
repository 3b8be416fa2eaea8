#include "twhin/metrics/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "metrics/testing.h"

namespace twhin::metrics {
namespace {

using testing::id_of;
using testing::random_levels;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();

TEST(Rank, IsOneAboveAllAndOneMoreForEachThatIsGreater) {
  const std::vector<float> scores = {0.1f, 0.9f, 0.5f, 0.7f};
  EXPECT_EQ(rank_among(1.0f, scores).rank(), 1.0);
  EXPECT_EQ(rank_among(0.6f, scores).rank(), 3.0);
  EXPECT_EQ(rank_among(0.0f, scores).rank(), 5.0);
}

TEST(Rank, GivesHalfAPlaceForEachTie) {
  const std::vector<float> scores = {0.5f, 0.9f, 0.5f, 0.5f};
  EXPECT_EQ(rank_among(0.5f, scores).rank(), 1.0 + 1.0 + 1.5);
  EXPECT_DOUBLE_EQ(*rank_among(0.5f, scores).auc(), 1.5 / 4.0);
}

TEST(Rank, LeavesTheExcludedOutWhateverTheirScore) {
  const std::vector<float> scores = {0.5f, 0.9f, 0.5f, 0.1f, 0.8f};
  const std::vector<std::uint32_t> excluded = {0, 1, 3};
  const RankCounts counts = rank_among(0.5f, scores, excluded);
  EXPECT_EQ(counts, (RankCounts{.greater = 1, .equal = 1, .candidates = 2}));
}

// Sorting the positive in among the candidates in each of many random orders of the ties must put
// it at the mean rank on average; here by brute force: the mean over all places it could take.
TEST(Rank, IsTheMeanPlaceOverAllOrdersOfTies) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto scores = random_levels<float>(seed, 4, seed);
    const float positive = scores[seed / 2];
    auto sorted = scores;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    const auto range = std::equal_range(sorted.begin(), sorted.end(), positive, std::greater<>());
    // With e ties the positive takes each of the e + 1 places from `first` on equally often.
    const auto first = static_cast<double>(range.first - sorted.begin()) + 1.0;
    const auto last = static_cast<double>(range.second - sorted.begin()) + 1.0;
    EXPECT_EQ(rank_among(positive, scores).rank(), 0.5 * (first + last)) << "seed " << seed;
  }
}

TEST(Rank, DoesNotDependOnTheOrderOrTheBlocksOfTheCandidates) {
  auto scores = random_levels<float>(100, 8, 3);
  const RankCounts whole = rank_among(0.5f, scores);
  testing::shuffle(scores, 4);
  for (const std::size_t block : {1u, 7u, 64u, 99u, 100u, 1000u}) {
    RankCounts counts;
    for (std::size_t begin = 0; begin < scores.size(); begin += block) {
      const auto part =
          std::span<const float>(scores).subspan(begin, std::min(block, scores.size() - begin));
      add_candidates(0.5f, part, counts);
    }
    EXPECT_EQ(counts, whole) << "blocks of " << block;
  }
}

// Sizes around the vector widths that a compiler may choose, and around the runs of the counters.
TEST(Rank, EqualsAPlainCountAtEverySize) {
  std::vector<std::size_t> sizes = {65535, 65536, 65537, 140000};
  for (std::size_t size = 0; size <= 70; ++size) sizes.push_back(size);
  for (const std::size_t size : sizes) {
    const auto scores = random_levels<float>(size, 4, size + 1);
    RankCounts expected{.candidates = size};
    for (const float s : scores) {
      if (s > 0.5f) ++expected.greater;
      if (s == 0.5f) ++expected.equal;
    }
    EXPECT_EQ(rank_among(0.5f, scores), expected) << "size " << size;
  }
}

TEST(Rank, TakesInfinitiesAsScores) {
  const std::vector<float> scores = {kInfinity, -kInfinity, 0.0f, kInfinity};
  EXPECT_EQ(rank_among(kInfinity, scores).rank(), 2.0);
  EXPECT_EQ(rank_among(-kInfinity, scores).rank(), 4.5);
  EXPECT_EQ(rank_among(-0.0f, scores).rank(), 3.5) << "minus zero ties with zero";
}

TEST(Rank, OfNoCandidatesIsOneAndHasNoAuc) {
  const RankCounts counts = rank_among(0.5f, {});
  EXPECT_EQ(counts.rank(), 1.0);
  EXPECT_EQ(counts.auc(), std::nullopt);
}

TEST(Rank, OfAModelThatScoresAllAlikeIsTheMiddle) {
  const std::vector<float> scores(99, 0.25f);
  EXPECT_EQ(rank_among(0.25f, scores).rank(), 50.5);
  EXPECT_EQ(rank_among(0.25f, scores).auc(), 0.5);
}

TEST(Rank, NamesTheCandidateThatIsNotANumber) {
  std::vector<float> scores(40, 0.0f);
  scores[33] = kNotANumber;
  RankCounts counts{.greater = 1, .equal = 2, .candidates = 3};
  try {
    add_candidates(0.5f, scores, counts);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "metrics.nan_score");
    EXPECT_THAT(error.what(), ::testing::HasSubstr("candidate 33"));
  }
  EXPECT_EQ(counts, (RankCounts{.greater = 1, .equal = 2, .candidates = 3}));
  EXPECT_EQ(id_of([] { rank_among(kNotANumber, {}); }), "metrics.nan_score");
}

TEST(Rank, RefusesExcludedPlacesThatItCannotTakeBackOnce) {
  const std::vector<float> scores = {0.1f, 0.2f, 0.3f};
  const auto id = [&](std::vector<std::uint32_t> excluded) {
    return id_of([&] { rank_among(0.2f, scores, excluded); });
  };
  EXPECT_EQ(id({0, 2}), "");
  EXPECT_EQ(id({3}), "metrics.excluded_place");
  EXPECT_EQ(id({1, 1}), "metrics.excluded_place");
  EXPECT_EQ(id({2, 0}), "metrics.excluded_place");

  const RankCounts one_equal{.greater = 0, .equal = 1, .candidates = 1};
  for (const std::uint32_t place : {0u, 2u}) {
    RankCounts counts = one_equal;
    EXPECT_EQ(id_of([&] {
                remove_candidates(0.2f, scores, {&place, 1}, counts);
              }),
              "metrics.not_counted");
    EXPECT_EQ(counts, one_equal);
  }
}

}  // namespace
}  // namespace twhin::metrics
