#include "twhin/evaluate/co_neighbors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluate/small_graph.h"

namespace twhin {
namespace {

// Users 0 and 1 engage with tweets {0, 1} and {1, 2}; tweets 3 and 4 have one edge and none.
SmallGraph two_users(std::uint32_t num_partitions) {
  SmallGraph graph;
  graph.types = {{"user", 3}, {"tweet", 5, num_partitions}};
  graph.relations = {{"favorite",
                      "user",
                      "tweet",
                      {{"train", {{0, 0}, {0, 1}, {1, 1}, {1, 2}, {2, 3}}}, {"test", {{0, 4}}}}}};
  return graph;
}

TEST(CoNeighborsTest, CountsThoseThatShareALhsInTraining) {
  for (const std::uint32_t num_partitions : {1u, 3u}) {
    const TestDirectory directory;
    const SmallGraph small = two_users(num_partitions);
    const CoNeighbors neighbors(small.write(directory.path()), 0);
    const auto tweet = [&](std::uint32_t n) { return small.id("tweet", n); };
    const std::vector<EntityId> all = {tweet(0), tweet(1), tweet(2), tweet(3), tweet(4)};
    EXPECT_EQ(neighbors.num_sharing(tweet(0), all), 1u);  // 1
    EXPECT_EQ(neighbors.num_sharing(tweet(1), all), 2u);  // 0, 2
    EXPECT_EQ(neighbors.num_sharing(tweet(3), all), 0u);  // only itself
    EXPECT_EQ(neighbors.num_sharing(tweet(4), all), 0u);  // its edge is held out
  }
}

TEST(CoNeighborsTest, TheMostPopularComeFirst) {
  const TestDirectory directory;
  const SmallGraph small = two_users(2);
  const CoNeighbors neighbors(small.write(directory.path()), 0);
  const auto popular = neighbors.most_popular(2);
  ASSERT_EQ(popular.size(), 2u);
  EXPECT_EQ(small.number("tweet", popular[0]), 1u);
  EXPECT_EQ(neighbors.degree(popular[0]), 2u);
  EXPECT_EQ(neighbors.degree(popular[1]), 1u);
  EXPECT_EQ(neighbors.most_popular(10).size(), 5u);
}

}  // namespace
}  // namespace twhin
