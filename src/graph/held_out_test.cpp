// Held-out edges that train has as well are counted and warned of.
#include "twhin/graph/held_out.h"

#include <gmock/gmock.h>

#include "graph/import_fixture.h"

namespace twhin {
namespace {

using ::testing::HasSubstr;

class HeldOut : public ImportTest {
 protected:
  // Of the four edges of test two are in train by the same relation: a>b, which test has twice,
  // once as a duplicate, and c>a. b>a is in train the other way round, and b>d by another relation.
  void write_edges() const {
    write("train.tsv", "a\tb\nb\tc\nc\ta\nd\td\n");
    write("other.tsv", "b\td\n");
    write("test.tsv", "a\tb\na\tb\nc\ta\nb\ta\nb\td\n");
    write("valid.tsv", "a\tc\n");
  }
  static std::string config(int partitions, const std::string& more = "") {
    return "entities: {user: {partitions: " + std::to_string(partitions) +
           "}}\n"
           "relations:\n"
           "  follow: {lhs: user, rhs: user}\n"
           "  block: {lhs: user, rhs: user}\n"
           "sources:\n"
           "  - {path: train.tsv, relation: follow}\n"
           "  - {path: other.tsv, relation: block}\n"
           "  - {path: valid.tsv, relation: follow, split: valid}\n"
           "  - {path: test.tsv, relation: follow, split: test}\n" +
           more;
  }
  // What an import warns of that concerns held-out edges.
  std::vector<std::string> warnings_of(const std::string& yaml, const Graph* base = nullptr) {
    std::vector<std::string> warnings;
    Observer observer;
    observer.warning = [&](const std::string& line) {
      if (line.find("of split") != std::string::npos) warnings.push_back(line);
    };
    summary_ = import_graph(options(yaml), dir_ / "graph", observer, stop_, base);
    return warnings;
  }

  ImportSummary summary_;
};

TEST_F(HeldOut, EdgesThatTrainHasAreCountedAndWarnedOf) {
  write_edges();
  for (const int partitions : {1, 3}) {
    const auto warnings = warnings_of(config(partitions));
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_THAT(warnings[0], HasSubstr("2 of 4 edges of split \"test\" (50.0 %)"));
    EXPECT_THAT(warnings[0], HasSubstr("split.held_out_pairs: remove"));
    EXPECT_THAT(summary_.to_table(), HasSubstr("split test: 2 of 4 edges (50.0 %)"));
    ASSERT_EQ(summary_.held_out.size(), 2u);
    EXPECT_EQ(summary_.held_out[0].num_in_train, 0u);
    const std::string stats = read_text(dir_ / "graph/stats.json");
    EXPECT_THAT(stats, HasSubstr("\"in_train\": 2"));
    EXPECT_THAT(stats, HasSubstr("\"follow\": 2"));
  }
}

TEST_F(HeldOut, TheOptionThatTheWarningNamesHelps) {
  write_edges();
  EXPECT_THAT(warnings_of(config(1, "split: {held_out_pairs: remove}\n")), ::testing::IsEmpty());
  EXPECT_EQ(summary_.held_out[1].num_in_train, 0u);
  EXPECT_EQ(edges("follow"), Edges({"b>c", "d>d"}));  // a>b and c>a are what test has
}

// A pair that is met twice may be drawn once: the user asked for it, and is told the number.
TEST_F(HeldOut, DrawnSplitsAreCountedWithoutAWarning) {
  std::string rows;
  for (int i = 0; i < 100; ++i) rows += "a\tb\t" + std::to_string(i) + "\n";
  write("e.tsv", rows);
  EXPECT_THAT(warnings_of("entities: {user: {}}\n"
                          "relations: {follow: {lhs: user, rhs: user, duplicates: keep}}\n"
                          "sources: [{path: e.tsv, relation: follow, timestamp: 2}]\n"
                          "split: {test: 0.1, by: time}\n"),
              ::testing::IsEmpty());
  ASSERT_EQ(summary_.held_out.size(), 1u);
  EXPECT_EQ(summary_.held_out[0].num_edges, 10u);
  EXPECT_EQ(summary_.held_out[0].num_in_train, 10u);
}

// Rows of a graph that has grown are in no order; keys are taken a few at a time.
TEST_F(HeldOut, AnyOrderAndAnyPortionGiveTheSameCount) {
  std::string train, test;
  std::uint64_t expected = 0, held_out = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string edge =
        "n" + std::to_string(i * 31 % 97) + "\tn" + std::to_string(i * 17 % 89) + "\n";
    const bool in_test = i % 5 == 0, in_train = i % 3 == 0 || !in_test;
    if (in_test) test += edge;
    if (in_train) train += edge;
    held_out += in_test;
    expected += in_test && in_train;
  }
  const std::string relation = "relations: {follow: {lhs: user, rhs: user}}\n";
  write("first.tsv", "n3\tn5\nn80\tn7\n");
  import("entities: {user: {}}\n" + relation + "sources: [{path: first.tsv, relation: follow}]\n",
         "base");
  write("train.tsv", train);
  write("test.tsv", test);
  const Graph base = Graph::open(dir_ / "base");
  warnings_of("entities: {user: {}}\n" + relation +
                  "sources:\n"
                  "  - {path: train.tsv, relation: follow}\n"
                  "  - {path: test.tsv, relation: follow, split: test}\n",
              &base);
  const Graph graph = Graph::open(dir_ / "graph");
  for (const std::size_t most_edges : {1u, 7u, 400u, 1000u}) {
    const auto found = find_repeated(graph, {"test"}, most_edges, 2);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].num_edges, held_out);
    EXPECT_EQ(found[0].num_in_train, expected) << most_edges;
  }
}

}  // namespace
}  // namespace twhin
