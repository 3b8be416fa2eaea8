// What the options of a run's model, losses and optimizers do, seen from its version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "train/train_fixture.h"
#include "train/training_network.h"
#include "twhin/model/learning_rate.h"
#include "twhin/storage/container.h"

namespace twhin::training {
namespace {

class ModelOptionsTest : public TrainFixture {
 protected:
  // Two edges of a relation between two types, in one group, with each other as negatives only:
  // nothing is drawn. One group is an epoch.
  Graph two_edges() const {
    TinyGraph tiny;
    tiny.types = {{"user", 2, 1}, {"tweet", 2, 1}};
    tiny.relations = {{"like", 0, 1}};
    tiny.edges = {{0, 0, 0}, {0, 1, 1}};
    return tiny.write(dir_ / "two_edges");
  }
  // Plain gradient descent with small steps.
  TrainRequest descent(const std::string& models, float learning_rate = 1e-3f) const {
    TrainRequest wanted = request(models);
    wanted.config.train.optimizer = Optimizer::sgd;
    wanted.config.train.learning_rate = learning_rate;
    wanted.config.train.batch_negatives = 2;
    wanted.config.train.uniform_negatives = 0;
    wanted.config.train.epochs = 1;
    return wanted;
  }
  ModelVersion trained(const Graph& graph, const TrainRequest& wanted) const {
    return ModelVersion::open(run(graph, wanted).version);
  }
  // Rows before training.
  std::vector<float> initial(const Graph& graph, const TrainRequest& like,
                             std::uint32_t type) const {
    TrainRequest still = like;
    still.models = dir_ / "initial";
    still.config.train.epochs = 1;
    still.config.entities = {{"*", frozen()}};
    return rows_of(trained(graph, still), type);
  }
  static std::vector<float> difference(const std::vector<float>& a, const std::vector<float>& b) {
    std::vector<float> out(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] - b[i];
    return out;
  }
  static double norm(const std::vector<float>& values) {
    double sum = 0.0;
    for (const float x : values) sum += double{x} * x;
    return std::sqrt(sum);
  }
  static double sum_of(const std::filesystem::path& version, const std::string& event,
                       const std::string& key) {
    std::istringstream log(read_text(version / "metrics.jsonl"));
    double sum = 0.0;
    for (std::string line; std::getline(log, line);) {
      const auto json = nlohmann::json::parse(line);
      if (json.at("event") == event) sum += json.at(key).get<double>();
    }
    return sum;
  }
};

// One step of SGD with and without the penalty differs by the penalty's gradient, 2 l2 x + 3 n3
// x|x| for the row x of a true edge, times the step. Rounding: numbers below 1 are stored with an
// error of 2^-24 on either side, the rest is smaller.
TEST_F(ModelOptionsTest, L2AndN3PullTheRowsOfTrueEdges) {
  const Graph graph = two_edges();
  const float rate = 0.1f;
  const TrainRequest plain = descent("plain", rate);
  const ModelVersion without = trained(graph, plain);
  for (const auto& [l2, n3] : {std::pair{0.5f, 0.0f}, {0.0f, 0.5f}}) {
    TrainRequest wanted = descent("penalty" + std::to_string(l2), rate);
    wanted.config.train.l2 = l2;
    wanted.config.train.n3 = n3;
    const TrainSummary summary = run(graph, wanted);
    EXPECT_GT(sum_of(summary.version, "epoch", "penalty"), 0.0);
    const ModelVersion with = ModelVersion::open(summary.version);
    for (std::uint32_t type = 0; type < 2; ++type) {
      const std::vector<float> x = initial(graph, plain, type);
      const std::vector<float> moved = difference(rows_of(with, type), rows_of(without, type));
      for (std::size_t i = 0; i < x.size(); ++i) {
        const float gradient = 2 * l2 * x[i] + 3 * n3 * x[i] * std::abs(x[i]);
        EXPECT_NEAR(moved[i], -rate * gradient, 0x1p-22f);
      }
    }
  }
}

// With steps so small that the gradient stays the same, a run of E groups moves the relation by the
// sum of the learning rate's factors at the parts 0, 1/E … of the run: the ratio to the constant
// schedule is their mean. The gradient changes by about the way that rows go, E * rate of
// themselves.
TEST_F(ModelOptionsTest, SchedulesScaleTheSteps) {
  const Graph graph = two_edges();
  constexpr std::uint32_t kEpochs = 10;
  const float rate = 1e-4f;
  const auto moved = [&](const ScheduleOptions& schedule, const std::string& name) {
    TrainRequest wanted = descent(name, rate);
    wanted.config.train.epochs = kEpochs;
    wanted.config.train.schedule = schedule;
    const ModelVersion model = trained(graph, wanted);
    return norm({model.relation(0).begin(), model.relation(0).end()});
  };
  const double constant = moved({}, "constant");
  for (const Schedule kind :
       {Schedule::constant, Schedule::linear, Schedule::cosine, Schedule::exponential}) {
    for (const float warm_up : {0.0f, 0.35f}) {
      const ScheduleOptions schedule{kind, warm_up, 0.05f};
      double mean = 0.0;
      for (std::uint32_t e = 0; e < kEpochs; ++e) {
        mean += learning_rate_factor(schedule, double(e) / kEpochs) / kEpochs;
      }
      const std::string name = std::string(enum_name(kind)) + std::to_string(warm_up > 0);
      EXPECT_NEAR(moved(schedule, "schedule-" + name) / constant, mean, 10 * kEpochs * rate)
          << name;
    }
  }
}

TEST_F(ModelOptionsTest, NoRowIsLongerThanMaxNorm) {
  const Graph graph = TinyGraph::planted(4, 10, 20).write(dir_ / "graph");
  for (const RowType type : {RowType::f32, RowType::bf16}) {
    TrainRequest wanted = request(std::string(enum_name(type)));
    wanted.config.train.row_type = type;
    wanted.config.train.max_norm = 0.6f;
    const std::vector<float> rows = rows_of(trained(graph, wanted), 0);
    // The limit is met up to the rounding of 16 products, or of bf16's 8 bits.
    const double limit = 0.6 * (1.0 + (type == RowType::f32 ? 0x1p-20 : 0x1p-8));
    std::size_t num_limited = 0;
    for (std::size_t i = 0; i < rows.size(); i += 16) {
      const double length = norm({rows.begin() + static_cast<std::ptrdiff_t>(i),
                                  rows.begin() + static_cast<std::ptrdiff_t>(i) + 16});
      EXPECT_LE(length, limit);
      num_limited += length > 0.59 ? 1 : 0;
    }
    EXPECT_GT(num_limited, 10u);
  }
}

// Steps of both types are the same gradients times their own rates.
TEST_F(ModelOptionsTest, ATypeMayHaveItsOwnLearningRate) {
  const Graph graph = two_edges();
  const TrainRequest plain = descent("plain", 0.01f);
  TrainRequest wanted = descent("own", 0.01f);
  EntityTrainOptions faster;
  faster.learning_rate = 0.04f;
  wanted.config.entities = {{"tweet", faster}};
  const ModelVersion one = trained(graph, plain), other = trained(graph, wanted);
  for (std::uint32_t type = 0; type < 2; ++type) {
    const std::vector<float> x = initial(graph, plain, type);
    const std::vector<float> once = difference(rows_of(one, type), x);
    const std::vector<float> own = difference(rows_of(other, type), x);
    const float factor = other.schema().entities[type].name == "tweet" ? 4.0f : 1.0f;
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_NEAR(own[i], factor * once[i], (1 + factor) * 0x1p-24f);  // of stored numbers below 1
    }
    EXPECT_GT(norm(once), 1e-4);
  }
}

TEST_F(ModelOptionsTest, AFrozenTypeKeepsItsRowsAndTheOtherLearns) {
  const Graph graph = two_edges();
  TrainRequest wanted = descent("half", 0.1f);
  wanted.config.entities = {{"tweet", frozen()}};
  const ModelVersion model = trained(graph, wanted);
  for (std::uint32_t type = 0; type < 2; ++type) {
    const bool same = rows_of(model, type) == initial(graph, wanted, type);
    EXPECT_EQ(same, model.schema().entities[type].name == "tweet");
  }
}

TEST_F(ModelOptionsTest, EveryOptimizerAndLossLearnsAPlantedGraph) {
  const Graph graph = TinyGraph::planted(10, 20, 30).write(dir_ / "graph");
  std::map<std::string, TrainOptions> all;
  const TrainOptions base = [&] {
    TrainOptions options = request().config.train;
    options.epochs = 12;
    options.deterministic = false;  // rounds of 16 groups are a seventh of such a graph's epoch
    options.validation_edges = 0;
    return options;
  }();
  const auto add = [&](const std::string& name) -> TrainOptions& { return all[name] = base; };
  add("row_adagrad");
  add("adagrad").optimizer = Optimizer::adagrad;
  TrainOptions& sgd = add("sgd");
  sgd.optimizer = Optimizer::sgd;
  sgd.learning_rate = 0.03f;
  TrainOptions& everything = add("all");
  everything.lhs_negatives = everything.rhs_negatives = SideNegatives::all;
  everything.negative_weight = NegativeWeight::mean;
  TrainOptions& adversarial = add("self_adversarial");
  adversarial.self_adversarial = true;
  adversarial.negative_weight = NegativeWeight::mean;
  add("softmax").loss = Loss::softmax;
  TrainOptions& ranking = add("ranking");
  ranking.loss = Loss::ranking;
  ranking.margin = 1.0f;
  TrainOptions& global = add("global");
  global.global_embedding = true;
  TrainOptions& masked = add("mask_known_edges");
  masked.mask_known_edges = true;
  // Who knows the blocks ranks a friend, on average, in the middle of his block: 0.18, and those
  // that are known already do not compete, 0.35 and more. Chance: 0.03.
  for (const auto& [name, options] : all) {
    TrainRequest wanted = request(name);
    wanted.config.train = options;
    const TrainSummary summary = run(graph, wanted);
    EXPECT_GT(summary.valid_mrr.value_or(0.0), 0.3) << name;
    const Container state =
        Container::open(summary.version / "optimizer" / "user.0.state", "optimizer");
    const std::uint64_t width = name == "adagrad" ? 16 : name == "sgd" ? 0 : 1;
    EXPECT_EQ(state.section("state").cols, width) << name;
  }
}

// Against all entities of a type the masked negatives can be counted: with the own endpoints every
// edge once for each side, with known edges all edges of its lhs and of its rhs.
TEST_F(ModelOptionsTest, KnownEdgesAreMaskedOnBothSides) {
  for (const std::uint32_t partitions : {1u, 3u}) {
    TinyGraph tiny;
    tiny.types = {{"user", 40, partitions}, {"tweet", 30, partitions}};
    tiny.relations = {{"like", 0, 1}, {"share", 0, 1}};
    Rng rng(3);
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> distinct;
    for (int e = 0; e < 300; ++e) {
      distinct.emplace(e % 3 == 0, rng.below(40), rng.below(30));
    }
    for (const auto& [r, l, t] : distinct) tiny.edges.push_back({r, l, t});
    const Graph graph = tiny.write(dir_ / ("graph" + std::to_string(partitions)));
    std::uint64_t own = 0, known = 0;
    for (std::uint32_t r = 0; r < 2; ++r) {
      for (std::uint32_t i = 0; i < partitions; ++i) {
        for (std::uint32_t j = 0; j < partitions; ++j) {
          const EdgeBucket bucket = graph.bucket(r, i, j);
          std::map<std::uint32_t, std::uint64_t> of_lhs, of_rhs;
          for (const std::uint32_t l : bucket.edges().lhs) ++of_lhs[l];
          for (const std::uint32_t t : bucket.edges().rhs) ++of_rhs[t];
          for (const auto* counts : {&of_lhs, &of_rhs}) {
            for (const auto& [entity, count] : *counts) known += count * count;
          }
          own += 2 * bucket.size();
        }
      }
    }
    for (const bool reciprocal : {false, true}) {
      TrainRequest wanted = request(std::to_string(partitions) + std::to_string(reciprocal));
      wanted.config.train.epochs = 1;
      wanted.config.train.reciprocal = reciprocal;
      wanted.config.train.lhs_negatives = wanted.config.train.rhs_negatives = SideNegatives::all;
      EXPECT_EQ(sum_of(run(graph, wanted).version, "epoch", "masked"), own);
      wanted.models /= "known";
      wanted.config.train.mask_known_edges = true;
      EXPECT_EQ(sum_of(run(graph, wanted).version, "epoch", "masked"), known);
    }
  }
}

TEST_F(ModelOptionsTest, BalancedRelationsWeighAlikeAndKeepTheMeanWeight) {
  TinyGraph tiny;
  tiny.types = {{"user", 20, 1}};
  tiny.relations = {{"many", 0, 0}, {"few", 0, 0}, {"none", 0, 0}};
  for (std::uint32_t e = 0; e < 36; ++e) tiny.edges.push_back({e < 32 ? 0u : 1u, e % 20, e / 2});
  const Graph graph = tiny.write(dir_ / "graph");
  TrainConfig config;
  RelationOptions twice;
  twice.weight = 2.0f;
  config.relations = {{"few", twice}};
  for (const float power : {0.0f, 0.5f, 1.0f}) {
    config.train.balance_relations = power;
    const TrainingNetwork network = TrainingNetwork::of(graph, config);
    const double many = network.relations[0].weight, few = network.relations[1].weight / 2.0;
    EXPECT_NEAR(few / many, std::pow(32.0 / 4.0, power), 1e-5) << power;
    EXPECT_NEAR(32 * many + 4 * few, 36.0, 1e-4) << power;
    EXPECT_EQ(network.relations[2].weight, 1.0f);
  }
  // The version says them: fold-in minimises the same loss.
  TrainRequest wanted = request("balanced");
  wanted.config.train.balance_relations = 1.0f;
  wanted.config.train.epochs = 1;
  wanted.config.relations = config.relations;
  const ModelVersion version = ModelVersion::open(run(graph, wanted).version);
  std::vector<float> weights;
  for (const TrainedRelation& r : TrainingNetwork::of(graph, wanted.config).relations) {
    weights.push_back(r.weight);
  }
  EXPECT_EQ(version.info().relation_weights, weights);
}

// Steps are small, so that a bucket does not undo the one before it (docs/training.md). 1 and 2
// threads and P = 1, 2, 4 give the same MRR up to what seeds do: means of five seeds differ by less
// than three of their standard deviations, sqrt(2 / 5) of one run's.
TEST_F(ModelOptionsTest, ThreadsAndPartitionsDoNotChangeTheQuality) {
  constexpr int kSeeds = 5;
  struct Figures {
    double mean = 0.0, deviation = 0.0;
  };
  const auto figures = [&](std::uint32_t threads, std::uint32_t partitions) {
    const Graph graph = TinyGraph::planted(10, 30, 25, partitions)
                            .write(dir_ / ("graph" + std::to_string(partitions)));
    std::vector<double> mrr;
    for (int seed = 1; seed <= kSeeds; ++seed) {
      TrainRequest wanted = request("run");
      std::filesystem::remove_all(wanted.models);
      wanted.config.train.deterministic = false;
      wanted.config.train.threads = threads;
      wanted.config.train.seed = static_cast<std::uint64_t>(seed);
      wanted.config.train.epochs = 40;
      wanted.config.train.learning_rate = 0.03f;
      // The order of the fewest loads has one partition's buckets in a row, which so small a
      // network does not forgive: an MRR of .21 instead of .24 with P = 4.
      wanted.config.train.bucket_order = BucketOrder::inside_out;
      wanted.config.train.validation_edges = 0;
      wanted.config.train.validate_every = 40;
      mrr.push_back(run(graph, wanted).valid_mrr.value());
    }
    Figures out;
    for (const double x : mrr) out.mean += x / kSeeds;
    for (const double x : mrr) out.deviation += (x - out.mean) * (x - out.mean) / (kSeeds - 1);
    out.deviation = std::sqrt(out.deviation);
    return out;
  };
  const Figures one = figures(1, 1);
  EXPECT_GT(one.mean, 0.2);
  for (const auto& [threads, partitions] : {std::pair{2u, 1u}, {1u, 2u}, {1u, 4u}, {2u, 4u}}) {
    const Figures other = figures(threads, partitions);
    const double deviation = std::max(one.deviation, other.deviation);
    EXPECT_NEAR(other.mean, one.mean, 3 * std::sqrt(2.0 / kSeeds) * deviation)
        << threads << " threads, " << partitions << " partitions";
  }
}

}  // namespace
}  // namespace twhin::training
