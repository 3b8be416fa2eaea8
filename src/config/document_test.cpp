#include "twhin/config/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "config/sample_options.h"
#include "twhin/config/load.h"

namespace twhin::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Document yaml(std::string_view text) { return Document::parse_yaml(text, "run.yaml", "/data"); }
Document json(std::string_view text) { return Document::parse_json(text, "run.json", "/data"); }

std::string scalar_at(const Document& document, std::string_view path) {
  const auto found = document.find(path);
  return found ? found->node().text : "(absent)";
}

TEST(Document, KnowsTheLineOfEachValueInYaml) {
  const Document document = yaml(
      "# a comment\n"
      "graph: run/graph\n"
      "relations:\n"
      "  follow: {lhs: user,\n"
      "           rhs: user}\n"
      "sources:\n"
      "  - path: a.tsv\n"
      "  - path: b.tsv\n"
      "    lhs: 0\n");
  EXPECT_EQ(document.place("graph"), "run.yaml:2, graph");
  EXPECT_EQ(document.place("relations"), "run.yaml:3, relations");
  EXPECT_EQ(document.place("relations.follow.rhs"), "run.yaml:5, relations.follow.rhs");
  EXPECT_EQ(document.place("sources[1].lhs"), "run.yaml:9, sources[1].lhs");
  EXPECT_EQ(document.place("train"), "run.yaml, train");
  EXPECT_EQ(document.place("relations.follow.op"), "run.yaml:4, relations.follow.op");
}

TEST(Document, KnowsTheLineOfEachValueInJson) {
  const Document document = json(
      "{\n"
      "  \"train\": {\"dim\": 64\n"
      "  , \"epochs\":\n"
      "    7\n"
      "  },\n"
      "  \"hits\": [1,\n"
      "           2,\n"
      "           \"x\"]\n"
      "}\n");
  EXPECT_EQ(document.place("train.dim"), "run.json:2, train.dim");
  EXPECT_EQ(document.place("train.epochs"), "run.json:4, train.epochs");
  EXPECT_EQ(document.place("hits[0]"), "run.json:6, hits[0]");
  EXPECT_EQ(document.place("hits[2]"), "run.json:8, hits[2]");
}

TEST(Document, ReadsJsonNumbersStringsAndEscapesAsTheyAre) {
  const Document document = json(
      "{\"a\": 18446744073709551615, \"b\": 1.5e-3, \"c\": \"\\ud83d\\ude00\\/\\n\", "
      "\"d\": true, \"e\": null, \"f\": -3}");
  EXPECT_EQ(scalar_at(document, "a"), "18446744073709551615");
  EXPECT_EQ(scalar_at(document, "b"), "1.5e-3");
  EXPECT_EQ(scalar_at(document, "c"), "\xF0\x9F\x98\x80/\n");
  EXPECT_EQ(scalar_at(document, "d"), "true");
  EXPECT_EQ(document.find("e")->node().kind, Node::Kind::null);
  EXPECT_EQ(scalar_at(document, "f"), "-3");
  EXPECT_FALSE(document.find("a")->node().quoted);
  EXPECT_TRUE(document.find("c")->node().quoted);
}

TEST(Document, AcceptsByteOrderMarkAndCrlf) {
  const Document document = yaml("\xEF\xBB\xBFgraph: g\r\ntrain:\r\n  dim: 64\r\n");
  EXPECT_EQ(scalar_at(document, "graph"), "g");
  EXPECT_EQ(scalar_at(document, "train.dim"), "64");
  EXPECT_EQ(document.place("train.dim"), "run.yaml:3, train.dim");
  EXPECT_THAT(caught([] {
                yaml(
                    "\xEF\xBB\xBF"
                    "a: \"x\n");
              }).text,
              HasSubstr("run.yaml:1:4\n"));
}

TEST(Document, AnEmptyFileIsAnEmptyMap) {
  EXPECT_EQ(yaml("").root().node().kind, Node::Kind::map);
  EXPECT_EQ(yaml("# nothing\n").root().node().kind, Node::Kind::map);
}

TEST(Document, QuotesEndWhereTheyAreClosed) {
  EXPECT_EQ(scalar_at(yaml("a: 'it''s'"), "a"), "it's");
  EXPECT_EQ(scalar_at(yaml("a: \"\\\\\"  # and a comment"), "a"), "\\");
  EXPECT_EQ(scalar_at(yaml("\xC3\xBC: \"x\"\r\n\xC3\xBC\xC3\xBC: \"y\""), "\xC3\xBC\xC3\xBC"), "y");
  EXPECT_EQ(scalar_at(yaml("a: &b \"x\"\nc: |\n  \"open\n"), "c"), "\"open\n");
}

TEST(Document, AliasesRepeatTheirAnchor) {
  const Document document = yaml("a: &x {k: 1}\nb: *x\n");
  EXPECT_EQ(scalar_at(document, "b.k"), "1");
  EXPECT_EQ(document.place("b.k"), "run.yaml:1, b.k");
}

TEST(Document, DuplicateKeysAreAnErrorWithBothLines) {
  const Caught error = caught([] { yaml("train:\n  dim: 1\n  epochs: 2\n  dim: 3\n"); });
  EXPECT_EQ(error.id, "config.duplicate_key");
  EXPECT_EQ(error.text,
            "key \"dim\" is given twice\n"
            "  at:        run.yaml:4\n"
            "  found:     the same key in line 2\n"
            "  hint:      remove one of them\n"
            "  id:        config.duplicate_key");
  EXPECT_EQ(caught([] { json("{\"a\": 1,\n\"a\": 2}"); }).id, "config.duplicate_key");
}

struct BadText {
  const char* text;
  const char* place;
  const char* sentence;
  friend std::ostream& operator<<(std::ostream& os, const BadText& bad) { return os << bad.text; }
};

class YamlSyntax : public ::testing::TestWithParam<BadText> {};

TEST_P(YamlSyntax, ErrorsSayWhereAndWhatInPlainWords) {
  const Caught error = caught([] { yaml(GetParam().text); });
  EXPECT_EQ(error.kind, ErrorKind::invalid_argument);
  EXPECT_EQ(error.id, "config.syntax");
  EXPECT_THAT(error.text, HasSubstr(GetParam().place));
  EXPECT_THAT(error.text, HasSubstr(GetParam().sentence));
  EXPECT_THAT(error.text, Not(HasSubstr("yaml-cpp")));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, YamlSyntax,
    ::testing::Values(BadText{"train:\n  dim: 64\n epochs: 3\n", "run.yaml:3:2", "indentation"},
                      BadText{"a: [1, 2\nb: 3\n", "run.yaml:2:", "\"[\" is not closed"},
                      BadText{"a: {b: 1\nc: 3\n", "run.yaml:", "\"{\" is not closed"},
                      BadText{"a: b: c\n", "run.yaml:1:5", "\":\" stands where none can"},
                      BadText{"a: \"open\n", "run.yaml:", "quote is not closed"},
                      BadText{"b: 1\na: &x 'it''s \n", "run.yaml:2:4", "quote is not closed"},
                      BadText{"a: \"x\\\"", "run.yaml:1:", "quote is not closed"},
                      BadText{"a:\n\tb: 1\n", "run.yaml:2:", "tab"},
                      BadText{"path: *.tsv\n", "run.yaml:1:", "begins with *"},
                      BadText{"a: !secret x\n", "run.yaml:1:4", "begins with !"},
                      BadText{"a: \"C:\\data\"\n", "run.yaml:1:", "escape"},
                      BadText{"a: @x\n", "run.yaml:1:4", "quote the text"},
                      BadText{"a: 1\n---\nb: 2\n", "run.yaml:", "second document"},
                      BadText{"? [a, b]\n: 1\n", "run.yaml:1:", "a key must be text"},
                      BadText{"~: 1\n", "run.yaml:1:", "a key is empty"},
                      BadText{"a: &x [*x]\n", "run.yaml:1:", "part of"}));

TEST(Document, JsonSyntaxErrorsSayLineAndColumn) {
  const Caught error = caught([] { json("{\n  \"a\": 1,\n  \"b\" 2\n}"); });
  EXPECT_EQ(error.id, "config.syntax");
  EXPECT_THAT(error.text, HasSubstr("run.json:3:7"));
  EXPECT_THAT(error.text, HasSubstr("\\\"b\\\" 2"));
  EXPECT_EQ(caught([] { json("{\"a\": 1"); }).id, "config.syntax");
  EXPECT_EQ(caught([] { json("{} x"); }).id, "config.syntax");
}

TEST(Document, OtherEncodingsAreRefusedWithTheirLine) {
  for (const std::string_view bad : {"\xC3", "\xFF\xFE", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80"}) {
    const Caught error = caught([&] { yaml("a: 1\nb: " + std::string(bad)); });
    EXPECT_EQ(error.id, "config.encoding");
    EXPECT_THAT(error.text, HasSubstr("run.yaml:2"));
  }
  EXPECT_EQ(caught([] { yaml(std::string("a: \0", 4)); }).id, "config.encoding");
  EXPECT_EQ(scalar_at(yaml("a: \xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80"), "a"),
            "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(Document, AbsurdSizesAreRefused) {
  EXPECT_EQ(caught([] { yaml(std::string(1 << 21, ' ')); }).id, "config.too_large");
  EXPECT_EQ(caught([] { yaml("a: " + std::string(100, '[') + std::string(100, ']')); }).id,
            "config.too_large");
  EXPECT_EQ(
      caught([] { json("{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}"); }).id,
      "config.too_large");
  // Each line holds ten times the line above: 10^9 values in the last.
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string above = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + above;
    for (int j = 1; j < 10; ++j) laughs += ", " + above;
    laughs += "]\n";
  }
  EXPECT_EQ(caught([&] { yaml(laughs); }).id, "config.too_large");
  EXPECT_NO_THROW(yaml("a: " + std::string(60, '[') + std::string(60, ']')));
}

TEST(Document, TheRootMustBeAMap) {
  const Caught error = caught([] { yaml("- a\n- b\n"); });
  EXPECT_EQ(error.id, "config.wrong_type");
  EXPECT_THAT(error.text, HasSubstr("the config has a value of the wrong type"));
  EXPECT_THAT(error.text, HasSubstr("found:     a list of 2"));
}

TEST(Document, OverridesReplaceOrAdd) {
  Document document = yaml("train: {dim: 64}\nsources:\n  - path: a\n  - path: b\nempty:\n");
  document.set("train.dim=128");
  document.set("train.loss=softmax");
  document.set("sources[1].path=c");
  document.set("relations.\"a.b\".weight=2");
  document.set("relations.\"a=b\".weight=3");
  document.set("empty.x=[1, 2]");
  document.set("text=a=b");
  document.set("train.nothing=");
  EXPECT_EQ(scalar_at(document, "train.dim"), "128");
  EXPECT_EQ(scalar_at(document, "train.loss"), "softmax");
  EXPECT_EQ(scalar_at(document, "sources[0].path"), "a");
  EXPECT_EQ(scalar_at(document, "sources[1].path"), "c");
  EXPECT_EQ(scalar_at(document, "relations.\"a.b\".weight"), "2");
  EXPECT_EQ(scalar_at(document, "relations.\"a=b\".weight"), "3");
  EXPECT_EQ(scalar_at(document, "empty.x[1]"), "2");
  EXPECT_EQ(scalar_at(document, "text"), "a=b");
  EXPECT_EQ(document.find("train.nothing")->node().kind, Node::Kind::null);
  EXPECT_EQ(document.place("train.dim"), "--set train.dim=128");
  EXPECT_EQ(document.place("empty.x[1]"), "--set empty.x=[1, 2], empty.x[1]");
}

TEST(Document, OverridesThatCannotBeAreRefused) {
  const auto id_of = [](std::string_view assignment) {
    Document document = yaml("train: {dim: 64}\nsources: [{path: a}]\n");
    return caught([&] { document.set(assignment); }).id;
  };
  for (const std::string_view bad :
       {"train.dim", "=3", "", "[0]=3", "train.dim.x=3", "sources[1].path=b", "train[0]=1",
        "sources[x]=1", "train..dim=3", "train.=3", "relations.\"a.b=2", "sources.path=3"}) {
    EXPECT_EQ(id_of(bad), "config.bad_override") << bad;
  }
  EXPECT_EQ(id_of("train.dim=[1, 2"), "config.syntax");
  EXPECT_EQ(id_of("train={a: 1, a: 2}"), "config.duplicate_key");
}

class Files : public ::testing::Test {
 protected:
  Files()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("config_files." + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Files() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const char* name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  std::filesystem::path folder_;
};

TEST_F(Files, AreReadByTheirExtension) {
  EXPECT_EQ(scalar_at(Document::read(write("a.yaml", "x: 1")), "x"), "1");
  EXPECT_EQ(scalar_at(Document::read(write("a.json", "{\"x\": 2}")), "x"), "2");
  EXPECT_EQ(caught([&] { Document::read(write("b.json", "x: 2")); }).id, "config.syntax");
}

TEST_F(Files, ThatAreMissingOrDirectoriesAreNamed) {
  const Caught missing = caught([&] { Document::read(folder_ / "no.yaml"); });
  EXPECT_EQ(missing.kind, ErrorKind::not_found);
  EXPECT_EQ(missing.id, "config.not_found");
  EXPECT_THAT(missing.text, HasSubstr("no.yaml"));
  EXPECT_THAT(caught([&] { Document::read(folder_); }).text, HasSubstr("is a directory"));
}

TEST_F(Files, GiveRelativePathsTheirFolder) {
  const Document document = Document::read(write("a.yaml", "graph: run/graph/\nmodels: /m\n"));
  EXPECT_EQ(load<SampleSource>(yaml("s: {path: ../x//y}"), "s").path.resolved, "/x/y");
  Path graph, models;
  Value<Path>::read(*document.find("graph"), graph);
  Value<Path>::read(*document.find("models"), models);
  EXPECT_EQ(graph.text, "run/graph/");
  EXPECT_EQ(graph.resolved, folder_ / "run" / "graph");
  EXPECT_EQ(models.resolved, "/m");
}

// Whatever stands in the file, it is read or refused; nothing else can happen.
TEST(Document, AnyChangedByteIsReadOrRefused) {
  const std::string yaml_text =
      "graph: run/graph\nrelations:\n  follow: {lhs: user, rhs: \"user\", weight: 1.5}\n"
      "sources:\n  - {path: 'a*.tsv', lhs: 0}\n  - &b\n    path: |\n      x\n  - *b\n"
      "train: {dim: 64, hits: [1, 10]}\n";
  const std::string json_text =
      "{\"graph\": \"g\", \"train\": {\"dim\": 64, \"hits\": [1, -2.5e3, null, true]}}";
  int refused = 0, read = 0;
  const auto attempt = [&](const auto& parse, const std::string& text) {
    try {
      parse(text);
      ++read;
    } catch (const Error&) {
      ++refused;
    }
  };
  for (const bool is_json : {false, true}) {
    const std::string& text = is_json ? json_text : yaml_text;
    const auto parse = [&](const std::string& changed) { is_json ? json(changed) : yaml(changed); };
    for (std::size_t i = 0; i < text.size(); ++i) {
      attempt(parse, text.substr(0, i));
      for (const char c : std::string_view("\0\t\n -:#&*!|>'\"%@`{}[],?~\\\xC3\xFF", 26)) {
        std::string changed = text;
        changed[i] = c;
        attempt(parse, changed);
      }
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(read, 100);
}

}  // namespace
}  // namespace twhin::config
