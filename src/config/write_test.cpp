#include "twhin/config/write.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "config/sample_options.h"
#include "twhin/config/load.h"

namespace twhin::config {
namespace {

SampleConfig sample() {
  SampleConfig config;
  config.graph = "/data/g";
  config.relations = {{"follow", {"user", "user", SampleOperator::translation, 0.1f}},
                      {"true", {"a b", "#1", SampleOperator::none, 1.0f}}};
  config.networks = {{"all", {"follow", "true"}}, {"none", {}}};
  config.sources.resize(2);
  config.sources[0].path = "/data/a*.tsv";
  config.sources[1].path = "/data/b.tsv";
  config.sources[1].lhs = SampleColumn("0");
  config.train.max_norm = 1.5f;
  config.train.hits = {1, 3};
  return config;
}

TEST(Write, YamlHasEveryOptionInTheOrderOfTheDeclaration) {
  EXPECT_EQ(to_yaml(sample()),
            "graph: /data/g\n"
            "relations:\n"
            "  follow:\n"
            "    lhs: user\n"
            "    rhs: user\n"
            "    operator: translation\n"
            "    weight: 0.1\n"
            "  \"true\":\n"
            "    lhs: \"a b\"\n"
            "    rhs: \"#1\"\n"
            "    operator: none\n"
            "    weight: 1\n"
            "networks:\n"
            "  all: [follow, \"true\"]\n"
            "  none: []\n"
            "sources:\n"
            "  - path: /data/a*.tsv\n"
            "    lhs: 0\n"
            "    delimiter: \"\\t\"\n"
            "  - path: /data/b.tsv\n"
            "    lhs: \"0\"\n"
            "    delimiter: \"\\t\"\n"
            "train:\n"
            "  dim: 128\n"
            "  epochs: 10\n"
            "  seed: 1\n"
            "  learning_rate: 0.1\n"
            "  max_norm: 1.5\n"
            "  deterministic: false\n"
            "  loss: logistic\n"
            "  memory: 4GiB\n"
            "  checkpoint_every: 10m\n"
            "  hits: [1, 3]\n");
}

TEST(Write, JsonSaysTheSame) {
  SampleTrain train;
  train.loss = "a\"b\\\n\x01";
  EXPECT_EQ(to_json(train),
            "{\n"
            "  \"dim\": 128,\n"
            "  \"epochs\": 10,\n"
            "  \"seed\": 1,\n"
            "  \"learning_rate\": 0.1,\n"
            "  \"max_norm\": null,\n"
            "  \"deterministic\": false,\n"
            "  \"loss\": \"a\\\"b\\\\\\n\\u0001\",\n"
            "  \"memory\": \"4GiB\",\n"
            "  \"checkpoint_every\": \"10m\",\n"
            "  \"hits\": [1, 10]\n"
            "}\n");
}

TEST(Write, JsonOfAFileThatWasReadQuotesWhatIsNoLiteral) {
  const Document document = Document::parse_yaml(
      "b: [a, true, 17, -0.5e+3, 0, 010, +5, 1., .5, 1e, -x, nan, '17', 0x1F, 1 2, 1.5.2]", "x");
  EXPECT_EQ(
      to_json(*document.root().node().find("b")),
      "[\"a\", true, 17, -0.5e+3, 0, \"010\", \"+5\", \"1.\", \".5\", \"1e\", \"-x\", \"nan\", "
      "\"17\", \"0x1F\", \"1 2\", \"1.5.2\"]\n");
}

TEST(Write, PlainTextOfAFileIsQuotedWhereItCouldEnd) {
  const Document document = Document::parse_yaml("a: x, y\nb: 1e5\nc: +5\nd: it's\n  here\n", "x");
  EXPECT_EQ(to_yaml(document.root().node()), "a: \"x, y\"\nb: 1e5\nc: +5\nd: \"it's here\"\n");
}

// The stored config is what a version is reopened with.
TEST(Write, BothTextsGiveTheSameOptionsBack) {
  const std::string yaml = to_yaml(sample());
  const std::string json = to_json(sample());
  EXPECT_EQ(to_yaml(load<SampleConfig>(Document::parse_yaml(yaml, "v1/config.yaml", "/else"))),
            yaml);
  EXPECT_EQ(to_yaml(load<SampleConfig>(Document::parse_json(json, "v1/config.json", "/else"))),
            yaml);
}

TEST(Write, PathsComeOutAbsolute) {
  const Document document = Document::parse_yaml("graph: run/g", "run.yaml", "/data");
  EXPECT_THAT(to_yaml(load<SampleConfig>(document)), ::testing::StartsWith("graph: /data/run/g\n"));
}

TEST(Write, TextThatYamlCouldMistakeIsQuoted) {
  for (const char* text :
       {"",      "true",     "No",    "null",       "~",    "17",   "1e5", "0x1F", "0o17",
        "1_000", "-3",       ".5",    "2020-01-01", "a: b", "a #b", "- a", "*a",   "&a",
        "!a",    "%a",       "@a",    "`a",         "a,b",  "[a",   "{a",  " a",   "a ",
        "a\nb",  "\x7f",     "\"",    "'",          "?",    "|",    "y",   "off",  ".inf",
        "NaN",   "\xC3\xBC", "1.5.2", "0b11",       "\\"}) {
    const std::string written = inline_text(Node::scalar(text, true));
    EXPECT_EQ(written.front(), '"') << text;
    const Document document = Document::parse_yaml("k: " + written, "x");
    EXPECT_EQ(document.find("k")->node().text, text);
    EXPECT_TRUE(document.find("k")->node().quoted) << text;
  }
  for (const char* text :
       {"user", "run/graph", "/abs/a*.tsv", "4GiB", "7d", "complex_diagonal", "v1"}) {
    EXPECT_EQ(inline_text(Node::scalar(text, true)), text);
  }
}

TEST(Write, NumbersComeBackBitForBit) {
  SampleTrain train;
  for (const double value : {0.1, 1.0 / 3.0, 1e-300, 5e-324, 9.87654321e5, 2.0}) {
    train.learning_rate = value;
    const Document document = Document::parse_yaml(to_yaml(train), "x");
    double read = 0.0;
    Value<double>::read(*document.find("learning_rate"), read);
    EXPECT_EQ(read, value);
  }
  for (const float value : {0.1f, 1.0f / 3.0f, 1e-45f, 16777217.0f}) {
    train.max_norm = value;
    const Document document = Document::parse_yaml(to_yaml(train), "x");
    float read = 0.0f;
    Value<float>::read(*document.find("max_norm"), read);
    EXPECT_EQ(read, value);
  }
}

TEST(Write, TimesComeBackBitForBit) {
  // 0.011 / 0.001 rounds to 11, but 11 * 0.001 is another double.
  for (const double value : {0.011000000000000001, 0.011, 0.1 + 0.2, 0.3, 0.0003, 1e9 / 7.0, 1e300,
                             0.123, 86400.0 / 7.0}) {
    const Document document = Document::parse_yaml("t: " + to_text(Seconds{value}), "x");
    EXPECT_EQ(read_seconds(*document.find("t")).value, value) << to_text(Seconds{value});
  }
}

TEST(Write, SizesAndTimesTakeTheShortestUnit) {
  EXPECT_EQ(to_text(Bytes{0}), "0");
  EXPECT_EQ(to_text(Bytes{512'000'000}), "512MB");
  EXPECT_EQ(to_text(Bytes{1u << 30}), "1GiB");
  EXPECT_EQ(to_text(Bytes{1536u << 20}), "1536MiB");
  EXPECT_EQ(to_text(Bytes{1'000'001}), "1000001");
  EXPECT_EQ(to_text(Bytes{7}), "7");
  EXPECT_EQ(to_text(Seconds{0}), "0s");
  EXPECT_EQ(to_text(Seconds{90}), "90s");
  EXPECT_EQ(to_text(Seconds{604800}), "7d");
  EXPECT_EQ(to_text(Seconds{5400}), "90m");
  EXPECT_EQ(to_text(Seconds{0.25}), "250ms");
  EXPECT_EQ(to_text(Seconds{-60}), "-1m");
  EXPECT_EQ(to_text(Seconds{1.0 / 3.0}), "0.3333333333333333s");
}

}  // namespace
}  // namespace twhin::config
