#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "graph/import_fixture.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST_F(ImportTest, RowsBecomeEdgesBetweenNames) {
  write("follow.tsv", "ann\tbob\nbob\tcid\n");
  const ImportSummary summary = import(kFollow + "sources: [{path: follow.tsv, relation: follow}]");
  EXPECT_EQ(edges("follow"), (Edges{"ann>bob", "bob>cid"}));
  EXPECT_EQ(summary.num_rows, 2u);
  EXPECT_EQ(summary.num_edges(), 2u);
  EXPECT_EQ(summary.schema.entities[0].num_entities(), 3u);
  EXPECT_NO_THROW(Manifest::read(dir_ / "graph", Graph::kFormat).verify(dir_ / "graph", true));
}

TEST_F(ImportTest, EntitiesAreOrderedByTheHashOfTheirNamesAndPlacedByIt) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "u" + std::to_string(i) + "\tv" + std::to_string(i) + "\n";
  write("follow.tsv", text);
  import(
      "entities: {user: {partitions: 3}}\nrelations: {follow: {lhs: user, rhs: user}}\n"
      "sources: [{path: follow.tsv, relation: follow}]\nimport: {hash_seed: 7}");
  const Vocabulary names = Graph::open(dir_ / "graph").vocabulary(0);
  EXPECT_EQ(names.size(), 1000u);
  EXPECT_EQ(names.seed(), 7u);
  for (std::uint32_t p = 0; p < 3; ++p) {
    EXPECT_GT(names.size(p), 250u);
    std::uint64_t last = 0;
    for (std::uint32_t row = 0; row < names.size(p); ++row) {
      const std::uint64_t hash = name_hash(names.name({p, row}), 7).low;
      EXPECT_EQ(partition_of(hash, 3), p);
      EXPECT_GT(hash, last);
      last = hash;
    }
  }
  EXPECT_EQ(edges("follow").size(), 500u);
}

TEST_F(ImportTest, EdgesOfABucketAreInTheOrderOfTheirHashes) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += std::to_string(i % 17) + "\t" + std::to_string(i * 7 % 91) + "\n";
  }
  write("follow.tsv", text);
  import(kFollow + "sources: [{path: follow.tsv, relation: follow}]");
  const Graph graph = Graph::open(dir_ / "graph");
  const EdgeBucket bucket = graph.bucket(0, 0, 0);
  const EdgeSpan& e = bucket.edges();
  ASSERT_GT(e.size(), 200u);
  for (std::size_t k = 1; k < e.size(); ++k) {
    EXPECT_LT(std::pair(e.lhs[k - 1], e.rhs[k - 1]), std::pair(e.lhs[k], e.rhs[k]));
  }
}

/// Random edges with weights, timestamps and duplicates: lines of `lhs rhs relation weight time`.
std::vector<std::string> random_lines(std::size_t n) {
  std::mt19937 random(1);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < n; ++i) {
    const auto draw = [&](unsigned below) { return std::to_string(random() % below); };
    lines.push_back("name-of-user-" + draw(20000) + " item" + draw(50) + " " +
                    (random() % 2 ? "likes " : "buys ") + draw(4) + ".25 " + draw(1000));
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines, std::size_t begin, std::size_t end) {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) text += lines[i] + "\n";
  return text;
}

TEST_F(ImportTest, TheGraphDoesNotDependOnFilesThreadsOrMemory) {
  const std::string schema =
      "entities: {user: {partitions: 3}, item: {partitions: 2}}\n"
      "relations:\n"
      "  likes: {lhs: user, rhs: item, duplicates: sum}\n"
      "  buys: {lhs: user, rhs: item, duplicates: keep}\n"
      "split: {valid: 0.05, test: 0.1}\n";
  const std::string source =
      "path: \"PATH\", lhs: 0, rhs: 1, relation: {column: 2}, weight: 3, timestamp: 4}]\n";
  const auto with_path = [&](const std::string& path) {
    std::string text = source;
    return schema + "sources: [{" + text.replace(text.find("PATH"), 4, path);
  };
  std::vector<std::string> lines = random_lines(400'000);
  write("one/all.txt", joined(lines, 0, lines.size()));
  import(with_path("one/all.txt") + "import: {threads: 1}", "one-graph");

  std::shuffle(lines.begin(), lines.end(), std::mt19937(2));
  write("many/b.txt", joined(lines, 0, 100));
  write("many/a.txt", joined(lines, 100, 250'000));
  write("many/c.txt", joined(lines, 250'000, lines.size()));
  const ImportSummary summary =
      import(with_path("many") + "import: {threads: 3, memory: 104MiB}", "many-graph");
  EXPECT_GT(summary.spilled_bytes, 1u << 20) << "the test must go through temporary files";

  const auto one = contents("one-graph"), many = contents("many-graph");
  ASSERT_EQ(one.size(), many.size());
  EXPECT_GT(one.size(), 3u * 2 * 2 * 3);
  for (const auto& [name, bytes] : one) {
    ASSERT_EQ(many.count(name), 1u) << name;
    EXPECT_TRUE(many.at(name) == bytes) << name;
  }
}

TEST_F(ImportTest, ValuesOfAColumnNameTheRelation) {
  write("log.txt", "a b RT\nc d follow\ne f MT\n");
  const ImportSummary summary = import(
      "entities: {user: {}}\n"
      "relations: {follow: {lhs: user, rhs: user}, retweet: {lhs: user, rhs: user}}\n"
      "sources: [{path: log.txt, relation: {column: 2, RT: retweet, MT: null}}]");
  EXPECT_EQ(edges("retweet"), Edges{"a>b"});
  EXPECT_EQ(edges("follow"), Edges{"c>d"});
  EXPECT_EQ(summary.unassigned_filtered, 1u);
  EXPECT_EQ(summary.schema.entities[0].num_entities(), 4u);
}

TEST_F(ImportTest, ATemplateStandsForRelationsThatNobodyDeclared) {
  write("kg.tsv", "x\t/z/born in\ty\nx\t/a/type\ty\nx\tknown\ty\n");
  import(
      "entities: {thing: {}}\n"
      "relations: {known: {lhs: thing, rhs: thing}, \"*\": {lhs: thing, rhs: thing}}\n"
      "sources: [{path: kg.tsv, lhs: 0, rhs: 2, relation: {column: 1}}]");
  const Graph graph = Graph::open(dir_ / "graph");
  EXPECT_EQ(graph.schema().relation_names(),
            (std::vector<std::string>{"known", "/a/type", "/z/born in"}));
  EXPECT_EQ(edges("/z/born in"), Edges{"x>y"});
}

TEST_F(ImportTest, ASourceMayNameTheSplitOfItsRows) {
  write("train.txt", "a b\n");
  write("valid.txt", "a c\n");
  write("hard.txt", "a d\n");
  import(kFollow +
         "sources:\n"
         "  - {path: train.txt, relation: follow, split: train}\n"
         "  - {path: valid.txt, relation: follow, split: valid}\n"
         "  - {path: hard.txt, relation: follow, split: hard}\n");
  EXPECT_EQ(Graph::open(dir_ / "graph").splits(),
            (std::vector<std::string>{"train", "valid", "hard"}));
  EXPECT_EQ(edges("follow"), Edges{"a>b"});
  EXPECT_EQ(edges("follow", "valid"), Edges{"a>c"});
  EXPECT_EQ(edges("follow", "hard"), Edges{"a>d"});
}

std::string numbered_rows(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) {
    text += std::to_string(i % 37) + " i" + std::to_string(i) + " " + std::to_string(i) + "\n";
  }
  return text;
}

const std::string kBuys =
    "entities: {user: {}, item: {}}\nrelations: {buys: {lhs: user, rhs: item}}\n";

// Binomial: 10,000 rows at 0.1 have a standard deviation of 30.
TEST_F(ImportTest, ARandomSplitHasTheWantedSharesAndKeepsThemWhenRowsAreAdded) {
  const std::string tail = "split: {valid: 0.05, test: 0.1}\n";
  write("a.txt", numbered_rows(0, 10'000));
  import(kBuys + "sources: [{path: a.txt, relation: buys}]\n" + tail);
  const Edges before = edges("buys", "test");
  EXPECT_NEAR(static_cast<double>(before.size()), 1000.0, 150.0);
  EXPECT_NEAR(static_cast<double>(edges("buys", "valid").size()), 500.0, 120.0);
  write("b.txt", numbered_rows(10'000, 12'000));
  import(kBuys + "sources: [{path: \"?.txt\", relation: buys}]\n" + tail);
  const Edges after = edges("buys", "test");
  EXPECT_GT(after.size(), before.size());
  EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end()));
  import(kBuys + "sources: [{path: a.txt, relation: buys}]\nsplit: {test: 0.1, seed: 2}");
  EXPECT_NE(edges("buys", "test"), before);
}

TEST_F(ImportTest, ASplitByTimeHoldsOutTheLatestRows) {
  write("a.txt", numbered_rows(-500, 500));
  import(kBuys +
         "sources: [{path: a.txt, relation: buys, timestamp: 2}]\n"
         "split: {valid: 0.05, test: 0.1, by: time}\n");
  EXPECT_EQ(edges("buys", "test").size(), 100u);
  EXPECT_EQ(edges("buys", "valid").size(), 50u);
  const auto time_of = [](const std::string& edge) {
    return std::stoi(edge.substr(edge.find('@') + 1));
  };
  for (const std::string& edge : edges("buys", "test")) EXPECT_GE(time_of(edge), 400) << edge;
  for (const std::string& edge : edges("buys")) EXPECT_LT(time_of(edge), 350) << edge;
}

TEST_F(ImportTest, DuplicatesAreTreatedAsTheRelationSays) {
  write("a.txt", "a x 2 30\na x 0.5 10\na x 0.25 10\nb x 1 5\n");
  const auto run = [&](const std::string& policy) {
    return import(
        "entities: {user: {}, item: {}}\n"
        "relations: {buys: {lhs: user, rhs: item, duplicates: " +
        policy + "}}\nsources: [{path: a.txt, relation: buys, weight: 2, timestamp: 3}]");
  };
  EXPECT_EQ(run("keep").counts[0].duplicates, 0u);
  EXPECT_EQ(edges("buys"), (Edges{"a>x*0.25@10", "a>x*0.5@10", "a>x*2@30", "b>x@5"}));
  EXPECT_EQ(run("drop").counts[0].duplicates, 2u);
  EXPECT_EQ(edges("buys"), (Edges{"a>x*0.25@10", "b>x@5"}));
  EXPECT_EQ(run("sum").counts[0].duplicates, 2u);
  EXPECT_EQ(edges("buys"), (Edges{"a>x*2.75@10", "b>x@5"}));
}

TEST_F(ImportTest, WithoutAWeightColumnASumCountsTheRows) {
  write("a.txt", "a x\na x\na x\nb x\n");
  import(
      "entities: {user: {}, item: {}}\n"
      "relations: {buys: {lhs: user, rhs: item, duplicates: sum}}\n"
      "sources: [{path: a.txt, relation: buys}]");
  EXPECT_EQ(edges("buys"), (Edges{"a>x*3", "b>x"}));
}

TEST_F(ImportTest, SelfLoopsAreTreatedAsTheRelationSays) {
  write("a.txt", "a a\na b\nc c\n");
  const std::string source = "sources: [{path: a.txt, relation: follow}]";
  import(kFollow + source);
  EXPECT_EQ(edges("follow"), (Edges{"a>a", "a>b", "c>c"}));
  const ImportSummary summary = import(
      "entities: {user: {}}\n"
      "relations: {follow: {lhs: user, rhs: user, self_loops: drop}}\n" +
      source);
  EXPECT_EQ(edges("follow"), Edges{"a>b"});
  EXPECT_EQ(summary.counts[0].self_loops, 2u);
  EXPECT_EQ(summary.schema.entities[0].num_entities(), 2u) << "c has no edges left";
}

TEST_F(ImportTest, AWeightIsAColumnAConstantOrALogarithm) {
  write("a.txt", "a\tx\t3\n");
  const auto run = [&](const std::string& weight) {
    import(kBuys + "sources: [{path: a.txt, relation: buys, weight: " + weight + "}]");
    return *edges("buys").begin();
  };
  EXPECT_EQ(run("2"), "a>x*3");
  EXPECT_EQ(run("{column: 2}"), "a>x*3");
  EXPECT_EQ(run("{constant: 0.5}"), "a>x*0.5");
  EXPECT_EQ(run("{column: 2, transform: log1p}"), "a>x*1.3862944");
}

TEST_F(ImportTest, AFailedImportLeavesTheOldGraphAndNothingElse) {
  write("a.txt", "a b\n");
  const std::string source = "sources: [{path: a.txt, relation: follow}]";
  import(kFollow + source);
  write("a.txt", "c d\nbroken\n");
  EXPECT_EQ(error_of(kFollow + source).id(), "graph.ragged_row");
  EXPECT_EQ(edges("follow"), Edges{"a>b"});
  stop_.request();
  write("a.txt", "c d\n");
  EXPECT_EQ(error_of(kFollow + source).kind(), ErrorKind::cancelled);
  EXPECT_EQ(edges("follow"), Edges{"a>b"});
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(dir_)) left.insert(entry.path().filename());
  EXPECT_EQ(left, (std::set<std::string>{"a.txt", "graph"}));
}

TEST_F(ImportTest, WhatADeadImportLeftIsRemovedAndOtherDirectoriesAreNot) {
  write("a.txt", "a b\n");
  write("graph.partial-2147483000/edges/x", "left over");
  write("graph.partial-notes/x", "not ours");
  const std::string source = "sources: [{path: a.txt, relation: follow}]";
  import(kFollow + source);
  EXPECT_FALSE(fs::exists(dir_ / "graph.partial-2147483000"));
  EXPECT_TRUE(fs::exists(dir_ / "graph.partial-notes"));

  write("home/letter.txt", "do not delete");
  try {
    import(kFollow + source, "home");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "graph.not_a_graph");
  }
  EXPECT_TRUE(fs::exists(dir_ / "home/letter.txt"));
}

TEST_F(ImportTest, TheSummaryShowsTypesRelationsAndRejectedRows) {
  write("a.txt", "a b\nc\na b\na c\n");
  const ImportSummary summary =
      import(kFollow + "sources: [{path: a.txt, relation: follow}]\nimport: {on_bad_row: skip}");
  const std::string table = summary.to_table();
  EXPECT_THAT(table, HasSubstr("entity type  entities  partitions\n"
                               "user                3           1\n"));
  EXPECT_THAT(table,
              HasSubstr("relation  rows  train  duplicates  self-loops  filtered  rejected\n"
                        "follow       4      2           1           0         0         1\n"));
  EXPECT_THAT(table, HasSubstr("a.txt:2: a row has another number of columns than the first one: "
                               "found 1 columns, expected 2 columns\n"));
  EXPECT_THAT(summary.to_json(), HasSubstr("\"rejected\": 1"));
}

}  // namespace
}  // namespace twhin
