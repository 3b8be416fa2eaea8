#include "model/top_candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "model/test_rows.h"

namespace twhin {
namespace {

std::vector<std::uint32_t> places(const std::vector<ScoredPlace>& found) {
  std::vector<std::uint32_t> out;
  for (const ScoredPlace& each : found) out.push_back(each.place);
  return out;
}

TEST(BestPlaces, KeepsTheBestAndTakesEarlierPlacesFirst) {
  BestPlaces best(3);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> first = {1.0f, 5.0f, nan, 5.0f}, second = {5.0f, 5.0f, 7.0f, nan};
  best.offer(second.data(), 4, 10);
  EXPECT_THAT(places(best.sorted()), ::testing::ElementsAre(12, 10, 11));
  best.offer(first.data(), 4, 0);
  EXPECT_THAT(places(best.sorted()), ::testing::ElementsAre(12, 1, 3));
}

TEST(BestPlaces, OfNoneIsNone) {
  BestPlaces none(0), three(3);
  const float score = -1e30f;
  none.offer(&score, 1, 0);
  three.offer(&score, 1, 4);
  EXPECT_TRUE(none.sorted().empty());
  EXPECT_THAT(places(three.sorted()), ::testing::ElementsAre(4));
}

// Whole numbers with many ties; 700 candidates are three chunks, 300 queries three blocks.
TEST(TopCandidates, AreThoseOfASortWhateverTheThreads) {
  const TestRows stored(random_integers(700 * 5, -2, 2, 1), 5, {300, 1, 399});
  const ProductSpace space(stored, stored.type(), ScoreFunction::raw(Comparator::dot, 5),
                           Side::rhs);
  const auto queries = random_integers(300 * 5, -2, 2, 2);
  std::vector<std::vector<std::uint32_t>> excluded(300);
  for (std::size_t q = 0; q < 300; ++q)
    excluded[q] = {static_cast<std::uint32_t>(q), 255, 256, 699};
  for (auto& each : excluded) {
    std::sort(each.begin(), each.end());
    each.erase(std::unique(each.begin(), each.end()), each.end());
  }

  for (const std::size_t threads : {1, 4}) {
    ScoreJob job{space, {}, ConstMatrixView(queries.data(), 300, 5), threads};
    const auto found = top_candidates(
        job, 20, [&](std::size_t q) { return std::span<const std::uint32_t>(excluded[q]); });
    ASSERT_EQ(found.size(), 300u);
    for (std::size_t q = 0; q < 300; ++q) {
      std::vector<ScoredPlace> all;
      for (std::uint32_t e = 0; e < 700; ++e) {
        if (std::count(excluded[q].begin(), excluded[q].end(), e) > 0) continue;
        float score = 0.0f;
        for (std::size_t d = 0; d < 5; ++d) score += queries[q * 5 + d] * stored.row(e)[d];
        all.push_back({score, e});
      }
      std::sort(all.begin(), all.end(), is_better);
      all.resize(20);
      ASSERT_EQ(places(found[q]), places(all)) << "query " << q << ", threads " << threads;
    }
  }
}

}  // namespace
}  // namespace twhin
