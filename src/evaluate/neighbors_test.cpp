#include "twhin/evaluate/neighbors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "evaluate/brute_force.h"
#include "evaluate/small_graph.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

/// 300 users and 50 tweets; favorite goes from users to tweets, follow between users.
SmallGraph network(const std::string& comparator, const std::string& op) {
  SmallGraph g;
  g.types = {{"user", 300, 3}, {"tweet", 50, 2}};
  g.dim = 6;
  g.comparator = comparator;
  const std::size_t num_params = op == "linear" ? 36 : 6;
  g.relations.push_back(
      {"favorite", "user", "tweet", {}, false, op, random_normals(num_params, 1)});
  g.relations.push_back({"follow", "user", "user", {}, false, op, random_normals(num_params, 2)});
  g.rows["user"] = random_normals(300 * 6, 3);
  g.rows["tweet"] = random_normals(50 * 6, 4);
  return g;
}

struct Expected {
  std::uint32_t number;
  double score;
};

void expect_neighbors(const SmallGraph& g, const std::string& type,
                      const std::vector<Neighbor>& found, std::vector<Expected> all) {
  std::sort(all.begin(), all.end(),
            [](const Expected& a, const Expected& b) { return a.score > b.score; });
  ASSERT_EQ(found.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(g.number(type, found[i].id), all[i].number) << "place " << i;
    EXPECT_NEAR(found[i].score, all[i].score, 1e-4) << "place " << i;
  }
}

class EveryComparator : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(EveryComparator, NeighborsByARelationAreTheBestOfAllScores) {
  const auto& [comparator, op] = GetParam();
  const SmallGraph g = network(comparator, op);
  const SmallModel model(g);
  NeighborQuery query;
  query.entity = g.id("user", 17);
  query.relation = 0;
  std::vector<Expected> tweets, users;
  for (std::uint32_t e = 0; e < 50; ++e) {
    tweets.push_back({e, brute_score(g, g.relations[0], 17, e)});
  }
  expect_neighbors(g, "tweet", neighbors(model.view(), query), tweets);

  query.type = 1;
  query.entity = g.id("tweet", 9);
  query.wanted = Side::lhs;
  for (std::uint32_t e = 0; e < 300; ++e) {
    users.push_back({e, brute_score(g, g.relations[0], e, 9)});
  }
  expect_neighbors(g, "user", neighbors(model.view(), query), users);
}

TEST_P(EveryComparator, TheAskingEntityIsNotItsOwnNeighbor) {
  const auto& [comparator, op] = GetParam();
  const SmallGraph g = network(comparator, op);
  const SmallModel model(g);
  NeighborQuery query;
  query.entity = g.id("user", 17);
  query.relation = 1;
  std::vector<Expected> users;
  for (std::uint32_t e = 0; e < 300; ++e) {
    if (e != 17) users.push_back({e, brute_score(g, g.relations[1], 17, e)});
  }
  expect_neighbors(g, "user", neighbors(model.view(), query), users);
}

INSTANTIATE_TEST_SUITE_P(Models, EveryComparator,
                         ::testing::Combine(::testing::Values("dot", "cos", "l2", "squared_l2"),
                                            ::testing::Values("translation", "linear")),
                         [](const auto& model) {
                           return std::get<0>(model.param) + "_" + std::get<1>(model.param);
                         });

TEST(Neighbors, WithoutARelationAreThoseOfTheSameDirection) {
  SmallGraph g = network("dot", "translation");
  const SmallModel model(g);
  NeighborQuery query;
  query.entity = g.id("user", 17);
  for (const char* type : {"user", "tweet"}) {
    query.wanted_type = type == std::string("user") ? 0 : 1;
    for (const Comparator comparator : {Comparator::cos, Comparator::l2}) {
      query.comparator = comparator;
      SmallRelation plain{"", "user", type, {}, false};
      g.comparator = comparator == Comparator::cos ? "cos" : "l2";
      std::vector<Expected> all;
      for (std::uint32_t e = 0; e < g.type(type).num_entities; ++e) {
        if (e != 17 || type == std::string("tweet"))
          all.push_back({e, brute_score(g, plain, 17, e)});
      }
      expect_neighbors(g, type, neighbors(model.view(), query), all);
    }
  }
}

TEST(Neighbors, MoreThanThereAreGiveAllOthers) {
  const SmallGraph g = network("dot", "translation");
  const SmallModel model(g);
  NeighborQuery query;
  query.entity = g.id("user", 17);
  query.k = 1000;
  EXPECT_EQ(neighbors(model.view(), query).size(), 299u);
  query.k = 0;
  EXPECT_TRUE(neighbors(model.view(), query).empty());
}

TEST(Neighbors, AnEntityOfTheWrongTypeCannotAsk) {
  const SmallGraph g = network("dot", "translation");
  const SmallModel model(g);
  NeighborQuery query;
  query.type = 1;
  query.relation = 0;
  try {
    neighbors(model.view(), query);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "evaluate.wrong_end");
    EXPECT_THAT(error.what(), ::testing::HasSubstr("\"favorite\" goes from \"user\" to \"tweet\""));
  }
}

TEST(FindEntity, SplitsTypeAndNameAndHintsAtTheNearest) {
  const SmallGraph g = network("dot", "translation");
  TestDirectory dir;
  const ModelVersion version =
      g.write_version(dir.path() / "models", g.write(dir.path() / "graph"));
  const FoundEntity found = find_entity(version, "tweet:17");
  EXPECT_EQ(found.type, 1u);
  EXPECT_EQ(g.number("tweet", found.id), 17u);
  const auto message = [&](const std::string& text) {
    try {
      find_entity(version, text);
    } catch (const Error& error) {
      return error.id() + ": " + error.what();
    }
    return std::string("none");
  };
  EXPECT_THAT(message("user:2990"),
              ::testing::AllOf(::testing::StartsWith("evaluate.unknown_entity"),
                               ::testing::HasSubstr("did you mean \"29")));
  EXPECT_THAT(message("usr:1"),
              ::testing::AllOf(::testing::StartsWith("schema.unknown_entity_type"),
                               ::testing::HasSubstr("\"user\"")));
  EXPECT_THAT(message("17"), ::testing::StartsWith("schema.bad_entity"));
}

}  // namespace
}  // namespace twhin
