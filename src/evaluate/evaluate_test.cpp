#include "twhin/evaluate/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "evaluate/brute_force.h"
#include "evaluate/small_graph.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

using metrics::RankCounts;

/// (relation, side, lhs, rhs) by numbers; parallel edges have the same ranks.
using Key = std::tuple<std::uint32_t, Side, std::uint32_t, std::uint32_t>;

std::map<Key, RankedTarget> by_number(const SmallGraph& graph,
                                      const std::vector<RankedTarget>& ranks) {
  std::map<Key, RankedTarget> out;
  for (const RankedTarget& r : ranks) {
    const SmallRelation& relation = graph.relations[r.relation];
    out[{r.relation, r.side, graph.number(relation.lhs, r.lhs),
         graph.number(relation.rhs, r.rhs)}] = r;
  }
  return out;
}

std::string text(const Key& key) {
  const auto [relation, side, lhs, rhs] = key;
  return "relation " + std::to_string(relation) + (side == Side::lhs ? ", lhs of " : ", rhs of ") +
         std::to_string(lhs) + " -> " + std::to_string(rhs);
}

/// 40 users, 25 tweets; two relations, one within a type. Embeddings are left to the test.
SmallGraph two_relations(std::uint32_t partitions = 1) {
  SmallGraph g;
  g.types = {{"user", 40, partitions}, {"tweet", 25, partitions}};
  g.dim = 4;
  g.relations.resize(2);
  g.relations[0] = {"follow", "user", "user", {}, true};
  g.relations[1] = {"favorite", "user", "tweet", {}, false};
  for (std::uint32_t r = 0; r < 2; ++r) {
    const auto edges = random_edges(180, 40, r == 0 ? 40 : 25, 7 + r);
    auto& split = g.relations[r].edges;
    split["train"] = {edges.begin(), edges.begin() + 100};
    split["valid"] = {edges.begin() + 100, edges.begin() + 120};
    split["test"] = {edges.begin() + 120, edges.end()};
    // Known twice, and known in two splits.
    split["train"].push_back(edges[0]);
    split["train"].push_back(edges[130]);
    split["valid"].push_back(edges[140]);
  }
  return g;
}

std::size_t num_params(const std::string& op, std::size_t dim) {
  if (op == "none") return 0;
  if (op == "linear") return dim * dim;
  if (op == "affine") return dim * dim + dim;
  return op == "rotation" ? dim / 2 : dim;
}

void set_operator(SmallGraph& g, const std::string& op, const std::vector<float>& params) {
  for (SmallRelation& r : g.relations) {
    r.op = op;
    r.params = params;
  }
}

EvalOptions both_protocols() {
  EvalOptions options;
  options.protocol = Protocol::both;
  options.resamples = 0;
  options.threads = 2;
  return options;
}

std::map<Key, RankedTarget> ranks_of(const SmallGraph& g, const EvalOptions& options) {
  TestDirectory dir;
  const Graph graph = g.write(dir.path() / "graph");
  const SmallModel model(g);
  return by_number(g, Evaluation(graph, *model.view().schema, options).ranks(model.view()));
}

class EveryModel
    : public ::testing::TestWithParam<std::tuple<std::string, std::string, std::uint32_t>> {
 protected:
  SmallGraph graph() const {
    SmallGraph g = two_relations(std::get<2>(GetParam()));
    g.comparator = std::get<1>(GetParam());
    return g;
  }
  std::string op() const { return std::get<0>(GetParam()); }
};

class EveryWholeModel : public EveryModel {};

// All sums are of whole numbers (or halves), so floats are exact and equal scores are equal bits.
// Cosines and turns are not whole; the next test has them.
TEST_P(EveryWholeModel, RanksEqualThoseOfTheDefinition) {
  SmallGraph g = graph();
  g.rows["user"] = random_integers(40 * 4, -1, 1, 1);
  g.rows["tweet"] = random_integers(25 * 4, -1, 1, 2);
  set_operator(g, op(),
               op() == "rotation" ? std::vector<float>(2, 0.0f)
                                  : random_integers(num_params(op(), 4), -1, 2, 3));
  const auto found = ranks_of(g, both_protocols());
  std::uint64_t num_ties = 0;
  const auto expected = brute_queries(g, "test", Sides::both);
  ASSERT_EQ(found.size(), expected.size());
  for (const BruteQuery& query : expected) {
    const Key key(query.relation, query.side, query.lhs, query.rhs);
    ASSERT_TRUE(found.count(key)) << text(key);
    EXPECT_EQ(found.at(key).filtered, query.counts(true)) << text(key);
    EXPECT_EQ(found.at(key).raw, query.counts(false)) << text(key);
    num_ties += query.counts(true).equal;
  }
  EXPECT_GT(num_ties, 100u) << "the test should have ties";
}

// Here floats round: a candidate may be on either side if its score is that near.
TEST_P(EveryModel, RanksEqualThoseOfTheDefinitionUpToRounding) {
  SmallGraph g = graph();
  g.rows["user"] = random_normals(40 * 4, 1);
  g.rows["tweet"] = random_normals(25 * 4, 2);
  set_operator(g, op(), random_normals(num_params(op(), 4), 3));
  const auto found = ranks_of(g, both_protocols());
  std::uint64_t num_near = 0;
  for (const BruteQuery& query : brute_queries(g, "test", Sides::both)) {
    const Key key(query.relation, query.side, query.lhs, query.rhs);
    // Rows are shorter than 5, transformed ones than 30: scores below 1000 have errors below 1e-4;
    // a square root can enlarge that of a small distance, so that is compared as its square.
    for (const bool filtered : {true, false}) {
      const RankCounts sure = query.counts(filtered, 2e-4);
      const RankCounts& counts = filtered ? found.at(key).filtered : found.at(key).raw;
      EXPECT_EQ(counts.candidates, sure.candidates) << text(key);
      EXPECT_GE(counts.greater, sure.greater) << text(key);
      EXPECT_LE(counts.greater + counts.equal, sure.greater + sure.equal) << text(key);
      num_near += sure.equal;
    }
  }
  EXPECT_LT(num_near, 10u) << "the tolerance should decide nothing";
}

std::string model_name(const ::testing::TestParamInfo<EveryModel::ParamType>& model) {
  const auto& [op, comparator, partitions] = model.param;
  return op + "_" + comparator + "_" + std::to_string(partitions);
}

const auto kOperators = ::testing::Values("none", "translation", "diagonal", "complex_diagonal",
                                          "linear", "affine", "rotation");
INSTANTIATE_TEST_SUITE_P(Models, EveryWholeModel,
                         ::testing::Combine(kOperators,
                                            ::testing::Values("dot", "l2", "squared_l2"),
                                            ::testing::Values(1u, 3u)),
                         model_name);
INSTANTIATE_TEST_SUITE_P(Models, EveryModel,
                         ::testing::Combine(kOperators,
                                            ::testing::Values("dot", "cos", "l2", "squared_l2"),
                                            ::testing::Values(1u, 3u)),
                         model_name);

struct Shape {
  std::uint32_t num_entities, dim, num_edges;
  friend std::ostream& operator<<(std::ostream& os, const Shape& s) {
    return os << s.num_entities << " entities of dim " << s.dim << ", " << s.num_edges << " edges";
  }
};

class EveryShape : public ::testing::TestWithParam<Shape> {};

// Candidates come in chunks of 256 and panels of 64, queries in blocks of 128, columns in vectors.
// The operator is the one that is applied to candidates as a product.
TEST_P(EveryShape, RanksEqualThoseOfTheDefinition) {
  const auto [num_entities, dim, num_edges] = GetParam();
  for (const char* comparator : {"dot", "squared_l2"}) {
    SmallGraph g;
    g.types = {{"entity", num_entities, 2}};
    g.dim = dim;
    g.comparator = comparator;
    g.rows["entity"] = random_integers(num_entities * dim, -2, 2, 1);
    g.relations.push_back(
        {"related", "entity", "entity", {}, false, "linear", random_integers(dim * dim, -1, 1, 2)});
    const auto edges = random_edges(num_edges, num_entities, num_entities, 3);
    g.relations[0].edges["train"] = {edges.begin(), edges.begin() + num_edges / 2};
    g.relations[0].edges["test"] = {edges.begin() + num_edges / 2, edges.end()};
    const auto found = ranks_of(g, both_protocols());
    for (const BruteQuery& query : brute_queries(g, "test", Sides::both)) {
      const Key key(query.relation, query.side, query.lhs, query.rhs);
      ASSERT_EQ(found.at(key).filtered, query.counts(true)) << comparator << ", " << text(key);
      ASSERT_EQ(found.at(key).raw, query.counts(false)) << comparator << ", " << text(key);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, EveryShape,
                         ::testing::Values(Shape{2, 1, 2}, Shape{63, 7, 40}, Shape{64, 16, 40},
                                           Shape{65, 17, 40}, Shape{255, 33, 300},
                                           Shape{256, 8, 500}, Shape{257, 5, 600},
                                           Shape{700, 129, 100}));

/// A model with real rows that the following tests vary.
SmallGraph plain_model(std::uint32_t partitions = 1) {
  SmallGraph g = two_relations(partitions);
  g.rows["user"] = random_normals(40 * 4, 1);
  g.rows["tweet"] = random_normals(25 * 4, 2);
  set_operator(g, "translation", random_normals(4, 3));
  return g;
}

void expect_same(const std::map<Key, RankedTarget>& a, const std::map<Key, RankedTarget>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [key, ranks] : a) {
    ASSERT_TRUE(b.count(key)) << text(key);
    EXPECT_EQ(ranks.filtered, b.at(key).filtered) << text(key);
    EXPECT_EQ(ranks.raw, b.at(key).raw) << text(key);
  }
}

// Real numbers: a score that depended on its place in a block would show here, or in the check that
// targets tie with themselves.
TEST(Evaluate, RanksDoNotDependOnPartitionsOrOtherEdges) {
  for (const char* comparator : {"dot", "cos", "l2"}) {
    for (const char* op : {"translation", "linear"}) {
      SmallGraph g;
      g.types = {{"entity", 600, 1}};
      g.dim = 21;
      g.comparator = comparator;
      g.rows["entity"] = random_normals(600 * g.dim, 1);
      g.relations.push_back(
          {"related", "entity", "entity", {}, false, op, random_normals(num_params(op, g.dim), 2)});
      g.relations[0].edges["train"] = random_edges(200, 600, 600, 3);
      g.relations[0].edges["test"] = random_edges(200, 600, 600, 4);
      const auto one = ranks_of(g, both_protocols());
      EvalOptions single = both_protocols();
      single.max_edges = 1;
      for (const auto& [key, ranks] : ranks_of(g, single)) EXPECT_EQ(ranks.raw, one.at(key).raw);
      g.types[0].num_partitions = 3;
      expect_same(one, ranks_of(g, both_protocols()));
    }
  }
}

TEST(Evaluate, RanksDoNotDependOnThreadsOrMemory) {
  const SmallGraph g = plain_model();
  EvalOptions other = both_protocols();
  other.threads = 1;
  other.query_memory = {1};  // one query at a time
  expect_same(ranks_of(g, both_protocols()), ranks_of(g, other));
}

TEST(Evaluate, AVersionOnDiskRanksAsTheModelInMemory) {
  const SmallGraph g = plain_model(3);
  TestDirectory dir;
  const Graph graph = g.write(dir.path() / "graph");
  const ModelVersion version = g.write_version(dir.path() / "models", graph);
  const OpenModel model(version);
  expect_same(by_number(g, Evaluation(graph, version, both_protocols()).ranks(model.view())),
              ranks_of(g, both_protocols()));
}

TEST(Evaluate, EntitiesWithEqualRowsTie) {
  SmallGraph g = plain_model(3);
  auto& rows = g.rows["user"];
  for (std::uint32_t e = 20; e < 40; ++e) std::copy_n(g.row("user", e - 20), 4, &rows[e * 4]);
  for (const auto& [key, ranks] : ranks_of(g, both_protocols())) {
    const auto [relation, side, lhs, rhs] = key;
    if (relation == 1 && side == Side::rhs) continue;  // tweets have rows of their own
    EXPECT_EQ(ranks.raw.equal, 1u) << text(key);
  }
}

TEST(Evaluate, EveryRankIsTheMeanIfAllRowsAreEqual) {
  SmallGraph g = plain_model();
  std::fill(g.rows["user"].begin(), g.rows["user"].end(), 0.3f);
  std::fill(g.rows["tweet"].begin(), g.rows["tweet"].end(), -0.7f);
  for (const auto& [key, ranks] : ranks_of(g, both_protocols())) {
    const double n = std::get<0>(key) == 1 && std::get<1>(key) == Side::rhs ? 25.0 : 40.0;
    EXPECT_EQ(ranks.raw.rank(), (n + 1.0) / 2.0) << text(key);
  }
}

TEST(Evaluate, AnotherGraphIsMatchedByName) {
  const SmallGraph trained = plain_model(1);
  SmallGraph other = plain_model(3);
  other.types[0].num_entities = 41;  // user 40 is not in the model
  other.relations[0].edges["test"].push_back({40, 3});
  other.relations[0].edges["test"].push_back({3, 40});
  TestDirectory dir;
  const Graph own = trained.write(dir.path() / "own");
  const Graph graph = other.write(dir.path() / "other");
  const ModelVersion version = trained.write_version(dir.path() / "models", own);
  const OpenModel model(version);
  const Evaluation evaluation(graph, version, both_protocols());
  expect_same(by_number(trained, evaluation.ranks(model.view())),
              ranks_of(trained, both_protocols()));
  EXPECT_EQ(evaluation.run(model.view()).num_unknown, 2u);

  std::vector<std::string> warnings;
  Observer observer;
  observer.warning = [&](const std::string& line) { warnings.push_back(line); };
  evaluate(version, own, both_protocols(), observer);
  EXPECT_TRUE(warnings.empty());
  evaluate(version, graph, both_protocols(), observer);
  EXPECT_THAT(warnings, ::testing::ElementsAre(::testing::HasSubstr("matched by name")));
}

TEST(Evaluate, OneSideOrOneRelationIsAPartOfBoth) {
  const SmallGraph g = plain_model();
  const auto all = ranks_of(g, both_protocols());
  EvalOptions options = both_protocols();
  options.sides = Sides::lhs;
  options.relations = {"favorite"};
  const auto part = ranks_of(g, options);
  EXPECT_EQ(part.size(), 60u);
  for (const auto& [key, ranks] : part) {
    EXPECT_EQ(std::get<0>(key), 1u);
    EXPECT_EQ(std::get<1>(key), Side::lhs);
    EXPECT_EQ(ranks.filtered, all.at(key).filtered) << text(key);
  }
}

TEST(Evaluate, DrawnEdgesKeepTheirRanksAndFollowTheSeed) {
  const SmallGraph g = plain_model();
  const auto all = ranks_of(g, both_protocols());
  EvalOptions options = both_protocols();
  options.max_edges = 30;
  const auto drawn = ranks_of(g, options);
  EXPECT_EQ(drawn.size(), 60u);
  for (const auto& [key, ranks] : drawn) EXPECT_EQ(ranks.filtered, all.at(key).filtered);
  expect_same(drawn, ranks_of(g, options));
  options.seed = 2;
  std::size_t num_shared = 0;
  for (const auto& [key, ranks] : ranks_of(g, options)) num_shared += drawn.count(key);
  EXPECT_LT(num_shared, 40u);
  options.max_edges = 1000;
  EXPECT_EQ(ranks_of(g, options).size(), all.size());
}

TEST(Evaluate, ASampleOfAllCandidatesIsExact) {
  const SmallGraph g = plain_model(3);
  EvalOptions options = both_protocols();
  options.candidates = CandidateSet::uniform;
  options.num_candidates = 40;
  expect_same(ranks_of(g, options), ranks_of(g, both_protocols()));
}

TEST(Evaluate, ASampledCandidateCompetesAsOftenAsItWasDrawn) {
  SmallGraph g = plain_model();
  // All training edges of follow end in user 5, so that is every candidate for its rhs.
  std::vector<SmallEdge>& train = g.relations[0].edges["train"];
  train.clear();
  for (std::uint32_t u = 6; u < 40; ++u) train.push_back({u, 5});
  g.relations[0].edges["test"] = {{0, 5}, {1, 2}, {30, 3}};
  g.relations[0].edges["valid"].clear();
  EvalOptions options = both_protocols();
  options.candidates = CandidateSet::prevalence;
  options.num_candidates = 50;
  options.sides = Sides::rhs;
  options.relations = {"follow"};
  const auto found = ranks_of(g, options);
  EXPECT_EQ(found.at({0, Side::rhs, 0, 5}).raw.candidates, 0u);  // user 5 against itself
  EXPECT_EQ(found.at({0, Side::rhs, 1, 2}).raw.candidates, 50u);
  EXPECT_EQ(found.at({0, Side::rhs, 1, 2}).filtered.candidates, 50u);
  EXPECT_EQ(found.at({0, Side::rhs, 30, 3}).raw.candidates, 50u);
  EXPECT_EQ(found.at({0, Side::rhs, 30, 3}).filtered.candidates, 0u);  // 30 follows 5: known
  const bool above = brute_score(g, g.relations[0], 1, 5) > brute_score(g, g.relations[0], 1, 2);
  EXPECT_EQ(found.at({0, Side::rhs, 1, 2}).raw.greater, above ? 50u : 0u);
}

class EvaluateResult : public ::testing::Test {
 protected:
  EvalResult run(const SmallGraph& g, const EvalOptions& options) {
    const Graph graph = g.write(dir_.path() / "graph");
    const ModelVersion version = g.write_version(dir_.path() / "models", graph);
    return evaluate(version, graph, options);
  }
  TestDirectory dir_;
};

TEST_F(EvaluateResult, MeansAreThoseOfTheRanks) {
  const SmallGraph g = plain_model();
  const EvalResult result = run(g, both_protocols());
  EXPECT_EQ(result.num_edges, 120u);
  EXPECT_EQ(result.num_queries, 240u);
  ASSERT_EQ(result.protocols.size(), 2u);
  for (const ProtocolResult& each : result.protocols) {
    double mr = 0.0, mrr = 0.0, hits10 = 0.0;
    for (const BruteQuery& query : brute_queries(g, "test", Sides::both)) {
      const double rank = query.counts(each.protocol == Protocol::filtered).rank();
      mr += rank / 240.0;
      mrr += 1.0 / rank / 240.0;
      hits10 += rank <= 10.0 ? 1.0 / 240.0 : 0.0;
    }
    EXPECT_NEAR(each.micro.mr, mr, 1e-9);
    EXPECT_NEAR(each.micro.mrr, mrr, 1e-9);
    EXPECT_NEAR(each.micro.hits[2], hits10, 1e-9);
    EXPECT_FALSE(each.intervals);
  }
}

TEST_F(EvaluateResult, TablesDivideTheQueries) {
  EvalOptions options = both_protocols();
  options.degree_groups = 4;
  options.time_slices = 3;
  const EvalResult result = run(plain_model(), options);
  std::vector<std::string> tables;
  for (const Breakdown& b : result.main().breakdowns) {
    tables.push_back(b.by);
    std::uint64_t num_queries = 0;
    double sum = 0.0;
    for (const EvalGroup& group : b.groups) {
      num_queries += group.metrics.num_queries;
      sum += group.metrics.mrr * static_cast<double>(group.metrics.num_queries);
    }
    EXPECT_EQ(num_queries, 240u) << b.by;
    EXPECT_NEAR(sum / 240.0, result.main().micro.mrr, 1e-12) << b.by;
  }
  EXPECT_THAT(tables, ::testing::ElementsAre("relation", "side", "relation and side", "degree",
                                             "time"));  // types: the same rows as relation
  const Breakdown* time = result.main().breakdown("time");
  ASSERT_EQ(time->groups.size(), 4u);
  EXPECT_EQ(time->groups.back().name, "without timestamp");
  EXPECT_EQ(time->groups.back().metrics.num_queries, 120u);  // favorite
}

TEST_F(EvaluateResult, RelationsOfTheSameTypesMakeATableByTypes) {
  SmallGraph g = plain_model();
  g.relations.push_back(g.relations[1]);
  g.relations[2].name = "reply";
  const EvalResult result = run(g, both_protocols());
  const Breakdown* types = result.main().breakdown("types");
  ASSERT_NE(types, nullptr);
  ASSERT_EQ(types->groups.size(), 2u);
  EXPECT_EQ(types->groups[0].name, "user to user");
  EXPECT_EQ(types->groups[1].name, "user to tweet");
  EXPECT_EQ(types->groups[1].metrics.num_queries, 240u);
  EXPECT_EQ(types->macro.num_groups, 2u);
  EXPECT_NEAR(types->macro.mean.mrr,
              (types->groups[0].metrics.mrr + types->groups[1].metrics.mrr) / 2, 1e-12);
}

TEST_F(EvaluateResult, IntervalsHoldTheMeans) {
  EvalOptions options = both_protocols();
  options.resamples = 200;
  const EvalResult result = run(plain_model(), options);
  const ProtocolResult& r = result.main();
  ASSERT_TRUE(r.intervals);
  EXPECT_LT(r.intervals->mrr.low, r.micro.mrr);
  EXPECT_GT(r.intervals->mrr.high, r.micro.mrr);
  EXPECT_LT(r.intervals->mr.low, r.micro.mr);
  EXPECT_GT(r.intervals->mr.high, r.micro.mr);
  EXPECT_LT(r.intervals->hits[2].low, r.intervals->hits[2].high);
  EXPECT_LT(r.intervals->auc.low, r.intervals->auc.high);
}

TEST_F(EvaluateResult, PopularityRanksByTrainingEdgesOfTheRelation) {
  const SmallGraph g = plain_model();
  const EvalResult result = run(g, both_protocols());
  for (const ProtocolResult& each : result.protocols) {
    metrics::RankingAccumulator expected;
    for (BruteQuery query : brute_queries(g, "test", Sides::both)) {
      std::fill(query.scores.begin(), query.scores.end(), 0.0);
      for (const SmallEdge& edge : g.relations[query.relation].edges.at("train")) {
        ++query.scores[query.side == Side::rhs ? edge.rhs : edge.lhs];
      }
      expected.add(query.counts(each.protocol == Protocol::filtered));
    }
    ASSERT_TRUE(each.popularity);
    EXPECT_EQ(each.popularity->mrr, expected.metrics().mrr);
    EXPECT_EQ(each.popularity->mr, expected.metrics().mr);
    EXPECT_EQ(each.popularity->auc, expected.metrics().auc);
  }
}

TEST_F(EvaluateResult, ChanceIsTheMeanOverAllOrders) {
  SmallGraph g = plain_model();
  g.relations.erase(g.relations.begin() + 1);
  EvalOptions options = both_protocols();
  options.protocol = Protocol::raw;
  const EvalResult result = run(g, options);
  double reciprocal = 0.0;  // 40 places, each as likely
  for (int place = 1; place <= 40; ++place) reciprocal += 1.0 / place / 40.0;
  ASSERT_TRUE(result.main().random);
  EXPECT_NEAR(result.main().random->mrr, reciprocal, 1e-12);
  EXPECT_NEAR(result.main().random->mr, 20.5, 1e-12);
  EXPECT_NEAR(result.main().random->hits[2], 0.25, 1e-12);
  EXPECT_EQ(result.main().random->hits[3], 1.0);  // at 50 of 40
}

TEST_F(EvaluateResult, SampledFiguresSayThatTheyAre) {
  EvalOptions options = both_protocols();
  const std::string exact = to_json(run(plain_model(), options));
  EXPECT_THAT(exact, ::testing::HasSubstr("\"candidates\": \"all\""));
  EXPECT_THAT(exact, ::testing::Not(::testing::HasSubstr("sampled")));
  EXPECT_THAT(exact, ::testing::HasSubstr("ties take the mean rank"));
  options.candidates = CandidateSet::uniform;
  const EvalResult result = run(plain_model(), options);
  EXPECT_THAT(to_json(result), ::testing::HasSubstr("\"candidates\": \"sampled\""));
  EXPECT_THAT(to_json(result), ::testing::HasSubstr("biased"));
  EXPECT_FALSE(result.main().popularity) << "an exact baseline beside sampled figures misleads";
}

class EvaluateError : public EvaluateResult {
 protected:
  std::string id_of(const SmallGraph& g, const EvalOptions& options) {
    try {
      run(g, options);
    } catch (const Error& error) {
      message_ = error.what();
      return error.id();
    }
    return "none";
  }
  std::string message_;
};

TEST_F(EvaluateError, UnknownSplitNamesTheNearest) {
  EvalOptions options;
  options.split = "tets";
  EXPECT_EQ(id_of(plain_model(), options), "evaluate.unknown_split");
  EXPECT_THAT(message_, ::testing::HasSubstr("did you mean \"test\"?"));
}

TEST_F(EvaluateError, UnknownRelationIsRefused) {
  EvalOptions options;
  options.relations = {"folow"};
  EXPECT_EQ(id_of(plain_model(), options), "schema.unknown_relation");
}

TEST_F(EvaluateError, ASplitWithoutEdgesIsRefused) {
  SmallGraph g = plain_model();
  for (SmallRelation& r : g.relations) r.edges["test"].clear();
  EXPECT_EQ(id_of(g, {}), "evaluate.no_edges");
}

TEST_F(EvaluateError, NaNInARowIsFoundWithItsPlace) {
  SmallGraph g = plain_model(3);
  g.rows["tweet"][7 * 4 + 2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(id_of(g, {}), "model.not_finite");
  const EntityId id = g.id("tweet", 7);
  EXPECT_THAT(message_, ::testing::HasSubstr("tweet, partition " + std::to_string(id.partition) +
                                             ", row " + std::to_string(id.row)));
  g = plain_model();
  g.rows["user"][3] = 1e30f;  // its square is infinite
  EXPECT_EQ(id_of(g, {}), "model.not_finite");
}

TEST_F(EvaluateError, OptionsAreChecked) {
  EvalOptions options;
  options.num_candidates = 0;
  EXPECT_EQ(id_of(plain_model(), options), "config.out_of_range");
}

TEST_F(EvaluateError, AStopEndsIt) {
  const SmallGraph g = plain_model();
  const Graph graph = g.write(dir_.path() / "graph");
  const ModelVersion version = g.write_version(dir_.path() / "models", graph);
  StopFlag stop;
  stop.request();
  try {
    evaluate(version, graph, {}, {}, stop);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  }
}

TEST_F(EvaluateError, AModelThatDoesNotFitIsRefused) {
  const SmallGraph g = plain_model();
  const Graph graph = g.write(dir_.path() / "graph");
  const ModelVersion version = g.write_version(dir_.path() / "models", graph);
  const OpenModel model(version);
  ScoringView view = model.view();
  view.rows.pop_back();
  const Evaluation evaluation(graph, version.schema(), {});
  try {
    evaluation.run(view);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "evaluate.wrong_shape");
  }
}

}  // namespace
}  // namespace twhin
