// What import says of input that it cannot read, and that it loses nothing silently.
#include <gmock/gmock.h>

#include <algorithm>

#include "graph/import_fixture.h"

namespace twhin {
namespace {

using ::testing::HasSubstr;

TEST_F(ImportTest, ByteOrderMarksLineEndsEmptyLinesAndCommentsAreAccepted) {
  write("a.csv", "\xef\xbb\xbf# SNAP\r\n\r\nlhs,rhs\r\na,b\r\n\r\n# note\r\nc,d");
  import(kFollow +
         "sources: [{path: a.csv, lhs: lhs, rhs: rhs, relation: follow, comment: \"#\"}]");
  EXPECT_EQ(edges("follow"), (Edges{"a>b", "c>d"}));
}

TEST_F(ImportTest, QuotedFieldsMayHoldDelimitersQuotesAndLineEnds) {
  write("a.csv", "\"a,1\",\"b\"\"2\"\n\"c\nd\",e\n\"f\",\"\"\"\"\n");
  import(kFollow + "sources: [{path: a.csv, relation: follow}]");
  EXPECT_EQ(edges("follow"), (Edges{"a,1>b\"2", "c\nd>e", "f>\""}));
}

TEST_F(ImportTest, OutsideOfCsvAQuoteIsACharacterLikeAnyOther) {
  write("a.tsv", "\"a\tb\"\n");
  import(kFollow + "sources: [{path: a.tsv, relation: follow}]");
  EXPECT_EQ(edges("follow"), Edges{"\"a>b\""});
}

TEST_F(ImportTest, RunsOfSpacesAndListsCanBeRead) {
  write("a.txt", "  a   b \n c\td\n");
  import(kFollow + "sources: [{path: a.txt, relation: follow, delimiter: whitespace}]");
  EXPECT_EQ(edges("follow"), (Edges{"a>b", "c>d"}));
  write("lists.txt", "u i j k\nv\nw i\n");
  import(kFollow + "sources: [{path: lists.txt, relation: follow, format: lists}]");
  EXPECT_EQ(edges("follow"), (Edges{"u>i", "u>j", "u>k", "w>i"}));
}

TEST_F(ImportTest, WhatIsSkippedMayEndWhereABlockEnds) {
  for (const std::size_t size : {(1u << 20) - 1, 1u << 20, (1u << 20) + 1}) {
    const std::string comment = "#" + std::string(size - 2, 'c') + "\n", lines(size, '\n');
    for (const std::string& skipped : {comment, lines}) {
      write("c.tsv", skipped + "a\tb\n");
      const ImportSummary summary = import(
          kFollow + "sources: [{path: c.tsv, relation: follow, lhs: 0, rhs: 1, comment: \"#\"}]");
      EXPECT_EQ(summary.num_edges(), 1u);
      std::filesystem::remove_all(dir_ / "graph");
    }
  }
}

TEST_F(ImportTest, AListMayBeLongerThanWhatIsTakenApartAtATime) {
  std::string list = "u";
  for (int i = 0; i < 200'000; ++i) list += " i" + std::to_string(i);
  write("lists.txt", "t i1 i2\n" + list + "\nv i3\n");
  const ImportSummary summary =
      import(kFollow + "sources: [{path: lists.txt, relation: follow, format: lists}]");
  EXPECT_EQ(summary.num_edges(), 200'003u);
  EXPECT_EQ(summary.schema.entities[0].num_entities(), 200'003u);
  std::replace(list.begin(), list.end(), ' ', ',');
  write("bad.txt", "t,i1\n" + list + ",\"x\nv,i3\n");
  const Error error = error_of(kFollow +
                               "sources: [{path: bad.txt, relation: follow, format: lists, "
                               "delimiter: \",\", quotes: true}]");
  EXPECT_EQ(error.id(), "graph.bad_quotes");
  EXPECT_THAT(error.what(), HasSubstr("bad.txt:2"));
}

/// A source of one file, what its options are, and the error that it must give.
struct BadFile {
  const char* name;
  std::string content;
  const char* source;  ///< further options
  const char* id;
  std::vector<const char*> message;  ///< parts of it

  friend std::ostream& operator<<(std::ostream& out, const BadFile& f) { return out << f.name; }
};

class BadInput : public ImportTest, public ::testing::WithParamInterface<BadFile> {};

TEST_P(BadInput, IsNamedWithItsPlace) {
  const BadFile& file = GetParam();
  const std::string yaml =
      kFollow + "sources: [{path: bad.csv, relation: follow" + file.source + "}]\n";
  write("bad.csv", file.content);
  const Error error = error_of(yaml);
  EXPECT_EQ(error.id(), file.id) << error.what();
  for (const char* part : file.message) EXPECT_THAT(error.what(), HasSubstr(part));
}

const BadFile kBadFiles[] = {
    {"TooFewColumns",
     "a,b\nc\n",
     "",
     "graph.ragged_row",
     {"at:        bad.csv:2", "found:     1 columns", "expected:  2 columns"}},
    {"TooManyColumns", "a,b\nc,d,e\n", "", "graph.ragged_row", {"bad.csv:2", "3 columns"}},
    {"NoNumber",
     "a,b,1\na,c,heavy\n",
     ", weight: 2",
     "graph.bad_weight",
     {"bad.csv:2", "\"heavy\"", "a finite number that is not negative"}},
    {"NotANumberWeight",
     "a,b,1\na,c,nan\n",
     ", weight: 2",
     "graph.bad_weight",
     {"bad.csv:2", "\"nan\""}},
    {"InfiniteWeight", "a,b,1e39\n", ", weight: 2", "graph.bad_weight", {"bad.csv:1", "\"1e39\""}},
    {"NegativeWeight", "a,b,-1\n", ", weight: 2", "graph.bad_weight", {"bad.csv:1", "\"-1\""}},
    {"FractionalTime",
     "a,b,1.5\n",
     ", timestamp: 2",
     "graph.bad_timestamp",
     {"bad.csv:1", "\"1.5\"", "a whole number"}},
    {"OverflowingTime",
     "a,b,99999999999999999999\n",
     ", timestamp: 2",
     "graph.bad_timestamp",
     {"bad.csv:1"}},
    {"EmptyName", "a,b\n,c\n", "", "graph.empty_name", {"bad.csv:2"}},
    {"NulByte", std::string("a,b\nc,d\0e\n", 10), "", "graph.bad_name", {"bad.csv:2", "NUL"}},
    {"BadUtf8", "a,b\nc,d\xff\n", "", "graph.bad_name", {"bad.csv:2", "UTF-8"}},
    {"OverlongUtf8", "a,\xc0\xaf\n", "", "graph.bad_name", {"bad.csv:1"}},
    {"Surrogate", "a,\xed\xa0\x80\n", "", "graph.bad_name", {"bad.csv:1"}},
    {"CutOffUtf8", "a,b\xe2\x82\n", "", "graph.bad_name", {"bad.csv:1"}},
    {"Utf16", std::string("\xff\xfe\x61\x00", 4), "", "graph.encoding", {"bad.csv", "UTF-16"}},
    {"OpenQuote",
     "a,b\n\"c,d\ne,f\n",
     "",
     "graph.bad_quotes",
     {"bad.csv:2", "set `quotes: false`"}},
    {"TextAfterAQuote", "a,b\n\"c\"x,d\n", "", "graph.bad_quotes", {"bad.csv:2"}},
    {"StrayQuote",
     "x,y\na\"1,b\nc,d\"2\ne,f\n",
     "",
     "graph.ragged_row",
     {"bad.csv:2", "set `quotes: false`"}},
    {"LongName",
     "a," + std::string(5000, 'x') + "\n",
     "",
     "graph.bad_name",
     {"bad.csv:1", "5000 bytes", "at most 4096"}},
    {"EmptyFile", "", "", "graph.empty_file", {"\"bad.csv\" is empty"}},
    {"OnlyEmptyLines", "\n\r\n\n", "", "graph.empty_file", {"has no rows"}},
    {"OnlyAHeader", "lhs,rhs\n", ", lhs: lhs, rhs: rhs", "graph.no_rows", {"bad.csv"}},
    {"MissingColumn",
     "src,dst\na,b\n",
     ", lhs: src, rhs: dest",
     "graph.missing_column",
     {"\"bad.csv\" has no column \"dest\"", "2 columns: src, dst", "did you mean \"dst\"?"}},
    {"MissingColumnNumber", "a,b\n", ", weight: 7", "graph.missing_column", {"has no column 7"}},
    {"TruncatedGzip",
     std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xd4", 12),
     "",
     "graph.damaged_file",
     {"bad.csv", "damaged or cut off"}},
    {"NotParquet", "a,b\n", ", format: parquet", "graph.damaged_file", {"bad.csv"}},
    {"NotArrow", "a,b\n", ", format: arrow", "graph.damaged_file", {"bad.csv"}},
};

INSTANTIATE_TEST_SUITE_P(Files, BadInput, ::testing::ValuesIn(kBadFiles),
                         [](const auto& each) { return each.param.name; });

TEST_F(ImportTest, SkippedRowsAreCountedAndTheRestIsKept) {
  write("a.txt", "a b 1\nc d\ne f x\ng h 2\n i 3\nj k -1\n");
  const ImportSummary summary = import(kFollow +
                                       "sources: [{path: a.txt, relation: follow, weight: 2}]\n"
                                       "import: {on_bad_row: skip}");
  EXPECT_EQ(edges("follow"), (Edges{"a>b", "g>h*2"}));
  EXPECT_EQ(summary.num_rows, 6u);
  EXPECT_EQ(summary.counts[0].rejected, 4u);
  ASSERT_EQ(summary.rejected.size(), 4u);
  EXPECT_EQ(summary.rejected[0].place, "a.txt:2");
  EXPECT_EQ(summary.rejected[1].place, "a.txt:3");
  EXPECT_EQ(summary.rejected[2].place, "a.txt:5");
  EXPECT_EQ(summary.rejected[3].place, "a.txt:6");
  EXPECT_EQ(summary.schema.entities[0].num_entities(), 4u)
      << "names of rejected rows stay out of the vocabulary";
}

// A table of names says which entities there are: none of its rows is left out.
TEST_F(ImportTest, ABadRowOfNamesEndsTheImportAndNoAdviceSaysOtherwise) {
  write("edges.txt", "a b\n");
  write("names.txt", "a\n\xff\n");
  const std::string config =
      "entities: {user: {names: names.txt}}\n"
      "relations: {follow: {lhs: user, rhs: user}}\n"
      "sources: [{path: edges.txt, relation: follow}]\n";
  for (const char* more : {"", "import: {on_bad_row: skip}"}) {
    const Error error = error_of(config + more);
    EXPECT_EQ(error.id(), "graph.bad_name");
    EXPECT_THAT(error.what(), HasSubstr("names.txt:2"));
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("on_bad_row")));
  }
}

TEST_F(ImportTest, ALineWithoutEndIsRefusedWithinBoundedMemory) {
  const std::string line(40u << 20, 'x');
  write("a.txt", "a b\n" + line + "\nc d\n");
  const std::string source = "sources: [{path: a.txt, relation: follow}]\n";
  const Error error = error_of(kFollow + source);
  EXPECT_EQ(error.id(), "graph.long_line");
  EXPECT_THAT(error.what(), HasSubstr("a.txt:2"));
  const ImportSummary summary = import(kFollow + source + "import: {on_bad_row: skip}");
  EXPECT_EQ(summary.counts[0].rejected, 1u);
  EXPECT_EQ(edges("follow"), (Edges{"a>b", "c>d"}));
}

TEST_F(ImportTest, MistakesInTheConfigAreFoundBeforeAnythingIsRead) {
  const std::string source = "sources: [{path: none.txt, relation: follow}]";
  const Error type =
      error_of("entities: {user: {}}\nrelations: {follow: {lhs: usr, rhs: user}}\n" + source);
  EXPECT_EQ(type.id(), "graph.unknown_entity_type");
  EXPECT_THAT(type.what(), HasSubstr("relations.follow.lhs"));
  EXPECT_THAT(type.what(), HasSubstr("did you mean \"user\"?"));

  const Error relation = error_of(kFollow + "sources: [{path: none.txt, relation: folow}]");
  EXPECT_EQ(relation.id(), "graph.unknown_relation");
  EXPECT_THAT(relation.what(), HasSubstr("sources[0].relation"));
  EXPECT_THAT(relation.what(), HasSubstr("did you mean \"follow\"?"));

  const Error network = error_of(kFollow + source + "\nnetworks: {all: [like]}");
  EXPECT_EQ(network.id(), "graph.unknown_relation");
  EXPECT_THAT(network.what(), HasSubstr("networks.all"));

  const Error split =
      error_of(kFollow + "sources: [{path: x, relation: follow, split: test}]\nsplit: {test: 0.1}");
  EXPECT_EQ(split.id(), "graph.bad_split");
}

TEST_F(ImportTest, FilesThatAreNotThereAreNamedWithTheNearest) {
  write("follows.tsv", "a\tb\n");
  const Error missing = error_of(kFollow + "sources: [{path: folows.tsv, relation: follow}]");
  EXPECT_EQ(missing.id(), "graph.no_such_file");
  EXPECT_THAT(missing.what(), HasSubstr("did you mean \"follows.tsv\"?"));
  EXPECT_EQ(error_of(kFollow + "sources: [{path: \"*.csv\", relation: follow}]").id(),
            "graph.no_such_file");
  write("edges.bin", "a\tb\n");
  const Error format = error_of(kFollow + "sources: [{path: edges.bin, relation: follow}]");
  EXPECT_EQ(format.id(), "graph.unknown_format");
}

TEST_F(ImportTest, AnUnknownRelationInAColumnIsABadRow) {
  write("a.txt", "a b follow\na c folow\n");
  const std::string source = "sources: [{path: a.txt, relation: {column: 2}}]\n";
  const Error error = error_of(kFollow + source);
  EXPECT_EQ(error.id(), "graph.unknown_relation");
  EXPECT_THAT(error.what(), HasSubstr("a.txt:2"));
  EXPECT_THAT(error.what(), HasSubstr("did you mean \"follow\"?"));
  EXPECT_EQ(import(kFollow + source + "import: {on_bad_row: skip}").unassigned_rejected, 1u);
}

TEST_F(ImportTest, TimestampsInSomeSourcesOfARelationOnlyAreRefused) {
  write("a.txt", "a b 1\n");
  const Error error = error_of(kFollow +
                               "sources:\n"
                               "  - {path: a.txt, relation: follow, timestamp: 2}\n"
                               "  - {path: a.txt, relation: follow}\n");
  EXPECT_EQ(error.id(), "graph.mixed_timestamps");
}

}  // namespace
}  // namespace twhin
