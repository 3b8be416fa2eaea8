#include "twhin/metrics/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/testing.h"

namespace twhin::metrics {
namespace {

using ::testing::ElementsAre;
using testing::id_of;
using Values = std::vector<std::int64_t>;

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

std::vector<std::uint64_t> sizes(const Groups& groups) {
  std::vector<std::uint64_t> out;
  for (const auto& group : groups.groups) out.push_back(group.size);
  return out;
}

TEST(GroupsByQuantile, AreEvenWithoutTies) {
  const Groups groups = groups_by_quantile(Values{50, 10, 30, 20, 60, 40}, 3);
  EXPECT_THAT(groups.of_value, ElementsAre(2, 0, 1, 0, 2, 1));
  EXPECT_THAT(sizes(groups), ElementsAre(2, 2, 2));
  EXPECT_EQ(groups.groups[1].smallest, 30);
  EXPECT_EQ(groups.groups[1].largest, 40);
}

TEST(GroupsByQuantile, KeepEqualValuesTogether) {
  // Six ones: l + e/2 = 3 of 8, the third of five groups... floor(5 * 3 / 8) = 1.
  const Groups groups = groups_by_quantile(Values{1, 1, 1, 1, 1, 1, 2, 3}, 5);
  EXPECT_THAT(groups.of_value, ElementsAre(1, 1, 1, 1, 1, 1, 4, 4));
  EXPECT_THAT(sizes(groups), ElementsAre(0, 6, 0, 0, 2));
}

TEST(GroupsByQuantile, PutAllEqualValuesIntoTheMiddle) {
  EXPECT_THAT(groups_by_quantile(Values{7, 7, 7}, 10).of_value, ElementsAre(5, 5, 5));
  EXPECT_THAT(groups_by_quantile(Values{7}, 1).of_value, ElementsAre(0));
  EXPECT_TRUE(groups_by_quantile(Values{}, 10).of_value.empty());
}

// Without ties group g holds floor or ceil of n / G values, for any n and G.
TEST(GroupsByQuantile, DifferByAtMostOneInSizeWithoutTies) {
  for (std::int64_t n = 1; n < 60; ++n) {
    Values values(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) values[static_cast<std::size_t>(i)] = i * i - 40;
    testing::shuffle(values, static_cast<std::uint64_t>(n));
    const auto num = sizes(groups_by_quantile(values, 10));
    const auto [least, most] = std::minmax_element(num.begin(), num.end());
    EXPECT_LE(*most - *least, 1u) << n << " values";
  }
}

TEST(GroupsByQuantile, AscendWithTheValue) {
  const auto values = testing::random_below<std::int64_t>(500, 40, 9);
  const Groups groups = groups_by_quantile(values, 7);
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < values.size(); ++j) {
      if (values[i] < values[j]) {
        EXPECT_LE(groups.of_value[i], groups.of_value[j]);
      }
      if (values[i] == values[j]) {
        EXPECT_EQ(groups.of_value[i], groups.of_value[j]);
      }
    }
  }
}

TEST(GroupsByBounds, AreHalfOpenAndOpenAtTheEnds) {
  const Groups groups = groups_by_bounds(Values{kLowest, 9, 10, 19, 20, kHighest}, Values{10, 20});
  EXPECT_THAT(groups.of_value, ElementsAre(0, 0, 1, 1, 2, 2));
  EXPECT_THAT(sizes(groups), ElementsAre(2, 2, 2));
  EXPECT_EQ(groups.groups[0].smallest, kLowest);
  EXPECT_EQ(groups.groups[2].largest, kHighest);
}

TEST(GroupsByBounds, WithoutBoundsAreOne) {
  EXPECT_THAT(groups_by_bounds(Values{1, 2}, Values{}).of_value, ElementsAre(0, 0));
}

TEST(Groups, RefuseNonsense) {
  EXPECT_EQ(id_of([] { groups_by_quantile(Values{1}, 0); }), "metrics.num_groups");
  EXPECT_EQ(id_of([] { groups_by_quantile(Values{1}, std::size_t{1} << 32); }),
            "metrics.num_groups");
  EXPECT_EQ(id_of([] { groups_by_bounds(Values{1}, Values{2, 2}); }), "metrics.bounds_order");
}

}  // namespace
}  // namespace twhin::metrics
