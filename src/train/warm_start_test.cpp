// Runs that begin with a version: what is carried over, what new entities begin with, what is
// refused.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "train/part.h"
#include "train/run_directory.h"
#include "train/train_fixture.h"
#include "train/training_network.h"
#include "twhin/config/load.h"
#include "twhin/graph/import.h"
#include "twhin/storage/version_directory.h"

namespace twhin::training {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Json = nlohmann::json;

class WarmStartTest : public TrainFixture {
 protected:
  using Row = std::vector<float>;

  /// Continues from a version, in the same network's directory, without a single epoch.
  TrainRequest carry(const std::string& from = "models/all") const {
    TrainRequest out = request();
    out.warm_start = dir_ / from;
    out.config.train.epochs = 0;
    out.config.train.warm_start.new_entities = NewEntities::random;
    return out;
  }
  static std::map<std::string, Row> rows(const ModelVersion& model, std::uint32_t type = 0) {
    std::map<std::string, Row> out;
    const Vocabulary names = model.vocabulary(type);
    const auto rows = model.rows(type);
    for (std::uint32_t p = 0; p < names.num_partitions(); ++p) {
      for (std::uint32_t row = 0; row < names.size(p); ++row) {
        Row& values = out[std::string(names.name({p, row}))];
        values.resize(rows->dim());
        rows->read({p, row}, values.data());
      }
    }
    return out;
  }
  static std::map<std::string, Row> states(const ModelVersion& model, std::uint32_t type = 0) {
    std::map<std::string, Row> out;
    const Vocabulary names = model.vocabulary(type);
    for (std::uint32_t p = 0; p < names.num_partitions(); ++p) {
      const Container file =
          Container::open(model.path() / optimizer_file(names.type(), p), "optimizer");
      const auto values = file.array<float>("state");
      const std::size_t width = file.section("state").cols;
      for (std::uint32_t row = 0; row < names.size(p); ++row) {
        out[std::string(names.name({p, row}))] = {values.begin() + row * width,
                                                  values.begin() + (row + 1) * width};
      }
    }
    return out;
  }
  ModelVersion trained(const Graph& graph, const TrainRequest& wanted) const {
    return ModelVersion::open(run(graph, wanted).version);
  }
  /// A graph of the lines "lhs rhs" of one relation, imported, on a base if there is one.
  Graph import(const std::string& edges, const std::string& graph, int partitions = 1,
               const std::string& base = "") const {
    write_text(dir_ / "edges.txt", edges);
    const std::string yaml = "entities: {user: {partitions: " + std::to_string(partitions) +
                             "}}\nrelations: {follow: {lhs: user, rhs: user}}\n"
                             "sources: [{path: edges.txt, relation: follow}]\n";
    const auto options =
        config::load<ImportOptions>(config::Document::parse_yaml(yaml, "run.yaml", dir_));
    std::optional<Graph> old;
    if (!base.empty()) old = Graph::open(dir_ / base);
    import_graph(options, dir_ / graph, {}, StopFlag(), old ? &*old : nullptr);
    return Graph::open(dir_ / graph);
  }
};

TEST_F(WarmStartTest, EntitiesAreFoundByNameWhateverTheirIds) {
  const ModelVersion before = trained(TinyGraph::planted(4, 10, 5).write(dir_ / "old"), request());
  const auto old_rows = rows(before), old_states = states(before);
  const Graph grown = TinyGraph::planted(5, 10, 5, 4).write(dir_ / "grown");
  const ModelVersion after = trained(grown, carry());
  EXPECT_EQ(after.info().version, 2u);
  EXPECT_EQ(after.info().parent, 1u);
  const auto new_rows = rows(after), new_states = states(after);
  ASSERT_EQ(new_rows.size(), 50u);
  for (const auto& [name, row] : old_rows) {
    EXPECT_EQ(new_rows.at(name), row) << name;
    EXPECT_EQ(new_states.at(name), old_states.at(name)) << name;
  }
  EXPECT_TRUE(std::equal(before.relation(0).begin(), before.relation(0).end(),
                         after.relation(0).begin(), after.relation(0).end()));
  // New ones begin as in a run that begins anew.
  TrainRequest still = request("still");
  still.config.entities = {{"user", frozen()}};
  const auto random_rows = rows(trained(grown, still));
  for (const auto& [name, row] : new_rows) {
    if (old_rows.count(name) > 0) continue;
    EXPECT_EQ(row, random_rows.at(name)) << name;
  }
  const Json json = Json::parse(after.info().warm_start_json);
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["checksum"], to_hex(before.checksum()));
  EXPECT_EQ(json["types"]["user"]["carried"], 40);
  EXPECT_EQ(json["types"]["user"]["random"], 10);
  EXPECT_EQ(json["relations"]["carried"], Json::array({"follow"}));
  EXPECT_THAT(read_text(after.path() / "metrics.jsonl"), HasSubstr("\"event\":\"warm_start\""));
  EXPECT_THAT(read_text(after.path() / "metrics.jsonl"), HasSubstr("\"event\":\"validation\""));
  EXPECT_FALSE(fs::exists(after.path() / "run.json"));
  // A version of another network's directory is no parent of that number.
  TrainRequest elsewhere = carry("models/all@v1");
  elsewhere.models = dir_ / "elsewhere";
  EXPECT_FALSE(trained(grown, elsewhere).info().parent);
}

TEST_F(WarmStartTest, EntitiesThatTheGraphHasNoMoreAreLeftBehind) {
  trained(TinyGraph::planted(5, 10, 5).write(dir_ / "old"), request());
  const ModelVersion after = trained(TinyGraph::planted(4, 10, 5).write(dir_ / "less"), carry());
  EXPECT_EQ(rows(after).size(), 40u);
  EXPECT_EQ(Json::parse(after.info().warm_start_json)["types"]["user"]["dropped"], 10);
}

// As if it were killed before anything of the version was carried over.
TEST_F(WarmStartTest, ARunKnowsWhatItBeginsWithFromTheFirstMoment) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  const auto before = rows(trained(graph, request()));
  const fs::path first = fs::weakly_canonical(dir_ / "models/all/v1");
  fs::create_directories(dir_ / "models/all/v2.partial/working");  // of nobody knows what
  TrainRequest wanted = carry();
  wanted.warm_start.clear();
  wanted.resume = true;
  EXPECT_EQ(error_id([&] { run(graph, wanted); }), "train.nothing_to_resume");
  RunDirectory(dir_ / "models", "all", false, {{}, true});
  RunDirectory(dir_ / "models", "all", false, {first, false});
  const ModelVersion after = trained(graph, wanted);
  EXPECT_EQ(after.info().version, 2u);
  EXPECT_EQ(after.info().parent, 1u);
  EXPECT_EQ(rows(after), before);
  EXPECT_EQ(VersionDirectory(dir_ / "models/all").current(), 1u);
}

TEST_F(WarmStartTest, StateIsKeptDecayedOrReset) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  for (const Optimizer optimizer : {Optimizer::row_adagrad, Optimizer::adagrad}) {
    TrainRequest first = request("m" + std::string(enum_name(optimizer)));
    first.config.train.optimizer = optimizer;
    const auto before = states(trained(graph, first));
    for (const auto& [state, factor] : {std::pair{StateCarry::kept, 1.0f},
                                        {StateCarry::decayed, 0.25f},
                                        {StateCarry::reset, 0.0f}}) {
      TrainRequest wanted = carry();
      wanted.models = first.models;
      wanted.warm_start = first.models / "all@v1";
      wanted.config.train.optimizer = optimizer;
      wanted.config.train.warm_start.state = state;
      wanted.config.train.warm_start.state_factor = 0.25f;
      const ModelVersion after = trained(graph, wanted);
      float most = 0.0f;
      for (const auto& [name, values] : states(after)) {
        for (std::size_t k = 0; k < values.size(); ++k) {
          EXPECT_EQ(values[k], factor * before.at(name)[k]);
          most = std::max(most, before.at(name)[k]);
        }
      }
      EXPECT_GT(most, 0.0f) << "a state of nothing shows nothing";
    }
  }
}

TEST_F(WarmStartTest, RowsMayBeStoredInAnotherWay) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  const auto before = rows(trained(graph, request()));
  TrainRequest wanted = carry();
  wanted.config.train.row_type = RowType::bf16;
  for (const auto& [name, row] : rows(trained(graph, wanted))) {
    for (std::size_t d = 0; d < row.size(); ++d) {
      // bf16 has 8 bits, so that the nearest one is within 2^-9 of it.
      EXPECT_NEAR(row[d], before.at(name)[d], std::abs(before.at(name)[d]) * 0x1.0p-8f);
    }
  }
}

TEST_F(WarmStartTest, AnotherModelIsRefused) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  run(graph, request());
  const auto id_of = [&](const std::function<void(TrainConfig&)>& change) {
    TrainRequest wanted = carry();
    change(wanted.config);
    return error_id([&] { run(graph, wanted); });
  };
  const std::string differs = "train.warm_start_differs";
  EXPECT_EQ(id_of([](TrainConfig& c) { c.train.dim = 8; }), differs);
  EXPECT_EQ(id_of([](TrainConfig& c) { c.train.comparator = Comparator::cos; }), differs);
  EXPECT_EQ(id_of([](TrainConfig& c) { c.train.reciprocal = true; }), differs);
  EXPECT_EQ(id_of([](TrainConfig& c) { c.train.global_embedding = true; }), differs);
  EXPECT_EQ(id_of([](TrainConfig& c) {
              RelationOptions options;
              options.op = Operator::diagonal;
              c.relations = {{"follow", options}};
            }),
            differs);
  EXPECT_EQ(id_of([](TrainConfig& c) { c.train.optimizer = Optimizer::adagrad; }), differs);
  EXPECT_EQ(id_of([](TrainConfig& c) {
              c.train.optimizer = Optimizer::adagrad;
              c.train.warm_start.state = StateCarry::reset;
            }),
            "no error");
  TrainRequest wanted = carry("models/all@v9");
  EXPECT_EQ(error_id([&] { run(graph, wanted); }), "model.not_found");
  wanted.warm_start.clear();
  EXPECT_EQ(error_id([&] { run(graph, wanted); }), "train.no_warm_start") << "no epochs";
  wanted = request();
  wanted.config.train.refresh.replay = 0.1f;
  EXPECT_EQ(error_id([&] { run(graph, wanted); }), "train.no_new_edges");
}

TEST_F(WarmStartTest, RelationsComeAndGo) {
  TinyGraph tiny = TinyGraph::planted(4, 10, 5);
  tiny.relations = {{"follow", 0, 0}, {"block", 0, 0}};
  tiny.edges.push_back({1, 1, 2});
  const ModelVersion before = trained(tiny.write(dir_ / "old"), request());
  tiny.relations = {{"mute", 0, 0}, {"follow", 0, 0}};
  for (TinyEdge& edge : tiny.edges) edge.relation = 1 - edge.relation;
  for (TinyEdge& edge : tiny.valid) edge.relation = 1;
  const ModelVersion after = trained(tiny.write(dir_ / "new"), carry());
  const auto follow = after.relation(1), mute = after.relation(0);
  EXPECT_TRUE(std::equal(follow.begin(), follow.end(), before.relation(0).begin()));
  EXPECT_EQ(std::count(mute.begin(), mute.end(), 0.0f), 16) << "a translation begins at 0";
  const Json relations = Json::parse(after.info().warm_start_json)["relations"];
  EXPECT_EQ(relations["new"], Json::array({"mute"}));
  EXPECT_EQ(relations["removed"], Json::array({"block"}));
}

// Damage is found before anything is made of it.
TEST_F(WarmStartTest, ADamagedVersionIsAnError) {
  const Graph graph = TinyGraph::planted(4, 10, 5).write(dir_ / "graph");
  const TrainSummary first = run(graph, request());
  std::fstream bytes(first.version / "embeddings/user.0.f32",
                     std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(200);
  bytes.put('x');
  bytes.close();
  EXPECT_EQ(error_id([&] { run(graph, carry()); }), "storage.checksum_mismatch");
}

// old: a -> b, b -> a. new: x -> a, b -> x, x -> b; chain y -> x, z -> y; p -> q knows nobody.
class NewEntitiesTest : public WarmStartTest {
 protected:
  static constexpr const char* kOld = "a b\nb a\n";
  static constexpr const char* kGrown = "a b\nb a\nx a\nb x\nx b\ny x\nz y\np q\n";

  void expect_means(bool reciprocal, NewEntities how) {
    TrainRequest first = request();
    first.config.train.reciprocal = reciprocal;
    first.config.train.learning_rate = 0.5f;  // far from 0, where all means are alike
    import(kOld, "old");
    const ModelVersion before = trained(Graph::open(dir_ / "old"), first);
    const auto old = rows(before);
    Row to_rhs(before.relation(0).begin(), before.relation(0).begin() + 16), to_lhs(16);
    for (std::size_t d = 0; d < 16; ++d) {
      to_lhs[d] = reciprocal ? before.relation(0)[16 + d] : -to_rhs[d];
    }
    if (how == NewEntities::mean) to_lhs = to_rhs = Row(16);
    const Graph grown = import(kGrown, "grown", 3);
    TrainRequest wanted = carry();
    wanted.config.train.reciprocal = reciprocal;
    wanted.config.train.warm_start.new_entities = how;
    const ModelVersion after = trained(grown, wanted);
    const auto now = rows(after);
    float largest = 0.0f;
    for (std::size_t d = 0; d < 16; ++d) {
      const float a = old.at("a")[d], b = old.at("b")[d];
      const float x = ((a + to_lhs[d]) + (b + to_lhs[d]) + (b + to_rhs[d])) / 3;
      const float y = x + to_lhs[d], z = y + to_lhs[d];
      // Some ten roundings of numbers below 8.
      EXPECT_NEAR(now.at("x")[d], x, 1e-5) << d;
      EXPECT_NEAR(now.at("y")[d], y, 1e-5) << d;
      EXPECT_NEAR(now.at("z")[d], z, 1e-5) << d;
      largest = std::max(largest, std::abs(to_rhs[d]));
    }
    if (how == NewEntities::translated) {
      EXPECT_GT(largest, 0.05f) << "a translation of nothing shows nothing";
    }
    for (const auto& [name, row] : old) EXPECT_EQ(now.at(name), row) << name;
    const Json types = Json::parse(after.info().warm_start_json)["types"]["user"];
    EXPECT_EQ(types["carried"], 2);
    EXPECT_EQ(types["neighbors"], 3);
    EXPECT_EQ(types["random"], 2) << "p and q are joined to nobody old";
    EXPECT_EQ(Json::parse(after.info().warm_start_json)["rounds"], 3);
    // Threads do not change the order of a sum.
    wanted.config.train.threads = 3;
    EXPECT_EQ(rows(trained(grown, wanted)), now);
  }
};

TEST_F(NewEntitiesTest, BeginWithTheMeanOfTheirNeighbours) {
  expect_means(false, NewEntities::mean);
}
TEST_F(NewEntitiesTest, BeginWithWhatRelationsMakeOfTheirNeighbours) {
  expect_means(false, NewEntities::translated);
}
TEST_F(NewEntitiesTest, AreLookedForWithReciprocalOperators) {
  expect_means(true, NewEntities::translated);
}

// Entities that the file lacks are new ones: they begin with their neighbours' mean.
TEST_F(WarmStartTest, ATypeWithVectorsKnowsThoseOfItsFileOnly) {
  const Graph graph = TinyGraph::pairs(20, 2).write(dir_ / "graph");
  const auto users = rows(trained(graph, request()));
  TrainRequest wanted = carry();
  wanted.config.entities = {{"tweet", first_vectors(15)}};
  wanted.config.train.warm_start.new_entities = NewEntities::mean;
  std::vector<std::string> notes;
  Observer observer;
  observer.note = [&](const std::string& line) { notes.push_back(line); };
  const ModelVersion after = ModelVersion::open(train(graph, wanted, observer, StopFlag()).version);
  const auto tweets = rows(after, 1);
  for (std::uint64_t k = 0; k < 20; ++k) {
    const std::string name = "n" + std::to_string(k);
    for (std::size_t d = 0; d < 16; ++d) {
      EXPECT_EQ(tweets.at(name)[d], k < 15 ? number(k, d) : users.at(name)[d]) << name;
    }
  }
  const Json counts = Json::parse(after.info().warm_start_json)["types"]["tweet"];
  EXPECT_EQ(counts["from_file"], 15);
  EXPECT_EQ(counts["neighbors"], 5);
  EXPECT_EQ(counts["random"], 0);
  EXPECT_EQ(counts["carried"], 0);
  EXPECT_THAT(notes, ::testing::Contains(HasSubstr("tweet: 15 of 20 entities begin with their")));
  EXPECT_THAT(notes, ::testing::Not(::testing::Contains(HasSubstr("5 at random"))));
}

// Adding entities neither renumbers nor moves anybody who was there.
TEST_F(WarmStartTest, AGrownNetworkMovesNoFrozenRow) {
  const auto edges = [](int from, int to) {
    std::string text;
    for (int i = from; i < to; ++i) {
      for (int k = 1; k < 6; ++k) {
        text += "u" + std::to_string(i) + " u" + std::to_string((i * 7 + k * k) % to) + "\n";
      }
    }
    return text;
  };
  const Graph old = import(edges(0, 200), "old", 3);
  const ModelVersion before = trained(old, request());
  const Graph grown = import(edges(0, 200) + edges(200, 220), "grown", 3, "old");
  TrainRequest wanted = request();
  wanted.warm_start = dir_ / "models/all";
  wanted.config.entities = {{"user", frozen()}};
  wanted.config.train.buffer = 2;
  const ModelVersion after = trained(grown, wanted);
  const auto sizes = after.schema().entities[0].partition_sizes;
  ASSERT_EQ(after.schema().entities[0].num_entities(), 220u);
  for (std::uint32_t p = 0; p < 3; ++p) {
    const std::uint32_t num_old = before.schema().entities[0].partition_sizes[p];
    ASSERT_GE(sizes[p], num_old);
    Row then(num_old * 16), now(num_old * 16);
    before.rows(0)->read(p, 0, num_old, then.data());
    after.rows(0)->read(p, 0, num_old, now.data());
    EXPECT_EQ(std::memcmp(then.data(), now.data(), then.size() * sizeof(float)), 0);
    for (std::uint32_t row = 0; row < num_old; ++row) {
      EXPECT_EQ(before.vocabulary(0).name({p, row}), after.vocabulary(0).name({p, row}));
    }
  }
  EXPECT_FALSE(
      std::equal(before.relation(0).begin(), before.relation(0).end(), after.relation(0).begin()))
      << "the run trains something";
}

// Three edges a file: by itself none would have a tenth of an edge to replay.
TEST_F(WarmStartTest, FilesOfFewEdgesReplayTheirShareToo) {
  std::string old, fresh;
  for (int i = 0; i < 192; ++i) old += "u" + std::to_string(i) + " v" + std::to_string(i) + "\n";
  for (int i = 0; i < 7; ++i)
    fresh += "u" + std::to_string(i) + " v" + std::to_string(i + 9) + "\n";
  import(old, "old", 8);
  const Graph grown = import(old + fresh, "grown", 8, "old");
  TrainConfig config;
  config.train.refresh.replay = 0.1f;
  const TrainingNetwork network = TrainingNetwork::of(grown, config);
  EXPECT_EQ(network.num_edges, 7u + 19u);
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> replayed;
  for (std::uint32_t epoch = 0; epoch < 40; ++epoch) {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < 8; ++i) {
      for (std::uint32_t j = 0; j < 8; ++j) {
        const std::uint64_t edges = network.trained_edges(grown, 0, i, j, epoch);
        const std::uint64_t num_new = grown.num_new_edges(0, i, j);
        EXPECT_LE(edges, grown.bucket_size(0, i, j));
        ASSERT_GE(edges, num_new);
        replayed[{i, j}] += edges - num_new;
        sum += edges;
      }
    }
    EXPECT_EQ(sum, network.num_edges) << epoch;
  }
  // A file of k old edges has 4 k of them in 40 epochs, about: turns are even by files, not edges.
  for (const auto& [file, edges] : replayed) {
    const std::uint64_t num_old = grown.bucket_size(0, file.first, file.second) -
                                  grown.num_new_edges(0, file.first, file.second);
    EXPECT_NEAR(static_cast<double>(edges), 4.0 * static_cast<double>(num_old), 4.0)
        << file.first << ", " << file.second;
  }
}

TEST_F(WarmStartTest, OnlyNewEdgesAndAShareOfTheOthersAreTrained) {
  std::string old;
  for (int i = 0; i < 100; ++i) old += "u" + std::to_string(i) + " v" + std::to_string(i) + "\n";
  import(old, "old", 2);
  const ModelVersion before = trained(Graph::open(dir_ / "old"), request());
  const Graph grown = import(old + "u1 v2\nu3 w4\nu5 v6\n", "grown", 2, "old");
  TrainRequest wanted = request();
  wanted.warm_start = dir_ / "models/all@1";
  wanted.config.train.epochs = 2;
  wanted.config.train.uniform_negatives = 0;
  wanted.config.train.lhs_negatives = wanted.config.train.rhs_negatives = SideNegatives::batch;
  wanted.config.train.refresh.replay = 0.0f;
  const TrainSummary summary = run(grown, wanted);
  EXPECT_EQ(summary.edges, 2u * 3u);
  const auto then = rows(before), now = rows(ModelVersion::open(summary.version));
  for (const auto& [name, row] : then) {
    const bool is_end =
        name == "u1" || name == "v2" || name == "u3" || name == "u5" || name == "v6";
    if (is_end) continue;
    EXPECT_EQ(now.at(name), row) << name;
  }
  wanted.config.train.refresh.replay = 0.2f;
  EXPECT_EQ(run(grown, wanted).edges, 2u * 23u) << "20 of 100 old ones";
  wanted.config.train.refresh.replay = 1.0f;
  EXPECT_EQ(run(grown, wanted).edges, 2u * 103u);
  // What is new is new since the graph of that version only.
  import(old + "u1 v2\nu3 w4\nu5 v6\nu7 v8\n", "later", 2, "grown");
  EXPECT_EQ(error_id([&] { run(Graph::open(dir_ / "later"), wanted); }), "train.other_base");
  wanted.warm_start.clear();
  EXPECT_EQ(error_id([&] { run(grown, wanted); }), "train.no_warm_start");
}

}  // namespace
}  // namespace twhin::training
