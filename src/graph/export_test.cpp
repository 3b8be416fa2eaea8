// A graph written as tables, imported again.
#include "twhin/graph/export.h"

#include <gmock/gmock.h>

#include "graph/import_fixture.h"

namespace twhin {
namespace {

class ExportTest : public ImportTest {
 protected:
  // Two types, one in partitions; weights, times, named and drawn splits, names that no path has,
  // an entity without edges, networks.
  void import_everything(const std::string& more = "") const {
    std::string follow, like;
    for (int i = 0; i < 400; ++i) {
      follow += "u" + std::to_string(i * 7 % 60) + "\tu" + std::to_string(i * 13 % 60) + "\t" +
                std::to_string(1000 + i) + "\t" + std::to_string(i % 5) + ".1\n";
      like += "u" + std::to_string(i % 60) + "\t" + std::to_string(i * 11 % 90) + "\n";
    }
    write("follow.tsv", follow);
    write("like.tsv", like);
    write("held.tsv", "u1\tnew item/1\nu2\tz\n");
    write("names.tsv", "lonely\nu1\n");
    import(
        options("entities: {user: {partitions: 3, names: names.tsv}, \"an item/x\": {}}\n"
                "relations:\n"
                "  follow: {lhs: user, rhs: user, duplicates: keep}\n"
                "  \"likes: a lot\": {lhs: user, rhs: \"an item/x\", duplicates: keep}\n"
                "sources:\n"
                "  - {path: follow.tsv, relation: follow, timestamp: 2, weight: 3}\n"
                "  - {path: like.tsv, relation: \"likes: a lot\"}\n"
                "  - {path: held.tsv, relation: \"likes: a lot\", split: \"new ones\"}\n"
                "split: {test: 0.2}\n"
                "networks: {social: [follow], all of it: [follow, \"likes: a lot\"]}\n"
                "import: {hash_seed: 7, core_type: user, high_coverage: 0.3" +
                more + "}\n"));
  }

  ExportSummary write_tables(EntityColumns columns = EntityColumns::names,
                             const std::string& graph = "graph") const {
    return export_graph(Graph::open(dir_ / graph), dir_ / "out", columns, 2, {}, stop_);
  }
  void import_tables() const {
    // The config also says where the graph goes, which is an option of the program.
    auto document = config::Document::read(dir_ / "out/config.yaml");
    Node root = document.root().node();
    std::erase_if(root.nodes, [](const Node& node) { return node.key == "graph"; });
    import(config::load<ImportOptions>(config::Document::of(root)), "again");
  }

  /// The files in which two graphs differ.
  std::vector<std::string> differences(const std::string& a, const std::string& b) const {
    auto first = contents(a), second = contents(b);
    std::vector<std::string> names;
    for (const auto& [name, bytes] : first) {
      if (second.count(name) == 0 || second[name] != bytes) names.push_back(name);
      second.erase(name);
    }
    for (const auto& [name, bytes] : second) names.push_back(name);
    return names;
  }

  using Node = config::Node;
};

TEST_F(ExportTest, ImportingItAgainGivesTheSameGraphBitForBit) {
  import_everything();
  const ExportSummary summary = write_tables();
  EXPECT_EQ(summary.num_edges, 802u);
  EXPECT_EQ(summary.num_files, 8u);  // 2 types; follow 2 splits, likes 3; the config
  import_tables();
  EXPECT_THAT(differences("graph", "again"), ::testing::IsEmpty());
  const Graph again = Graph::open(dir_ / "again");
  EXPECT_EQ(again.splits(), (std::vector<std::string>{"train", "test", "new ones"}));
  EXPECT_EQ(again.networks().size(), 2u);
  EXPECT_TRUE(again.vocabulary(0).find("lonely"));
}

// What the first import left out is counted in its manifest, and is nothing that a second one sees.
TEST_F(ExportTest, FilesAreTheSameWhereRowsWereLeftOut) {
  write("e.tsv", "a\tb\na\tb\nb\tb\nc\ta\n");
  import(
      "entities: {user: {}}\n"
      "relations: {follow: {lhs: user, rhs: user, self_loops: drop}}\n"
      "sources: [{path: e.tsv, relation: follow}]\n");
  write_tables();
  import_tables();
  EXPECT_THAT(differences("graph", "again"), ::testing::ElementsAre(Manifest::kFileName));
}

TEST_F(ExportTest, IdsAreNumbersFrom0InEachType) {
  import_everything();
  write_tables(EntityColumns::ids);
  import_tables();
  const Graph graph = Graph::open(dir_ / "graph"), again = Graph::open(dir_ / "again");
  for (std::uint32_t type = 0; type < 2; ++type) {
    const Vocabulary names = graph.vocabulary(type), numbers = again.vocabulary(type);
    ASSERT_EQ(numbers.size(), names.size());
    for (std::uint64_t id = 0; id < names.size(); ++id) {
      EXPECT_TRUE(numbers.find(std::to_string(id))) << id;
    }
  }
  EXPECT_EQ(edges("likes: a lot", "new ones", "again").size(), 2u);
}

TEST_F(ExportTest, NothingThatIsThereIsOverwritten) {
  import_everything();
  write("out/mine.txt", "keep");
  try {
    write_tables();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "graph.export_exists");
  }
  EXPECT_EQ(read_text(dir_ / "out/mine.txt"), "keep");
  // Nor is a graph, which import would replace.
  EXPECT_THROW(
      export_graph(Graph::open(dir_ / "graph"), dir_ / "graph", EntityColumns::names, 1, {}, stop_),
      Error);
  EXPECT_NO_THROW(Graph::open(dir_ / "graph"));
}

TEST_F(ExportTest, WhatIsStoppedLeavesNothing) {
  import_everything();
  StopFlag stop;
  stop.request();
  EXPECT_THROW(
      export_graph(Graph::open(dir_ / "graph"), dir_ / "out", EntityColumns::names, 2, {}, stop),
      Error);
  for (const auto& entry : std::filesystem::directory_iterator(dir_)) {
    EXPECT_NE(entry.path().filename().string().substr(0, 3), "out") << entry.path();
  }
}

}  // namespace
}  // namespace twhin
