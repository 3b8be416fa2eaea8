// Folders of OpenKE and DGL-KE, tables of names, and other programs' tables that need no folder.
#include <gmock/gmock.h>

#include "graph/import_fixture.h"

namespace twhin {
namespace {

const std::string kOneType =
    "entities: {entity: {}}\n"
    "relations: {\"*\": {lhs: entity, rhs: entity}}\n";

class SourceFolder : public ImportTest {
 protected:
  // a, b, c, d; likes, knows; a>b likes and b>c knows in train, c>a likes in test; d in no edge.
  void write_openke() const {
    write("kg/entity2id.txt", "4\nb\t1\na\t0\nc\t2\nd d\t3\n");
    write("kg/relation2id.txt", "2\nlikes\t0\nknows\t1\n");
    write("kg/train2id.txt", "2\n0 1 0\n1 2 1\n");
    write("kg/valid2id.txt", "0\n");
    write("kg/test2id.txt", "1\n2\t0\t0\n");
    write("kg/type_constrain.txt", "is not read\n");
  }
  std::string openke(const std::string& more = "") const {
    return kOneType + "sources: [{path: kg, format: openke" + more + "}]\n";
  }
  void write_udd() const {
    write("udd/entities.dict", "0\ta\n1\tb\n2\tc\n3\td d\n");
    write("udd/relations.dict", "likes\t0\nknows\t1\n");
    write("udd/train.txt", "0\t0\t1\n1\t1\t2\n");
    write("udd/test.txt", "2\t0\t0\n");
  }
  static std::string udd(const std::string& more = "") {
    return kOneType + "sources: [{path: udd, format: udd" + more + "}]\n";
  }

  Error openke_error() const { return error_of(openke()); }
};

TEST_F(SourceFolder, OfOpenKeGivesNamesRelationsAndSplits) {
  write_openke();
  const ImportSummary summary = import(openke());
  EXPECT_EQ(summary.num_rows, 3u);
  EXPECT_EQ(edges("likes"), Edges({"a>b"}));
  EXPECT_EQ(edges("knows"), Edges({"b>c"}));
  EXPECT_EQ(edges("likes", "test"), Edges({"c>a"}));
  const Graph graph = Graph::open(dir_ / "graph");
  EXPECT_EQ(graph.splits(), (std::vector<std::string>{"train", "test"}));
  // The dictionary says which entities there are, whether or not an edge does.
  EXPECT_EQ(graph.vocabulary(0).size(), 4u);
  EXPECT_TRUE(graph.vocabulary(0).find("d d"));
}

TEST_F(SourceFolder, OfDglKeGivesTheSameGraphInAnyOrderOfColumns) {
  write_openke();
  import(openke(), "openke");
  write_udd();
  import(udd());
  EXPECT_EQ(contents("graph"), contents("openke"));
  write("udd/train.txt", "1|0|0\n2|1|1\n");
  write("udd/test.txt", "0|0|2\n");
  write("udd/entities.dict", "a|0\nb|1\nc|2\nd d|3\n");
  write("udd/relations.dict", "0|likes\n1|knows\n");
  import(udd(", order: trh, delimiter: \"|\""));
  EXPECT_EQ(contents("graph"), contents("openke"));
  write("udd/e.txt", "0\ta\n1\tb\n2\tc\n3\td d\n");
  write("udd/r.txt", "0\tlikes\n1\tknows\n");
  write("udd/x.txt", "0\t0\t1\n1\t1\t2\n");
  write("udd/y.txt", "");
  write("udd/z.txt", "2\t0\t0\n");
  EXPECT_EQ(error_of(udd(", files: [e.txt, r.txt, x.txt, y.txt, z.txt]")).id(), "graph.empty_file");
  write("udd/y.txt", "0\t1\t2\n");
  import(udd(", files: [e.txt, r.txt, x.txt, y.txt, z.txt]"));
  EXPECT_EQ(edges("knows", "valid"), Edges({"a>c"}));
}

TEST_F(SourceFolder, OfDglKeMayHoldNamesAndWeights) {
  write("raw/train.tsv", "a\tlikes\tb\t0.5\nb\tknows\tc\t2\n");
  write("raw/valid.tsv", "c\tlikes\ta\t1\n");
  import(kOneType + "sources: [{path: raw, format: raw_udd, weight: 3}]\n");
  EXPECT_EQ(edges("likes"), Edges({"a>b*0.5"}));
  EXPECT_EQ(edges("likes", "valid"), Edges({"c>a"}));
}

TEST_F(SourceFolder, WithoutHeldOutFilesIsSplitAsTheOptionSays) {
  write("raw/train.txt", "a\tlikes\tb\nb\tlikes\tc\n");
  const std::string yaml =
      kOneType + "sources: [{path: raw, format: raw_udd}]\nsplit: {test: 0.5}\n";
  EXPECT_EQ(import(yaml).num_edges(), 2u);
  write("raw/test.txt", "c\tlikes\ta\n");
  EXPECT_EQ(error_of(yaml).id(), "graph.bad_split");
}

TEST_F(SourceFolder, CountsThatDoNotFitAreToldWithBothNumbers) {
  write_openke();
  write("kg/train2id.txt", "3\n0 1 0\n1 2 1\n");
  Error error = openke_error();
  EXPECT_EQ(error.id(), "graph.wrong_count");
  EXPECT_THAT(error.what(),
              ::testing::AllOf(::testing::HasSubstr("kg/train2id.txt"),
                               ::testing::HasSubstr("2 rows"), ::testing::HasSubstr("3 rows")));
  write_openke();
  write("kg/valid2id.txt", "0\n0 1 0\n");
  EXPECT_EQ(openke_error().id(), "graph.wrong_count");
  write_openke();
  write("kg/entity2id.txt", "5\na\t0\nb\t1\nc\t2\nd\t3\n");
  error = openke_error();
  EXPECT_EQ(error.id(), "graph.wrong_count");
  EXPECT_THAT(error.what(), ::testing::AllOf(::testing::HasSubstr("4 names"),
                                             ::testing::HasSubstr("5 (its first line)")));
  write_openke();
  write("kg/train2id.txt", "0 1 0\n1 2 1\n");
  EXPECT_EQ(openke_error().id(), "graph.bad_count");
}

TEST_F(SourceFolder, IdsWithoutANameAreToldWithFileAndLine) {
  write_openke();
  write("kg/train2id.txt", "2\n0 1 0\n1 4 1\n");
  Error error = openke_error();
  EXPECT_EQ(error.id(), "graph.id_out_of_range");
  EXPECT_THAT(error.what(),
              ::testing::AllOf(::testing::HasSubstr("kg/train2id.txt:3"),
                               ::testing::HasSubstr("id 4"), ::testing::HasSubstr("0 to 3")));
  write("kg/train2id.txt", "2\n0 1 2\n1 2 1\n");
  EXPECT_THAT(openke_error().what(), ::testing::HasSubstr("the id of the relation"));
  write("kg/train2id.txt", "2\n0 1 0\n1 x 1\n");
  EXPECT_EQ(openke_error().id(), "graph.bad_id");
  // The others stay where they were when such rows are left out.
  write("kg/train2id.txt", "4\n0 1 0\n1 9 1\n1 2 1\n-1 2 1\n");
  const ImportSummary summary = import(openke() + "import: {on_bad_row: skip}\n");
  EXPECT_EQ(summary.num_rows, 5u);
  EXPECT_EQ(summary.num_rejected(), 2u);
  EXPECT_EQ(summary.rejected[0].place, "kg/train2id.txt:3");
  EXPECT_EQ(summary.rejected[1].place, "kg/train2id.txt:5");
  EXPECT_EQ(edges("knows"), Edges({"b>c"}));
}

TEST_F(SourceFolder, RowsAfterOneWithoutANameKeepTheirLines) {
  write_udd();
  write("udd/train.txt", "0\t0\t1\t1\n1\t1\t9\t1\n1\t1\t2\tx\n2\t1\t1\t1\n");
  std::filesystem::remove(dir_ / "udd/test.txt");
  const ImportSummary summary =
      import(udd(", weight: 3") + "import: {on_bad_row: skip, threads: 1}\n");
  ASSERT_EQ(summary.rejected.size(), 2u);
  EXPECT_EQ(summary.rejected[0].place, "udd/train.txt:2");
  EXPECT_EQ(summary.rejected[1].place, "udd/train.txt:3");
  EXPECT_EQ(edges("knows"), Edges({"c>b"}));
}

TEST_F(SourceFolder, DictionariesThatAreNoneAreRefused) {
  const auto error_with = [&](const std::string& entities) {
    write_udd();
    write("udd/entities.dict", entities);
    return error_of(udd());
  };
  EXPECT_THAT(error_with("0\ta\n1\tb\n3\tc\n").what(),
              ::testing::AllOf(::testing::HasSubstr("udd/entities.dict:3"),
                               ::testing::HasSubstr("id 3"), ::testing::HasSubstr("0 to 2")));
  EXPECT_THAT(error_with("0\ta\n1\tb\n1\tc\n").what(), ::testing::HasSubstr("id 1 has two names"));
  EXPECT_THAT(error_with("0\ta\n1\tb\n2\ta\n").what(),
              ::testing::HasSubstr("two ids have the name \"a\""));
  EXPECT_THAT(error_with("0\t1\n1\t2\n2\t0\n").what(),
              ::testing::HasSubstr("both columns of a dictionary could be the ids"));
  EXPECT_THAT(error_with("a\nb\n").what(), ::testing::HasSubstr("no name with an id"));
  EXPECT_EQ(error_with("a\nb\n").id(), "graph.bad_dictionary");
}

TEST_F(SourceFolder, WhatIsMissingIsNamed) {
  EXPECT_THAT(openke_error().what(), ::testing::HasSubstr("there is no folder \"kg\""));
  write_openke();
  std::filesystem::remove(dir_ / "kg/entity2id.txt");
  const Error error = openke_error();
  EXPECT_EQ(error.id(), "graph.no_such_file");
  EXPECT_THAT(error.what(), ::testing::HasSubstr("entity2id.txt"));
}

TEST_F(SourceFolder, RelationsAndTypesMustFit) {
  write_openke();
  const std::string source = "sources: [{path: kg, format: openke}]\n";
  EXPECT_EQ(error_of("entities: {entity: {}}\n"
                     "relations: {likes: {lhs: entity, rhs: entity}}\n" +
                     source)
                .id(),
            "graph.unknown_relation");
  EXPECT_EQ(error_of("entities: {user: {}, item: {}}\n"
                     "relations: {\"*\": {lhs: user, rhs: item}}\n" +
                     source)
                .id(),
            "graph.bad_folder");
}

TEST_F(SourceFolder, OptionsThatItTellsItselfAreRefused) {
  write_openke();
  write_udd();
  for (const char* more : {", lhs: 1", ", relation: x", ", header: true", ", split: a",
                           ", files: [a, b, c]", ", order: htr", ", weight: 3", ", names: kg"}) {
    EXPECT_EQ(error_of(openke(more)).id(), "graph.bad_folder") << more;
  }
  for (const char* more : {", order: hrr", ", order: h", ", files: [a, b]"}) {
    EXPECT_EQ(error_of(udd(more)).id(), "graph.bad_folder") << more;
  }
  write("e.tsv", "a\tb\n");
  const std::string table = kOneType + "sources: [{path: e.tsv";
  EXPECT_EQ(error_of(table + ", relation: x, order: hrt}]\n").id(), "graph.bad_folder");
  EXPECT_EQ(error_of(table + "}]\n").id(), "config.missing_key");
}

TEST_F(SourceFolder, DegreesAreCountedFromRowsAlone) {
  write_openke();
  const std::string yaml =
      "entities: {entity: {min_degree: 2}}\n"
      "relations: {\"*\": {lhs: entity, rhs: entity}}\n"
      "sources: [{path: kg, format: openke}]\n";
  import(yaml);  // each of a, b, c stands in two rows, d in none
  EXPECT_EQ(Graph::open(dir_ / "graph").vocabulary(0).size(), 3u);
}

TEST_F(SourceFolder, IsReadAlikeByAnyNumberOfThreads) {
  std::string entities = "5000\n", train = "9000\n";
  for (int i = 0; i < 5000; ++i)
    entities += "name" + std::to_string(i * 7 % 5000) + "x\t" + std::to_string(i) + "\n";
  for (int i = 0; i < 9000; ++i) {
    train += std::to_string(i % 4000) + " " + std::to_string(i % 4001) + " " +
             std::to_string(i % 2) + "\n";
  }
  write("kg/entity2id.txt", entities);
  write("kg/relation2id.txt", "2\nlikes\t0\nknows\t1\n");
  write("kg/train2id.txt", train);
  import(openke() + "import: {threads: 1}\n", "one");
  import(openke() + "import: {threads: 5, memory: 200MiB}\n", "five");
  EXPECT_EQ(contents("one"), contents("five"));
  EXPECT_EQ(Graph::open(dir_ / "one").vocabulary(0).size(), 5000u);
}

TEST_F(SourceFolder, StaysInTheConfigOfTheGraph) {
  write_openke();
  import(openke());
  const auto text = read_text(dir_ / "graph" / Graph::kConfigFile);
  const auto again = config::load<ImportOptions>(config::Document::parse_yaml(text, "again.yaml"));
  ASSERT_EQ(again.sources.size(), 1u);
  EXPECT_EQ(again.sources[0].format, TableFormat::openke);
  import(again, "again");
  EXPECT_EQ(contents("graph"), contents("again"));
}

using NamesOfATable = ImportTest;

TEST_F(NamesOfATable, AreEntitiesEvenWithoutEdges) {
  write("names.tsv", "a\tx\nz\ty\n");
  write("e.tsv", "a\tb\n");
  const std::string yaml =
      "entities: {user: {names: names.tsv}}\n"
      "relations: {follow: {lhs: user, rhs: user}}\n"
      "sources: [{path: e.tsv, relation: follow}]\n";
  const ImportSummary summary = import(yaml);
  EXPECT_EQ(summary.num_rows, 1u);
  const Vocabulary names = Graph::open(dir_ / "graph").vocabulary(0);
  EXPECT_EQ(names.size(), 3u);
  EXPECT_TRUE(names.find("z"));
  EXPECT_FALSE(names.find("y"));
  write("names.tsv", "a\n\xff\n");
  const Error error = error_of(yaml);
  EXPECT_EQ(error.id(), "graph.bad_name");
  EXPECT_THAT(error.what(), ::testing::HasSubstr("names.tsv:2"));
  std::filesystem::remove(dir_ / "names.tsv");
  EXPECT_THAT(error_of(yaml).what(), ::testing::HasSubstr("entities.user.names"));
}

using OtherPrograms = ImportTest;

TEST_F(OtherPrograms, TsvOfPyTorchBigGraphIsATableWithARelationColumn) {
  write("fb.txt", "a\tlikes\tb\nb\tknows\tc\n");
  import(kOneType +
         "sources: [{path: fb.txt, format: tsv, lhs: 0, relation: {column: 1}, rhs: 2}]\n");
  EXPECT_EQ(edges("likes"), Edges({"a>b"}));
  EXPECT_EQ(edges("knows"), Edges({"b>c"}));
}

TEST_F(OtherPrograms, ListsPerUserAreEdgesToEachItem) {
  write("train.txt", "0 10 11 12\n1 11\n2\n");
  write("test.txt", "0 13\n");
  const ImportSummary summary = import(
      "entities: {user: {}, item: {}}\n"
      "relations: {interact: {lhs: user, rhs: item}}\n"
      "sources:\n"
      "  - {path: train.txt, format: lists, relation: interact, split: train}\n"
      "  - {path: test.txt, format: lists, relation: interact, split: test}\n");
  EXPECT_EQ(summary.num_rows, 5u);
  EXPECT_EQ(edges("interact"), Edges({"0>10", "0>11", "0>12", "1>11"}));
  EXPECT_EQ(edges("interact", "test"), Edges({"0>13"}));
}

}  // namespace
}  // namespace twhin
