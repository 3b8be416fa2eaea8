// Which edges a graph has that its base had not.
#include <gmock/gmock.h>

#include <random>
#include <set>

#include "graph/import_fixture.h"

namespace twhin {
namespace {

using ::testing::HasSubstr;

class NewEdgesTest : public ImportTest {
 protected:
  static std::string config(const std::string& more = "", int partitions = 3) {
    return "entities: {user: {partitions: " + std::to_string(partitions) +
           "}}\nrelations: {follow: {lhs: user, rhs: user" + more +
           "}}\nsources: [{path: edges.txt, relation: follow" +
           (more.empty() ? "" : ", timestamp: 2") + "}]\n";
  }
  ImportSummary grow(const std::string& yaml, const std::string& base,
                     const std::string& graph) const {
    const Graph old = Graph::open(dir_ / base);
    return import_graph(options(yaml), dir_ / graph, {}, stop_, &old);
  }
  /// "a>b@17" of the edges that the graph says are new.
  std::multiset<std::string> new_edges(const std::string& name) const {
    const Graph graph = Graph::open(dir_ / name);
    std::multiset<std::string> out;
    const Schema& schema = graph.schema();
    for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
      const Vocabulary lhs = graph.vocabulary(schema.relations[r].lhs);
      const Vocabulary rhs = graph.vocabulary(schema.relations[r].rhs);
      for (std::uint32_t i = 0; i < lhs.num_partitions(); ++i) {
        for (std::uint32_t j = 0; j < rhs.num_partitions(); ++j) {
          const EdgeBucket bucket = graph.bucket(r, i, j);
          const std::vector<std::uint64_t> places = graph.new_edges(r, i, j);
          EXPECT_EQ(places.size(), graph.num_new_edges(r, i, j));
          for (const std::uint64_t k : places) {
            std::string edge(lhs.name({i, bucket.edges().lhs[k]}));
            edge += ">" + std::string(rhs.name({j, bucket.edges().rhs[k]}));
            if (!bucket.edges().timestamp.empty()) {
              edge += "@" + std::to_string(bucket.edges().timestamp[k]);
            }
            out.insert(edge);
          }
        }
      }
    }
    return out;
  }
};

// Random edges: some stay, some go, some come between old entities and some with new ones.
TEST_F(NewEdgesTest, AreThoseThatTheBaseHadNot) {
  std::mt19937 random(5);
  std::set<std::pair<int, int>> all;
  const auto text = [&] {
    std::string out;
    for (const auto& [a, b] : all) {
      out += "u" + std::to_string(a) + " u" + std::to_string(b) + "\n";
    }
    return out;
  };
  const auto as_names = [&] {
    std::multiset<std::string> out;
    for (const auto& [a, b] : all) out.insert("u" + std::to_string(a) + ">u" + std::to_string(b));
    return out;
  };
  for (int i = 0; i < 3000; ++i) all.emplace(random() % 200, random() % 200);
  write("edges.txt", text());
  import(config(), "v1");
  EXPECT_FALSE(Graph::open(dir_ / "v1").growth());
  std::string before = "v1";
  for (const std::string graph : {"v2", "v3"}) {
    const std::multiset<std::string> old = as_names();
    for (auto it = all.begin(); it != all.end();) it = random() % 5 == 0 ? all.erase(it) : ++it;
    for (int i = 0; i < 1000; ++i) all.emplace(random() % 250, random() % 250);
    write("edges.txt", text());
    const ImportSummary summary = grow(config(), before, graph);
    std::multiset<std::string> expected;
    const std::multiset<std::string> now = as_names();
    std::set_difference(now.begin(), now.end(), old.begin(), old.end(),
                        std::inserter(expected, expected.end()));
    EXPECT_EQ(new_edges(graph), expected);
    EXPECT_EQ(summary.new_edges, std::vector<std::uint64_t>{expected.size()});
    EXPECT_THAT(summary.to_table(), HasSubstr("edges of train  new"));
    EXPECT_EQ(Graph::open(dir_ / graph).growth()->base_checksum,
              Graph::open(dir_ / before).checksum());
    EXPECT_GT(Graph::open(dir_ / graph).manifest().verify(dir_ / graph, true), 0u);
    before = graph;
  }
}

TEST_F(NewEdgesTest, OfOnePairTheTimestampTells) {
  write("edges.txt", "a b 1\na b 3\na b 3\nc d 5\n");
  import(config(", duplicates: keep"), "v1");
  write("edges.txt", "a b 1\na b 2\na b 3\na b 3\na b 3\nc d 5\na d 5\n");
  grow(config(", duplicates: keep"), "v1", "v2");
  EXPECT_EQ(new_edges("v2"), (std::multiset<std::string>{"a>b@2", "a>b@3", "a>d@5"}));
}

TEST_F(NewEdgesTest, InItsOwnPlaceAGraphStillKnowsThem) {
  write("edges.txt", "a b\nc d\n");
  import(config(), "graph");
  const std::uint64_t checksum = Graph::open(dir_ / "graph").checksum();
  write("edges.txt", "a b\nc d\na d\n");
  grow(config(), "graph", "graph");
  EXPECT_EQ(new_edges("graph"), std::multiset<std::string>{"a>d"});
  EXPECT_EQ(Graph::open(dir_ / "graph").growth()->base_checksum, checksum);
  // Once more with the same edges: none is new, and no file says so.
  grow(config(), "graph", "graph");
  EXPECT_TRUE(new_edges("graph").empty());
  const Graph graph = Graph::open(dir_ / "graph");
  for (const auto& [file, record] : graph.manifest().files) {
    EXPECT_FALSE(file.ends_with(".new")) << file;
  }
}

TEST_F(NewEdgesTest, OfANewRelationAreAll) {
  write("edges.txt", "a b\nc d\n");
  import(config(), "v1");
  write("likes.txt", "a b\n");
  grow(
      "entities: {user: {partitions: 3}}\n"
      "relations: {like: {lhs: user, rhs: user}, follow: {lhs: user, rhs: user}}\n"
      "sources: [{path: edges.txt, relation: follow}, {path: likes.txt, relation: like}]\n",
      "v1", "v2");
  EXPECT_EQ(new_edges("v2"), std::multiset<std::string>{"a>b"});
}

TEST_F(NewEdgesTest, AFileThatDoesNotFitIsDamage) {
  write("edges.txt", "a b\n");
  import(config("", 1), "v1");
  write("edges.txt", "a b\na c\n");
  grow(config("", 1), "v1", "v2");
  const std::uint64_t words[] = {7};
  ContainerWriter writer(dir_ / "v2" / Graph::new_edges_file("follow", 0, 0), kNewEdgesKind);
  writer.add<std::uint64_t>("bits", words);
  writer.commit();
  try {
    new_edges("v2");
    FAIL() << "three of two edges";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "graph.bad_new_edges");
  }
}

}  // namespace
}  // namespace twhin
