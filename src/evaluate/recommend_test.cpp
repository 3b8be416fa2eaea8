#include "twhin/evaluate/recommend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "evaluate/brute_force.h"
#include "evaluate/small_graph.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

/// 200 users, 300 items; follow between users, favorite from users to items. Rows are whole
/// numbers, so that scores are exact and often equal.
SmallGraph network(std::uint32_t partitions = 2) {
  SmallGraph g;
  g.types = {{"user", 200, partitions}, {"item", 300, partitions}};
  g.dim = 4;
  g.rows["user"] = random_integers(200 * 4, -2, 2, 1);
  g.rows["item"] = random_integers(300 * 4, -2, 2, 2);
  g.relations.push_back(
      {"favorite", "user", "item", {}, false, "translation", random_integers(4, -1, 1, 3)});
  g.relations.push_back(
      {"follow", "user", "user", {}, false, "diagonal", random_integers(4, 1, 2, 4)});
  for (std::uint32_t r = 0; r < 2; ++r) {
    const auto edges = random_edges(1000, 200, r == 0 ? 300 : 200, 5 + r);
    auto& split = g.relations[r].edges;
    split["train"] = {edges.begin(), edges.begin() + 700};
    split["valid"] = {edges.begin() + 700, edges.begin() + 750};
    split["test"] = {edges.begin() + 750, edges.end()};
    split["test"].push_back(edges[0]);  // known from train: not asked for
  }
  return g;
}

struct Setting {
  std::string relation = "favorite";
  Side recommended = Side::rhs;
  std::string split = "test";
  std::set<std::string> excluded = {"train", "valid"};
  ItemSet items = ItemSet::all;
  friend std::ostream& operator<<(std::ostream& os, const Setting& s) {
    return os << enum_name(s.recommended) << " of " << s.relation << ", " << s.split << ", "
              << enum_name(s.items) << " items";
  }
};

/// The definition as loops: the list of each user in the order of score and place, and its metrics.
struct Plain {
  std::vector<std::vector<std::uint64_t>> lists, relevant;  // by user, flat ids of items
  std::uint64_t num_items = 0;
};

std::uint32_t flat(const SmallGraph& g, const std::string& type, std::uint32_t number) {
  const EntityId id = g.id(type, number);
  const Schema schema = g.schema();
  std::uint32_t out = id.row;
  for (std::uint32_t p = 0; p < id.partition; ++p) {
    out += schema.entities[schema.entity(type)].partition_sizes[p];
  }
  return out;
}

Plain plain(const SmallGraph& g, const Setting& setting) {
  const SmallRelation& r = g.relations[setting.relation == "favorite" ? 0 : 1];
  const bool rhs = setting.recommended == Side::rhs;
  const std::string user_type = rhs ? r.lhs : r.rhs, item_type = rhs ? r.rhs : r.lhs;
  const auto user_of = [&](const SmallEdge& e) { return rhs ? e.lhs : e.rhs; };
  const auto item_of = [&](const SmallEdge& e) { return rhs ? e.rhs : e.lhs; };
  Plain out;
  std::set<std::uint32_t> users, competing;
  for (const SmallEdge& e : r.edges.at(setting.split)) users.insert(user_of(e));
  for (std::uint32_t item = 0; item < g.type(item_type).num_entities; ++item) {
    bool in_train = false, linked = false;
    for (const auto& [split, edges] : r.edges) {
      for (const SmallEdge& e : edges) {
        linked |= item_of(e) == item;
        in_train |= item_of(e) == item && split == "train";
      }
    }
    const bool competes =
        setting.items == ItemSet::all || (setting.items == ItemSet::linked ? linked : in_train);
    if (competes) competing.insert(item);
  }
  out.num_items = competing.size();
  std::vector<std::uint32_t> order(users.begin(),
                                   users.end());  // by place, as the library has them
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return flat(g, user_type, a) < flat(g, user_type, b);
  });
  for (const std::uint32_t user : order) {
    std::set<std::uint32_t> known;
    if (user_type == item_type) known.insert(user);
    for (const std::string& split : setting.excluded) {
      if (split == setting.split) continue;
      for (const SmallEdge& e : r.edges.at(split)) {
        if (user_of(e) == user) known.insert(item_of(e));
      }
    }
    std::vector<std::tuple<double, std::uint64_t>> scored;
    for (const std::uint32_t item : competing) {
      if (known.count(item) > 0) continue;
      const double score = brute_score(g, r, rhs ? user : item, rhs ? item : user);
      scored.emplace_back(-score, flat(g, item_type, item));
    }
    std::sort(scored.begin(), scored.end());
    out.lists.emplace_back();
    for (const auto& each : scored) out.lists.back().push_back(std::get<1>(each));
    std::set<std::uint64_t> relevant;
    for (const SmallEdge& e : r.edges.at(setting.split)) {
      if (user_of(e) == user && known.count(item_of(e)) == 0 && competing.count(item_of(e)) > 0) {
        relevant.insert(flat(g, item_type, item_of(e)));
      }
    }
    out.relevant.emplace_back(relevant.begin(), relevant.end());
  }
  return out;
}

RecommendOptions options_for(const Setting& setting) {
  RecommendOptions options;
  options.relation = setting.relation;
  options.recommended = setting.recommended;
  options.split = setting.split;
  options.items = setting.items;
  options.k = {1, 5, 40};
  options.resamples = 0;
  options.threads = 2;
  return options;
}

RecommendResult run(const SmallGraph& g, const RecommendOptions& options) {
  TestDirectory dir;
  const Graph graph = g.write(dir.path() / "graph");
  const SmallModel model(g);
  return recommend(model.view(), graph, options);
}

void expect_quality(const std::vector<ListQuality>& found,
                    const std::vector<std::vector<std::uint64_t>>& lists, const Plain& expected) {
  for (const ListQuality& at : found) {
    metrics::RecommendationAccumulator sum;
    std::set<std::uint64_t> shown;
    for (std::size_t u = 0; u < lists.size(); ++u) {
      sum.add(metrics::list_metrics(lists[u], expected.relevant[u], at.k));
      for (std::size_t i = 0; i < std::min<std::size_t>(at.k, lists[u].size()); ++i) {
        shown.insert(lists[u][i]);
      }
    }
    SCOPED_TRACE("k " + std::to_string(at.k));
    EXPECT_EQ(at.metrics.num_lists, sum.metrics().num_lists);
    EXPECT_EQ(at.metrics.recall, sum.metrics().recall);
    EXPECT_EQ(at.metrics.precision, sum.metrics().precision);
    EXPECT_EQ(at.metrics.ndcg, sum.metrics().ndcg);
    EXPECT_EQ(at.metrics.map, sum.metrics().map);
    EXPECT_EQ(at.metrics.hit_rate, sum.metrics().hit_rate);
    EXPECT_EQ(at.coverage,
              static_cast<double>(shown.size()) / static_cast<double>(expected.num_items));
  }
}

class EverySetting : public ::testing::TestWithParam<Setting> {};

TEST_P(EverySetting, ListsAreThoseOfTheDefinition) {
  for (const char* comparator : {"dot", "squared_l2"}) {
    SmallGraph g = network();
    g.comparator = comparator;
    const Plain expected = plain(g, GetParam());
    const RecommendResult result = run(g, options_for(GetParam()));
    EXPECT_EQ(result.num_users, expected.lists.size());
    EXPECT_EQ(result.num_items, expected.num_items);
    expect_quality(result.lists, expected.lists, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Settings, EverySetting,
    ::testing::Values(Setting{}, Setting{"favorite", Side::lhs}, Setting{"follow", Side::rhs},
                      Setting{"follow", Side::lhs},
                      Setting{"favorite", Side::rhs, "valid", {"train"}},
                      Setting{"favorite", Side::rhs, "test", {"train", "valid"}, ItemSet::trained},
                      Setting{"favorite", Side::rhs, "test", {"train", "valid"}, ItemSet::linked}),
    [](const auto& setting) {
      return setting.param.relation + (setting.param.recommended == Side::rhs ? "_rhs_" : "_lhs_") +
             setting.param.split + std::to_string(static_cast<int>(setting.param.items));
    });

TEST(Recommend, CountsWhatIsNotAskedFor) {
  const SmallGraph g = network();
  Setting trained;
  trained.items = ItemSet::trained;
  const RecommendResult result = run(g, options_for(trained));
  EXPECT_EQ(result.num_known, 1u);
  std::set<std::uint32_t> seen;
  for (const SmallEdge& e : g.relations[0].edges.at("train")) seen.insert(e.rhs);
  std::uint64_t num_outside = 0;
  for (const SmallEdge& e : g.relations[0].edges.at("test")) num_outside += 1 - seen.count(e.rhs);
  EXPECT_GT(num_outside, 0u);
  EXPECT_EQ(result.num_outside, num_outside);
  EXPECT_EQ(result.num_relevant + result.num_known + result.num_outside, 251u);
  EXPECT_THAT(result.excluded, ::testing::ElementsAre("train", "valid"));
}

TEST(Recommend, KnownItemsReturnIfNothingIsExcluded) {
  const SmallGraph g = network();
  RecommendOptions options = options_for({});
  options.exclude.emplace();
  Setting nothing;
  nothing.excluded.clear();
  const RecommendResult result = run(g, options);
  EXPECT_EQ(result.num_known, 0u);
  const Plain expected = plain(g, nothing);
  expect_quality(result.lists, expected.lists, expected);
}

TEST(Recommend, DoesNotDependOnThreadsOrMemory) {
  const SmallGraph g = network(1);
  RecommendOptions options = options_for({});
  const RecommendResult one = run(g, options);
  options.threads = 4;
  options.query_memory = {1};  // one user at a time
  const RecommendResult other = run(g, options);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(one.lists[i].metrics.ndcg, other.lists[i].metrics.ndcg);
    if (i > 0) {  // a list of one item has none
      EXPECT_EQ(one.lists[i].diversity, other.lists[i].diversity);
    }
    EXPECT_EQ(one.lists[i].popularity, other.lists[i].popularity);
    EXPECT_EQ(one.lists[i].coverage, other.lists[i].coverage);
  }
}

TEST(Recommend, PopularityIsTheSameListForAllButWhatTheyKnow) {
  const SmallGraph g = network();
  Plain expected = plain(g, {});
  std::vector<double> popularity(300, 0.0);
  for (const SmallEdge& e : g.relations[0].edges.at("train"))
    popularity[flat(g, "item", e.rhs)] += 1;
  for (auto& items : expected.lists) {
    std::sort(items.begin(), items.end(), [&](std::uint64_t a, std::uint64_t b) {
      return popularity[a] > popularity[b] || (popularity[a] == popularity[b] && a < b);
    });
  }
  const RecommendResult result = run(g, options_for({}));
  expect_quality(result.popularity, expected.lists, expected);
  double sum = 0.0;
  for (const auto& items : expected.lists) sum += popularity[items[0]];
  EXPECT_NEAR(result.popularity[0].popularity, sum / static_cast<double>(expected.lists.size()),
              1e-12);
  EXPECT_GT(result.popularity[0].popularity, result.lists[0].popularity);
}

TEST(Recommend, DiversityIsTheMeanDistanceOfAListsItems) {
  SmallGraph g = network();
  const Plain expected = plain(g, {});
  const RecommendResult result = run(g, options_for({}));
  std::vector<std::uint32_t> number(300);
  for (std::uint32_t n = 0; n < 300; ++n) number[flat(g, "item", n)] = n;
  double sum = 0.0;
  for (const auto& items : expected.lists) {
    double distances = 0.0;
    for (int i = 0; i < 5; ++i) {
      for (int j = i + 1; j < 5; ++j) {
        const float* a = g.row("item", number[items[i]]);
        const float* b = g.row("item", number[items[j]]);
        double dot = 0.0, aa = 0.0, bb = 0.0;
        for (int d = 0; d < 4; ++d) dot += a[d] * b[d], aa += a[d] * a[d], bb += b[d] * b[d];
        distances += 1.0 - (aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0.0);
      }
    }
    sum += distances / 10.0;
  }
  EXPECT_NEAR(result.lists[1].diversity, sum / static_cast<double>(expected.lists.size()), 1e-6);
  EXPECT_TRUE(std::isnan(result.lists[0].diversity)) << "a list of one has no pair";
}

TEST(Recommend, GroupsAndDrawnUsersAreAPartOfAll) {
  const SmallGraph g = network();
  RecommendOptions options = options_for({});
  options.user_groups = 3;
  options.resamples = 100;
  const RecommendResult all = run(g, options);
  ASSERT_EQ(all.breakdowns.size(), 1u);
  ASSERT_EQ(all.breakdowns[0].groups.size(), 3u);
  double sum = 0.0, by_popularity = 0.0;
  std::uint64_t num_lists = 0;
  for (const UserGroup& group : all.breakdowns[0].groups) {
    num_lists += group.at_k[1].num_lists;
    by_popularity += group.popularity_at_k[1].ndcg * static_cast<double>(group.at_k[1].num_lists);
    sum += group.at_k[1].recall * static_cast<double>(group.at_k[1].num_lists);
  }
  EXPECT_EQ(num_lists, all.lists[1].metrics.num_lists);
  EXPECT_NEAR(sum / static_cast<double>(num_lists), all.lists[1].metrics.recall, 1e-12);
  EXPECT_NEAR(by_popularity / static_cast<double>(num_lists), all.popularity[1].metrics.ndcg,
              1e-12);
  ASSERT_TRUE(all.lists[2].intervals);
  EXPECT_LT(all.lists[2].intervals->recall.low, all.lists[2].metrics.recall);
  EXPECT_GT(all.lists[2].intervals->recall.high, all.lists[2].metrics.recall);
  options.max_users = 20;
  EXPECT_EQ(run(g, options).num_users, 20u);
}

// Every third user is in "a", every third in "b", the others have no label.
TEST(Recommend, LabelledUsersAreGroupsOfTheirOwn) {
  const SmallGraph g = network();
  TestDirectory dir;
  const Graph graph = g.write(dir.path() / "graph");
  const SmallModel model(g);
  RecommendOptions options = options_for({});
  options.user_groups = 0;
  UserLabels labels{"country", {"a", "b"}, {}};
  for (std::uint32_t n = 0; n < 200; ++n) {
    if (n % 3 < 2) labels.users.emplace_back(g.id("user", n), n % 3);
  }
  const RecommendResult result = recommend(model.view(), graph, options, {}, {}, labels);
  std::set<std::uint32_t> users;
  for (const SmallEdge& e : g.relations[0].edges.at("test")) users.insert(e.lhs);
  std::uint64_t num[3] = {0, 0, 0};
  for (const std::uint32_t n : users) ++num[n % 3];
  ASSERT_EQ(result.breakdowns.size(), 1u);
  EXPECT_EQ(result.breakdowns[0].by, "country");
  const auto& groups = result.breakdowns[0].groups;
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[2].name, "(no group)");
  for (std::size_t i = 0; i < 3; ++i) {
    const metrics::RecommendationMetrics& m = groups[i].at_k[0];
    EXPECT_EQ(m.num_lists + m.num_without_relevant, num[i]);
  }
}

TEST(Recommend, JsonHasAllFigures) {
  const std::string json = to_json(run(network(), options_for({})));
  for (const char* key : {"\"ndcg\"", "\"capped_recall\"", "\"coverage\"", "\"user_groups\"",
                          "\"popularity\"", "\"relevant_but_known\": 1", "\"excluded_splits\""}) {
    EXPECT_THAT(json, ::testing::HasSubstr(key));
  }
}

TEST(Recommend, WrongOptionsAreRefused) {
  const SmallGraph g = network();
  const auto id_of = [&](const RecommendOptions& options) {
    try {
      run(g, options);
    } catch (const Error& error) {
      return error.id();
    }
    return std::string("none");
  };
  RecommendOptions options = options_for({});
  options.relation = "favourite";
  EXPECT_EQ(id_of(options), "schema.unknown_relation");
  options = options_for({});
  options.exclude = {"trian"};
  EXPECT_EQ(id_of(options), "evaluate.unknown_split");
  options.exclude = {"train", "test"};
  EXPECT_EQ(id_of(options), "evaluate.excluded_split");
  options = options_for({});
  options.k = {10, 0};
  EXPECT_EQ(id_of(options), "config.out_of_range");
  options = options_for({});
  options.k.clear();
  EXPECT_EQ(id_of(options), "config.out_of_range");
}

}  // namespace
}  // namespace twhin
