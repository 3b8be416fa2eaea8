#include "twhin/train/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "train/tiny_graph.h"
#include "train/train_fixture.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/model/score_function.h"
#include "twhin/model/version.h"
#include "twhin/storage/version_directory.h"

namespace twhin::training {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using TrainTest = TrainFixture;

// Mean reciprocal rank of the rhs of held-out edges among all entities of the type, ties by mean
// rank.
double exact_mrr(const Graph& graph, const ModelVersion& model) {
  const EdgeBucket held_out = graph.bucket(0, 0, 0, "valid");
  const auto rows = model.rows(0);
  const float* all = rows->in_place(0);
  const std::size_t n = rows->size(0), dim = rows->dim();
  const std::span<const float> params = model.relation(0);
  double sum = 0.0;
  for (std::size_t e = 0; e < held_out.size(); ++e) {
    const float* lhs = all + held_out.edges().lhs[e] * dim;
    std::vector<double> scores(n);
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t d = 0; d < dim; ++d) scores[k] += (lhs[d] + params[d]) * all[k * dim + d];
    }
    const double truth = scores[held_out.edges().rhs[e]];
    double rank = 0.5;
    for (const double score : scores) rank += score > truth ? 1.0 : score == truth ? 0.5 : 0.0;
    sum += 1.0 / rank;
  }
  return sum / static_cast<double>(held_out.size());
}

std::vector<double> epoch_losses(const fs::path& version) {
  std::ifstream log(version / "metrics.jsonl");
  std::vector<double> losses;
  for (std::string line; std::getline(log, line);) {
    if (line.find("\"event\":\"epoch\"") == std::string::npos) continue;
    losses.push_back(std::stod(line.substr(line.find("\"loss\":") + 7)));
  }
  return losses;
}

// Friends are uniform in the user's block of 20: a model that knows the blocks has an MRR of
// (1 + 1/2 + … + 1/20) / 20 = 0.18, for 19 edges of 20. Chance: 0.029.
TEST_F(TrainTest, LearnsAPlantedGraph) {
  const Graph graph = TinyGraph::planted(10, 20, 30).write(dir_ / "graph");
  for (const bool deterministic : {false, true}) {
    TrainRequest wanted = request(deterministic ? "deterministic" : "hogwild");
    wanted.config.train.epochs = 12;
    wanted.config.train.deterministic = deterministic;
    wanted.config.train.threads = 2;
    const TrainSummary summary = run(graph, wanted);
    const std::vector<double> losses = epoch_losses(summary.version);
    ASSERT_EQ(losses.size(), 12u);
    EXPECT_LT(losses.back(), 0.7 * losses.front());
    EXPECT_GT(exact_mrr(graph, ModelVersion::open(summary.version)), 0.14);
    EXPECT_EQ(summary.edges, 12 * graph.num_edges(0));
  }
}

// Mean reciprocal rank of the lhs of all training edges of all relations.
double lhs_mrr(const Graph& graph, const ModelVersion& model) {
  const auto rows = model.rows(0);
  const ConstMatrixView all(rows->in_place(0), rows->size(0), rows->dim());
  double sum = 0.0;
  std::size_t num_edges = 0;
  for (std::uint32_t r = 0; r < graph.schema().relations.size(); ++r) {
    const ScoreFunction function = ScoreFunction::of(model, r);
    const EdgeBucket bucket = graph.bucket(r, 0, 0);
    Candidates candidates;
    function.prepare_candidates(Side::lhs, all, candidates);
    for (std::size_t e = 0; e < bucket.size(); ++e, ++num_edges) {
      std::vector<float> scores(all.rows);
      function.score(function.prepare_queries(Side::lhs, all.middle_rows(bucket.edges().rhs[e], 1)),
                     candidates, {scores.data(), 1, all.rows});
      const float truth = scores[bucket.edges().lhs[e]];
      sum += 1.0 / (1.0 + std::count_if(scores.begin(), scores.end(),
                                        [&](float score) { return score > truth; }));
    }
  }
  return sum / static_cast<double>(num_edges);
}

// Two relations whose lhs are five users each, the same for every rhs. Who knows the relation finds
// the lhs among five, MRR (1 + 1/2 + … + 1/5) / 5 = 0.46, who does not among ten, 0.29; and the dot
// product of a translated lhs, c(l + r, t), puts the relation's part, r t, on all lhs alike.
TEST_F(TrainTest, AReciprocalOperatorTellsTheLhsSideWhichRelationItIs) {
  TinyGraph tiny;
  tiny.types = {{"user", 60}};
  tiny.relations = {{"first", 0, 0}, {"second", 0, 0}};
  for (std::uint32_t rhs = 10; rhs < 60; ++rhs) {
    for (std::uint32_t lhs = 0; lhs < 10; ++lhs) tiny.edges.push_back({lhs / 5, lhs, rhs});
  }
  const Graph graph = tiny.write(dir_ / "graph");
  TrainRequest wanted = request("plain");
  wanted.config.train.epochs = 15;
  wanted.config.train.lhs_negatives = wanted.config.train.rhs_negatives = SideNegatives::uniform;
  EXPECT_LT(lhs_mrr(graph, ModelVersion::open(run(graph, wanted).version)), 0.36);
  wanted.models = dir_ / "reciprocal";
  wanted.config.train.reciprocal = true;
  const ModelVersion model = ModelVersion::open(run(graph, wanted).version);
  EXPECT_GT(lhs_mrr(graph, model), 0.42);
  EXPECT_EQ(model.relation(0).size(), 2u * 16u);
}

TEST_F(TrainTest, LeavesAVersionThatVerifies) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  TrainRequest wanted = request();
  wanted.config_yaml = "train: {dim: 16}\n";
  const TrainSummary first = run(graph, wanted);
  EXPECT_EQ(first.version, dir_ / "models/all/v1");
  const ModelVersion model = ModelVersion::open(dir_ / "models/all");
  EXPECT_EQ(model.info().version, 1u);
  EXPECT_EQ(model.info().epochs, 3u);
  EXPECT_EQ(model.info().dim, 16u);
  EXPECT_EQ(model.info().comparator, "dot");
  EXPECT_EQ(model.info().operators, std::vector<std::string>{"translation"});
  EXPECT_EQ(model.info().graph_checksum, graph.checksum());
  EXPECT_GT(model.manifest().verify(model.path(), true), 0u);
  EXPECT_EQ(model.vocabulary(0).size(), 40u);
  EXPECT_EQ(read_text(model.path() / "config.yaml"), "train: {dim: 16}\n");
  // What is not in the manifest is not there.
  std::size_t num_files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(model.path())) {
    num_files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(num_files, model.manifest().files.size() + 1);
  EXPECT_EQ(run(graph, wanted).number, 2u);
  EXPECT_EQ(ModelVersion::open(dir_ / "models/all").info().version, 2u);
}

TEST_F(TrainTest, TheRelationVectorMoves) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  const ModelVersion model = ModelVersion::open(run(graph, request()).version);
  double norm = 0.0;
  for (const float x : model.relation(0)) norm += x * x;
  EXPECT_GT(std::sqrt(norm), 0.1);
}

TEST_F(TrainTest, PushesNegativesBelowTrueEdges) {
  const Graph graph = TinyGraph::planted(4, 10, 8).write(dir_ / "graph");
  TrainRequest wanted = request();
  wanted.config.train.deterministic = false;  // a round would train all of such a graph at once
  wanted.config.train.epochs = 10;
  const ModelVersion model = ModelVersion::open(run(graph, wanted).version);
  const std::vector<float> rows = rows_of(model, 0);
  const auto score = [&](std::size_t l, std::size_t t) {
    double sum = 0.0;
    for (std::size_t d = 0; d < 16; ++d) {
      sum += (rows[l * 16 + d] + model.relation(0)[d]) * rows[t * 16 + d];
    }
    return sum;
  };
  const EdgeBucket bucket = graph.bucket(0, 0, 0);
  const EdgeSpan& edges = bucket.edges();
  double of_true = 0.0, of_all = 0.0;
  for (std::size_t e = 0; e < edges.size(); ++e) of_true += score(edges.lhs[e], edges.rhs[e]);
  for (std::size_t l = 0; l < 40; ++l) {
    for (std::size_t t = 0; t < 40; ++t) of_all += score(l, t);
  }
  // 20 negatives of weight 1 stand against each true edge, so that most scores are below 0.
  EXPECT_LT(of_all / 1600.0, -1.0);
  EXPECT_GT(of_true / static_cast<double>(edges.size()), of_all / 1600.0 + 1.0);
}

// One epoch of one group: rows of entities that are in no edge and no negative stay as they began.
TEST_F(TrainTest, OnlyRowsOfTheGroupChange) {
  TinyGraph tiny;
  tiny.types = {{"user", 50, 1}, {"tweet", 60, 1}};
  tiny.relations = {{"like", 0, 1}};
  tiny.edges = {{0, 1, 2}, {0, 3, 4}, {0, 5, 6}};
  const Graph graph = tiny.write(dir_ / "graph");
  TrainRequest wanted = request();
  wanted.config.train.epochs = 1;
  wanted.config.train.uniform_negatives = 0;
  const ModelVersion trained = ModelVersion::open(run(graph, wanted).version);
  TrainRequest still = request("frozen");
  still.config.train.epochs = 1;
  still.config.entities = {{"user", frozen()}, {"tweet", frozen()}};
  const ModelVersion initial = ModelVersion::open(run(graph, still).version);
  for (std::uint32_t type = 0; type < 2; ++type) {
    const std::vector<float> before = rows_of(initial, type), after = rows_of(trained, type);
    const Vocabulary names = trained.vocabulary(type);
    std::vector<std::string> changed;
    for (std::uint32_t row = 0; row < names.size(0); ++row) {
      if (!std::equal(before.begin() + row * 16, before.begin() + (row + 1) * 16,
                      after.begin() + row * 16)) {
        changed.emplace_back(names.name({0, row}));
      }
    }
    EXPECT_THAT(changed, type == 0 ? ::testing::UnorderedElementsAre("n1", "n3", "n5")
                                   : ::testing::UnorderedElementsAre("n2", "n4", "n6"));
  }
}

TEST_F(TrainTest, InitialRowsDoNotDependOnPartitions) {
  TrainRequest wanted = request();
  wanted.config.train.epochs = 1;
  wanted.config.entities = {{"user", frozen()}};
  std::map<std::string, std::vector<float>> first;
  for (const std::uint32_t partitions : {1u, 4u}) {
    const Graph graph = TinyGraph::planted(4, 10, 5, partitions).write(dir_ / "graph");
    wanted.models = dir_ / std::to_string(partitions);
    const ModelVersion model = ModelVersion::open(run(graph, wanted).version);
    const Vocabulary names = model.vocabulary(0);
    const auto rows = model.rows(0);
    double squares = 0.0;
    for (std::uint32_t p = 0; p < partitions; ++p) {
      for (std::uint32_t row = 0; row < names.size(p); ++row) {
        std::vector<float> values(16);
        rows->read({p, row}, values.data());
        for (const float x : values) squares += x * x;
        const auto [at, is_new] = first.emplace(names.name({p, row}), values);
        EXPECT_EQ(at->second, values) << names.name({p, row});
      }
    }
    // Standard deviation init_scale: 640 numbers, so within 4 / sqrt(2 * 640) = 11 %.
    EXPECT_NEAR(std::sqrt(squares / 640.0), 0.1, 0.011);
  }
  EXPECT_EQ(first.size(), 40u);
}

TEST_F(TrainTest, WeightsScaleTheGradient) {
  TinyGraph tiny;
  tiny.types = {{"user", 20, 1}};
  tiny.relations = {{"follow", 0, 0, true}};
  const auto step_of = [&](float edge_weight, float relation_weight) {
    tiny.edges = {{0, 1, 2, edge_weight}};
    const Graph graph = tiny.write(dir_ / "graph");
    TrainRequest wanted =
        request("w" + std::to_string(edge_weight * relation_weight) + std::to_string(edge_weight));
    wanted.config.train.epochs = 1;
    wanted.config.train.optimizer = Optimizer::sgd;
    wanted.config.train.learning_rate = 0.01f;
    RelationOptions options;
    options.weight = relation_weight;
    wanted.config.relations = {{"follow", options}};
    const ModelVersion model = ModelVersion::open(run(graph, wanted).version);
    return std::vector<float>(model.relation(0).begin(), model.relation(0).end());
  };
  // The relation's vector begins at 0, so after one step of SGD it is -h times its gradient.
  const std::vector<float> once = step_of(1.0f, 1.0f);
  for (const auto& [edge, relation] : {std::pair{2.5f, 1.0f}, {1.0f, 2.5f}, {0.5f, 5.0f}}) {
    const std::vector<float> more = step_of(edge, relation);
    for (std::size_t d = 0; d < once.size(); ++d) {
      EXPECT_NEAR(more[d], 2.5f * once[d], 1e-6f + 1e-5f * std::abs(once[d]));
    }
  }
}

TEST_F(TrainTest, ThreadsDoNotChangeDeterministicBits) {
  const Graph graph = TinyGraph::planted(6, 20, 12).write(dir_ / "graph");
  TrainRequest wanted = request("one");
  const auto one = learned(run(graph, wanted).version);
  for (const std::uint32_t threads : {2u, 3u}) {
    wanted.models = dir_ / ("threads" + std::to_string(threads));
    wanted.config.train.threads = threads;
    EXPECT_EQ(learned(run(graph, wanted).version), one) << threads << " threads";
  }
  wanted.models = dir_ / "seed";
  wanted.config.train.seed = 2;
  EXPECT_NE(learned(run(graph, wanted).version), one);
}

// A buffer changes which buckets are trained together; apart from that, only when partitions are
// read and written, not what is computed.
TEST_F(TrainTest, TheBufferDoesNotChangeTheResult) {
  TinyGraph tiny = TinyGraph::planted(10, 30, 20, 6);
  tiny.types.push_back({"country", 5, 1});
  tiny.relations.push_back({"lives_in", 0, 1});
  for (std::uint32_t user = 0; user < 300; ++user) tiny.edges.push_back({1, user, user % 5});
  const Graph graph = tiny.write(dir_ / "graph");
  for (const BucketOrder order : {BucketOrder::inside_out, BucketOrder::random}) {
    TrainRequest wanted = request("all" + std::string(enum_name(order)));
    wanted.config.train.bucket_order = order;
    wanted.config.train.edge_chunks = 2;
    wanted.config.train.threads = 2;
    wanted.config.train.checkpoint_every = {1, {0}};  // no two buckets in a step
    const auto all = learned(run(graph, wanted).version);
    for (const std::uint32_t buffer : {2u, 3u, 5u}) {
      wanted.models = dir_ / ("buffer" + std::to_string(buffer) + std::string(enum_name(order)));
      wanted.config.train.buffer = buffer;
      const TrainSummary summary = run(graph, wanted);
      EXPECT_EQ(learned(summary.version), all) << "a buffer of " << buffer;
      EXPECT_THAT(read_text(summary.version / "metrics.jsonl"),
                  ::testing::ContainsRegex("\"bytes_read\":[1-9]"));
    }
  }
}

// 4,096 buckets in one step.
TEST_F(TrainTest, ManyPartitionsInMemoryAreOneStep) {
  const Graph graph = TinyGraph::planted(8, 80, 40, 64).write(dir_ / "graph");
  TrainRequest wanted = request();
  wanted.config.train.epochs = 1;
  wanted.config.train.threads = 2;
  const TrainSummary summary = run(graph, wanted);
  EXPECT_EQ(summary.edges, graph.num_edges(0));
  EXPECT_THAT(read_text(summary.version / "metrics.jsonl"),
              ::testing::ContainsRegex("\"buckets\":[34][0-9][0-9][0-9],"));
}

TEST_F(TrainTest, TwoRunsInOneDirectoryAreRefused) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  fs::create_directories(dir_ / "models/all");
  const DirectoryLock lock(dir_ / "models/all", "train");
  EXPECT_EQ(error_id([&] { run(graph, request()); }), "file.locked");
}

TEST_F(TrainTest, DivergenceIsAnErrorThatKeepsTheLastCheckpoint) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  TrainRequest wanted = request();
  wanted.config.train.optimizer = Optimizer::sgd;
  wanted.config.train.learning_rate = 1e18f;
  try {
    run(graph, wanted);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "train.diverged");
    EXPECT_THAT(error.what(), HasSubstr("learning_rate"));
  }
  EXPECT_FALSE(VersionDirectory(dir_ / "models/all").current());
}

TEST_F(TrainTest, TrainsOnlyTheRelationsOfTheNetwork) {
  TinyGraph tiny;
  tiny.types = {{"user", 20, 1}, {"tweet", 30, 1}, {"ad", 10, 1}};
  tiny.relations = {{"like", 0, 1}, {"click", 0, 2}};
  tiny.edges = {{0, 1, 2}, {0, 3, 4}, {1, 5, 6}};
  tiny.networks = {{"ads", {1}}};
  const Graph graph = tiny.write(dir_ / "graph");
  TrainRequest wanted = request();
  wanted.config.network = "ads";
  const ModelVersion model = ModelVersion::open(run(graph, wanted).version);
  EXPECT_EQ(model.path(), dir_ / "models/ads/v1");
  EXPECT_EQ(model.schema().entity_names(), (std::vector<std::string>{"user", "ad"}));
  EXPECT_EQ(model.schema().relation_names(), std::vector<std::string>{"click"});
  wanted.config.relations = {{"clik", {}}};
  EXPECT_EQ(error_id([&] { run(graph, wanted); }), "train.unknown_relation");
}

TEST_F(TrainTest, ValidatesAfterEachEpochAndKeepsTheResult) {
  const Graph graph = TinyGraph::planted(10, 20, 30).write(dir_ / "graph");
  TrainRequest wanted = request();
  wanted.config.train.validation_edges = 0;
  const TrainSummary summary = run(graph, wanted);
  ASSERT_TRUE(summary.valid_mrr);
  const std::string log = read_text(summary.version / "metrics.jsonl");
  std::size_t validations = 0;
  for (std::size_t at = 0; (at = log.find("\"event\":\"validation\"", at)) != std::string::npos;
       ++at) {
    ++validations;
  }
  EXPECT_EQ(validations, 3u);
  const ModelVersion model = ModelVersion::open(summary.version);
  EXPECT_THAT(model.info().metrics_json, HasSubstr("\"mrr\":"));
  // Filtered and of both sides: better than the raw one of the rhs.
  EXPECT_GT(*summary.valid_mrr, exact_mrr(graph, model));
  EXPECT_LT(*summary.valid_mrr, 1.0);
}

}  // namespace
}  // namespace twhin::training
