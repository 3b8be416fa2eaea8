#include "twhin/candidates/candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "candidates/small_disk.h"
#include "evaluate/brute_force.h"
#include "twhin/base/file.h"
#include "twhin/candidates/output.h"
#include "twhin/candidates/statistics.h"

namespace twhin {
namespace {

using ::testing::HasSubstr;

class EveryComparator : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(EveryComparator, ListsAreTheBestOfAllScoresOfTheRelation) {
  const auto& [comparator, op] = GetParam();
  const SmallDisk disk(small_network(comparator, op));
  for (const Side side : {Side::rhs, Side::lhs}) {
    CandidateOptions options = by_relation("favorite");
    options.side = side;
    const CandidateGenerator generator(disk.version, options);
    const std::string type = side == Side::rhs ? "tweet" : "user";
    CandidateQuery query;
    query.entity = disk.g.id(side == Side::rhs ? "user" : "tweet", 17);
    const CandidateList list = find_one(generator, query);

    std::vector<std::pair<double, std::uint32_t>> all;
    for (std::uint32_t n = 0; n < disk.g.type(type).num_entities; ++n) {
      const std::uint32_t lhs = side == Side::rhs ? 17 : n, rhs = side == Side::rhs ? n : 17;
      all.emplace_back(-brute_score(disk.g, disk.g.relations[0], lhs, rhs), n);
    }
    std::sort(all.begin(), all.end());
    ASSERT_EQ(list.candidates.size(), 10u);
    for (std::size_t i = 0; i < 10; ++i) {
      EXPECT_EQ(disk.g.number(type, list.candidates[i].id), all[i].second) << "place " << i;
      EXPECT_NEAR(list.candidates[i].score, -all[i].first, 1e-4) << "place " << i;
      EXPECT_EQ(list.candidates[i].component, kNoComponent);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryComparator,
                         ::testing::Combine(::testing::Values("dot", "cos", "l2", "squared_l2"),
                                            ::testing::Values("translation", "linear")));

TEST(Candidates, WithoutARelationAreThoseWithSimilarRowsButNotItself) {
  const SmallDisk disk(small_network("dot", "translation"));
  CandidateOptions options;
  options.type = "user";
  options.from = "user";
  options.k = kUsers;
  const CandidateGenerator generator(disk.version, options);
  EXPECT_EQ(generator.comparator(), Comparator::cos);
  const CandidateList list = find_one(generator, disk.user(5));
  EXPECT_EQ(list.candidates.size(), kUsers - 1);
  EXPECT_THAT(disk.numbers("user", list), ::testing::Not(::testing::Contains(5u)));
  EXPECT_LE(list.candidates.front().score, 1.0f + 1e-6f);
}

TEST(Candidates, LeaveOutWhatTheAskingHasByTheChosenRelationsAndSplits) {
  const SmallDisk disk(small_network("dot", "translation"));
  const std::vector<std::string> all = {"train", "valid", "test"};
  struct Case {
    std::optional<std::vector<std::string>> relations, splits;
    std::vector<std::string> expected_splits;
  };
  for (const Case& each : {Case{{}, {}, all}, Case{{}, {{"train", "valid"}}, {"train", "valid"}},
                           Case{{{"favorite"}}, {{"test"}}, {"test"}}}) {
    CandidateOptions options = by_relation("favorite", kTweets);
    options.exclude_relations = each.relations;
    options.exclude_splits = each.splits;
    CandidateGenerator generator(disk.version, options);
    generator.exclude_known(disk.graph, disk.users());
    for (const std::uint32_t user : {0u, 7u, 31u}) {
      const std::set<std::uint32_t> known = disk.known(0, user, each.expected_splits);
      const auto found = disk.numbers("tweet", find_one(generator, disk.user(user)));
      EXPECT_EQ(found.size(), kTweets - known.size());
      for (const std::uint32_t tweet : found) EXPECT_EQ(known.count(tweet), 0u);
    }
  }
}

TEST(Candidates, WhatATweetHasAreTheUsersWhoFavourIt) {
  const SmallDisk disk(small_network("dot", "translation"));
  CandidateOptions options = by_relation("favorite", kUsers);
  options.side = Side::lhs;
  CandidateGenerator generator(disk.version, options);
  for (const std::uint32_t tweet : {2u, 30u}) {
    CandidateQuery query;
    query.entity = disk.g.id("tweet", tweet);
    generator.exclude_known(disk.graph, std::vector{*query.entity});
    std::set<std::uint32_t> expected;
    for (std::uint32_t user = 0; user < kUsers; ++user) {
      if (disk.known(0, user, {"train", "valid", "test"}).count(tweet) == 0) expected.insert(user);
    }
    EXPECT_LT(expected.size(), kUsers);
    EXPECT_THAT(disk.numbers("user", find_one(generator, query)),
                ::testing::UnorderedElementsAreArray(expected));
  }
}

TEST(Candidates, ExclusionsDoNotShortenAList) {
  const SmallDisk disk(small_network("dot", "translation"));
  CandidateGenerator generator(disk.version, by_relation("favorite", 20));
  generator.exclude_known(disk.graph, disk.users());
  CandidateCounts counts;
  std::vector<CandidateQuery> queries;
  for (std::uint32_t n = 0; n < kUsers; ++n) queries.push_back(disk.user(n));
  for (const CandidateList& list : generator.find(queries, counts)) {
    EXPECT_EQ(list.candidates.size(), 20u);
  }
  EXPECT_EQ(counts.num_lists, kUsers);
  EXPECT_EQ(counts.num_candidates, kUsers * 20u);
  EXPECT_EQ(counts.num_short, 0u);
}

TEST(Candidates, WhatSomebodyHasMustBeReadBeforeItAsks) {
  const SmallDisk disk(small_network("dot", "translation"));
  CandidateGenerator generator(disk.version, by_relation("favorite"));
  generator.exclude_known(disk.graph, std::vector{disk.g.id("user", 1)});
  find_one(generator, disk.user(1));
  EXPECT_EQ(error_id([&] { find_one(generator, disk.user(2)); }), "candidates.not_read");
}

TEST(Candidates, OnlyAllowedEntitiesAreFound) {
  const SmallDisk disk(small_network("dot", "translation"));
  CandidateGenerator generator(disk.version, by_relation("favorite", kTweets));
  EntitySet allowed(disk.version.schema().entities[disk.version.schema().entity("tweet")]);
  for (const std::uint32_t n : {3u, 8u, 40u}) allowed.insert(disk.g.id("tweet", n));
  generator.allow(&allowed);
  EXPECT_THAT(disk.numbers("tweet", find_one(generator, disk.user(9))),
              ::testing::UnorderedElementsAre(3u, 8u, 40u));
}

TEST(Candidates, BelowTheLeastScoreThereIsNone) {
  const SmallDisk disk(small_network("dot", "translation"));
  CandidateOptions options = by_relation("favorite", kTweets);
  const CandidateList all = find_one(CandidateGenerator(disk.version, options), disk.user(9));
  options.min_score = all.candidates[12].score;
  const CandidateList some = find_one(CandidateGenerator(disk.version, options), disk.user(9));
  EXPECT_EQ(some.candidates, std::vector(all.candidates.begin(), all.candidates.begin() + 13));
}

TEST(Candidates, AVectorAsksLikeTheEntityWhoseRowItIs) {
  const SmallDisk disk(small_network("dot", "translation"));
  const CandidateGenerator generator(disk.version, by_relation("favorite"));
  CandidateQuery query;
  query.name = "somebody";
  const float* row = disk.g.row("user", 23);
  query.vector.assign(row, row + 6);
  EXPECT_EQ(find_one(generator, query).candidates, find_one(generator, disk.user(23)).candidates);
  query.vector.pop_back();
  EXPECT_EQ(error_id([&] { find_one(generator, query); }), "candidates.vector_size");
}

TEST(Candidates, ManyListsAreTheSameAsEachByItselfHoweverManyAreTakenAtATime) {
  const SmallDisk disk(small_network("dot", "translation"));
  std::vector<CandidateList> expected;
  for (const std::uint64_t memory : {std::uint64_t{1} << 28, std::uint64_t{1}}) {
    for (const std::size_t threads : {std::size_t{1}, std::size_t{3}}) {
      CandidateOptions options = by_relation("follow", 7);
      options.query_memory = {memory};
      options.threads = threads;
      CandidateGenerator generator(disk.version, options);
      generator.exclude_known(disk.graph, disk.users());
      std::vector<std::uint32_t> order;
      std::vector<CandidateList> lists;
      const CandidateCounts counts = for_each_list(
          generator,
          {kUsers, [&](std::size_t i) { return disk.user(static_cast<std::uint32_t>(i)); }},
          [&](const CandidateQuery& query, const CandidateList& list) {
            order.push_back(disk.g.number("user", *query.entity));
            lists.push_back(list);
          });
      EXPECT_EQ(counts.num_lists, kUsers);
      ASSERT_EQ(lists.size(), kUsers);
      EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
      if (expected.empty()) expected = lists;
      for (std::uint32_t n = 0; n < kUsers; ++n) {
        EXPECT_EQ(lists[n].candidates, expected[n].candidates);
        EXPECT_EQ(lists[n].candidates, find_one(generator, disk.user(n)).candidates);
      }
    }
  }
}

TEST(Candidates, ThoseWhoHaveEdgesInASplitAreFoundByIt) {
  const SmallDisk disk(small_network("dot", "translation"));
  const CandidateGenerator generator(disk.version, by_relation("follow"));
  std::set<std::uint32_t> expected, found;
  for (const SmallEdge& edge : disk.g.relations[1].edges.at("test")) expected.insert(edge.lhs);
  for (const EntityId id : generator.asking_in(disk.graph, "test")) {
    found.insert(disk.g.number("user", id));
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(error_id([&] { generator.asking_in(disk.graph, "tset"); }), "evaluate.unknown_split");
}

TEST(Candidates, WrongQuestionsAreRefused) {
  const SmallDisk disk(small_network("dot", "translation"));
  const auto id = [&](const auto& change) {
    CandidateOptions options = by_relation("favorite");
    change(options);
    return error_id([&] { CandidateGenerator(disk.version, options); });
  };
  EXPECT_EQ(id([](auto&) {}), "");
  EXPECT_EQ(id([](auto& o) { o.relation = "favourite"; }), "schema.unknown_relation");
  EXPECT_EQ(id([](auto& o) { o.from = "usr"; }), "schema.unknown_entity_type");
  EXPECT_EQ(id([](auto& o) { o.from = "user", o.side = Side::lhs; }), "candidates.wrong_end");
  EXPECT_EQ(id([](auto& o) { o.relation.reset(), o.type = "tweet"; }), "candidates.no_type");
  EXPECT_EQ(id([](auto& o) { o.query = QueryKind::mixture; }), "mixture.not_found");
  EXPECT_EQ(id([](auto& o) { o.backend = Backend::hnsw; }), "index.not_found");
  EXPECT_EQ(id([](auto& o) { o.k = 0; }), "config.out_of_range");
  for (const auto& conflict : std::vector<std::function<void(CandidateOptions&)>>{
           [](auto& o) { o.type = "tweet"; }, [](auto& o) { o.comparator = Comparator::cos; },
           [](auto& o) { o.rescore = true; }, [](auto& o) { o.transform_components = true; },
           [](auto& o) { o.relation.reset(), o.side = Side::rhs; },
           [](auto& o) { o.backend = Backend::exact, o.effort = 10; }}) {
    EXPECT_EQ(id(conflict), "candidates.conflicting_options");
  }
  CandidateOptions options = by_relation("favorite");
  options.exclude_relations = {"follow"};
  CandidateGenerator generator(disk.version, options);
  EXPECT_EQ(error_id([&] { generator.exclude_known(disk.graph, disk.users()); }),
            "candidates.unrelated");
}

TEST(CandidateOutput, ATableHasARowForEachCandidate) {
  const SmallDisk disk(small_network("dot", "translation"));
  const CandidateGenerator generator(disk.version, by_relation("favorite", 2));
  const CandidateNames names(generator);
  const auto path = disk.directory.path() / "lists.tsv";
  CandidateTable table(path, names);
  table.add(disk.user(3),
            {{{disk.g.id("tweet", 8), 1.5f, kNoComponent}, {disk.g.id("tweet", 40), -0.25f, 12}},
             {},
             ""});
  EXPECT_FALSE(std::filesystem::exists(path));
  table.commit();
  EXPECT_EQ(read_text(path),
            "user\tcandidate\trank\tscore\tcomponent\tmodel_version\n"
            "3\t8\t1\t1.5\t-1\tall/v1\n"
            "3\t40\t2\t-0.25\t12\tall/v1\n");
}

TEST(CandidateOutput, ALineOfJsonSaysWhoAskedAndWhatItGot) {
  const SmallDisk disk(small_network("dot", "translation"));
  const CandidateGenerator generator(disk.version, by_relation("favorite", 2));
  const CandidateNames names(generator);
  EXPECT_EQ(
      to_json(names, disk.user(3), {{{disk.g.id("tweet", 8), 1.5f, 12}}, {{12, 0.75f}}, ""}),
      R"({"query":"user:3","model_version":"all/v1","components":[{"component":12,"weight":0.75}],)"
      R"("candidates":[{"rank":1,"entity":"tweet:8","score":1.5,"component":12}]})");
  CandidateQuery stranger;
  stranger.name = "new";
  EXPECT_THAT(to_json(names, stranger, {{}, {}, "too little is known"}),
              HasSubstr(R"("query":"new","model_version":"all/v1","components":[],)"
                        R"("refused":"too little is known","candidates":[]})"));
}

TEST(ListStatistics, SayHowDiverseListsAre) {
  const SmallDisk disk([] {
    SmallGraph g = small_network("dot", "translation");
    g.relations[0].edges = {
        {"train", {{0, 1}, {1, 1}, {2, 1}, {0, 2}}}, {"valid", {}}, {"test", {{5, 3}}}};
    float* rows = g.rows["tweet"].data();
    std::fill_n(rows, 4 * 6, 0.0f);
    rows[0 * 6] = 1.0f, rows[1 * 6] = 2.0f;       // tweets 0 and 1 point the same way,
    rows[2 * 6 + 1] = 1.0f, rows[3 * 6] = -3.0f;  // 2 across, 3 the other way
    return g;
  }());
  const CandidateGenerator generator(disk.version, by_relation("favorite", 2));
  const auto list = [&](std::vector<std::uint32_t> tweets, std::vector<std::int64_t> components) {
    CandidateList out;
    for (std::size_t i = 0; i < tweets.size(); ++i) {
      out.candidates.push_back({disk.g.id("tweet", tweets[i]), 0.0f, components[i]});
    }
    return out;
  };
  ListStatisticsSum sum(generator, kTweets);
  sum.count_edges(disk.graph);
  sum.add(list({0, 1, 2}, {5, 5, 6}));
  sum.add(list({1, 3}, {-1, -1}));
  sum.add(list({}, {}));
  const ListStatistics s = sum.statistics();
  EXPECT_EQ(s.num_lists, 2u);
  EXPECT_DOUBLE_EQ(s.length, 2.5);
  EXPECT_DOUBLE_EQ(s.coverage, 4.0 / kTweets);
  EXPECT_NEAR(s.distance, ((0.0 + 1.0 + 1.0) / 3 + 2.0) / 2, 1e-6);
  EXPECT_DOUBLE_EQ(*s.popularity, ((0.0 + 3.0 + 1.0) / 3 + (3.0 + 0.0) / 2) / 2);
  EXPECT_DOUBLE_EQ(s.components, (2.0 + 0.0) / 2);
}

}  // namespace
}  // namespace twhin
