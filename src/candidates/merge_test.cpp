#include "candidates/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "candidates/quota.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Hit> hits(std::initializer_list<std::uint32_t> rows) {
  std::vector<Hit> out;
  for (const std::uint32_t row : rows)
    out.push_back({{0, row}, 100.0f - static_cast<float>(out.size())});
  return out;
}

std::vector<std::uint32_t> rows_of(const std::vector<Candidate>& list) {
  std::vector<std::uint32_t> out;
  for (const Candidate& each : list) out.push_back(each.id.row);
  return out;
}

TEST(Merge, LetsComponentsTakeTurnsByTheirWeights) {
  const auto a = hits({10, 11, 12, 13}), b = hits({20, 21, 22, 23});
  // Of four places a has three. After each place, whoever is furthest behind its share is next.
  EXPECT_THAT(rows_of(merge(std::vector<ComponentHits>{{a, 0.75, 0}, {b, 0.25, 1}}, 4)),
              ElementsAre(10, 11, 20, 12));
  EXPECT_THAT(rows_of(merge(std::vector<ComponentHits>{{a, 0.5, 0}, {b, 0.5, 1}}, 4)),
              ElementsAre(10, 20, 11, 21));
}

TEST(Merge, KeepsScoreAndComponentOfWhoGaveAnEntityFirst) {
  const auto a = hits({1, 2}), b = hits({3, 1});
  EXPECT_THAT(merge(std::vector<ComponentHits>{{a, 0.5, 70}, {b, 0.5, 80}}, 3),
              ElementsAre(Candidate{{0, 1}, 100.0f, 70}, Candidate{{0, 3}, 100.0f, 80},
                          Candidate{{0, 2}, 99.0f, 70}));
}

TEST(Merge, GivesThePlaceOfARepeatedEntityToTheNextOfTheSameComponent) {
  const auto a = hits({1, 2, 3}), b = hits({1, 2, 4, 5});
  EXPECT_THAT(rows_of(merge(std::vector<ComponentHits>{{a, 0.5, 0}, {b, 0.5, 1}}, 4)),
              ElementsAre(1, 2, 3, 4));
}

TEST(Merge, RefillsFromOthersWhatAComponentCannotFill) {
  const auto a = hits({1}), b = hits({2, 3, 4, 5, 6}), c = hits({7, 8, 9});
  // Quotas 4, 1, 1; a lacks three, which b and c share: two (the heavier half) and one.
  const auto list = merge(std::vector<ComponentHits>{{a, 4, 0}, {b, 1.1, 1}, {c, 0.9, 2}}, 6);
  EXPECT_THAT(rows_of(list), ::testing::UnorderedElementsAre(1, 2, 3, 4, 7, 8));
}

TEST(Merge, EndsWhenAllHaveRunOut) {
  const auto a = hits({1, 2}), b = hits({2, 1});
  EXPECT_THAT(rows_of(merge(std::vector<ComponentHits>{{a, 0.9, 0}, {b, 0.1, 1}}, 10)),
              ElementsAre(1, 2));
  EXPECT_THAT(merge({}, 10), IsEmpty());
  EXPECT_THAT(merge(std::vector<ComponentHits>{{a, 1.0, 0}}, 0), IsEmpty());
}

TEST(Merge, OneComponentIsItsOwnList) {
  const auto a = hits({4, 3, 2});
  EXPECT_THAT(rows_of(merge(std::vector<ComponentHits>{{a, 1.0, kNoComponent}}, 2)),
              ElementsAre(4, 3));
}

// Where every list is long enough, each component gives exactly its quota, at most one place is
// ever missing from a component's share of a beginning of the list, and nothing stands twice.
TEST(Merge, SharesOutEveryBeginningOfTheListLikeTheWhole) {
  Rng rng(3);
  for (int trial = 0; trial < 300; ++trial) {
    const std::size_t k = 1 + rng.below(60), num = 1 + rng.below(5);
    std::vector<std::vector<Hit>> found(num);
    std::vector<double> weights;
    std::vector<ComponentHits> components;
    for (std::size_t c = 0; c < num; ++c) {
      const Permutation order(3 * k, Rng(static_cast<std::uint64_t>(trial), RngPurpose::test, c));
      for (std::size_t i = 0; i < k; ++i) {
        found[c].push_back({{0, static_cast<std::uint32_t>(order(i))}, -static_cast<float>(i)});
      }
      weights.push_back(0.05 + rng.uniform());
      components.push_back({found[c], weights[c], static_cast<std::int64_t>(c)});
    }
    const std::vector<Candidate> list = merge(components, k);
    const std::vector<std::size_t> quota = quotas(weights, k);
    ASSERT_EQ(list.size(), k);
    std::vector<std::size_t> given(num, 0);
    std::set<std::uint32_t> seen;
    for (std::size_t n = 1; n <= k; ++n) {
      const Candidate& each = list[n - 1];
      ++given[static_cast<std::size_t>(each.component)];
      EXPECT_TRUE(seen.insert(each.id.row).second);
      for (std::size_t c = 0; c < num; ++c) {
        const double share =
            static_cast<double>(quota[c]) * static_cast<double>(n) / static_cast<double>(k);
        EXPECT_LE(static_cast<double>(given[c]) - share, 1.0) << "trial " << trial;
      }
    }
    EXPECT_EQ(given, quota);
  }
}

TEST(SortByScore, PutsEqualScoresInTheOrderOfEntities) {
  std::vector<Candidate> list = {
      {{1, 5}, 2.0f, 0}, {{0, 9}, 2.0f, 0}, {{0, 1}, 3.0f, 0}, {{1, 2}, 2.0f, 0}};
  sort_by_score(list);
  EXPECT_THAT(rows_of(list), ElementsAre(1, 9, 2, 5));
}

}  // namespace
}  // namespace twhin
