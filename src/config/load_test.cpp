#include "twhin/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "config/sample_options.h"

namespace twhin::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Document yaml(std::string_view text) { return Document::parse_yaml(text, "run.yaml", "/data"); }

SampleTrain train(const std::string& text) {
  return load<SampleTrain>(yaml("train: {" + text + "}"), "train");
}

TEST(Load, FillsEveryKindOfOption) {
  const auto config = load<SampleConfig>(
      yaml("graph: g\n"
           "relations:\n"
           "  follow: {lhs: user, rhs: user, operator: translation, weight: 0.5}\n"
           "  favorite: {lhs: user, rhs: tweet}\n"
           "networks:\n"
           "  all: [follow, favorite]\n"
           "sources:\n"
           "  - {path: a.tsv, lhs: src, delimiter: ' '}\n"
           "  - {path: b.tsv, lhs: 2}\n"
           "  - {path: c.tsv, lhs: \"2\"}\n"
           "train:\n"
           "  dim: 64\n"
           "  epochs: 3\n"
           "  seed: 18446744073709551615\n"
           "  learning_rate: 5e-2\n"
           "  max_norm: 2\n"
           "  deterministic: true\n"
           "  loss: softmax\n"
           "  memory: 512MB\n"
           "  checkpoint_every: 30m\n"
           "  hits:\n"
           "    - 1\n"
           "    - 50\n"));
  EXPECT_EQ(config.graph.text, "g");
  EXPECT_EQ(config.graph.resolved, "/data/g");
  ASSERT_EQ(config.relations.size(), 2u);
  EXPECT_EQ(config.relations[0].first, "follow");
  EXPECT_EQ(config.relations[0].second.op, SampleOperator::translation);
  EXPECT_EQ(config.relations[0].second.weight, 0.5f);
  EXPECT_EQ(config.relations[1].first, "favorite");
  EXPECT_EQ(config.relations[1].second.rhs, "tweet");
  EXPECT_EQ(config.relations[1].second.op, SampleOperator::none);
  EXPECT_THAT(config.networks[0].second, ElementsAre("follow", "favorite"));
  ASSERT_EQ(config.sources.size(), 3u);
  EXPECT_EQ(config.sources[0].lhs, SampleColumn("src"));
  EXPECT_EQ(config.sources[0].delimiter, " ");
  EXPECT_EQ(config.sources[1].lhs, SampleColumn(2u));
  EXPECT_EQ(config.sources[2].lhs, SampleColumn("2"));
  EXPECT_EQ(config.train.dim, 64u);
  EXPECT_EQ(config.train.epochs, 3);
  EXPECT_EQ(config.train.seed, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(config.train.learning_rate, 0.05);
  EXPECT_EQ(config.train.max_norm, 2.0f);
  EXPECT_TRUE(config.train.deterministic);
  EXPECT_EQ(config.train.loss, "softmax");
  EXPECT_EQ(config.train.memory.value, 512'000'000u);
  EXPECT_EQ(config.train.checkpoint_every.value, 1800.0);
  EXPECT_THAT(config.train.hits, ElementsAre(1, 50));
}

TEST(Load, WhatIsAbsentKeepsItsDefault) {
  for (const char* text : {"", "train:", "train: {}", "other: 1"}) {
    const auto options = load<SampleTrain>(yaml(text), "train");
    EXPECT_EQ(options.dim, 128u) << text;
    EXPECT_THAT(options.hits, ElementsAre(1, 10)) << text;
    EXPECT_FALSE(options.max_norm) << text;
  }
  EXPECT_TRUE(load<Named<SampleRelation>>(yaml("a: 1"), "relations").empty());
  EXPECT_FALSE(train("max_norm: null").max_norm);
  EXPECT_TRUE(load<SampleConfig>(yaml("relations:\n")).relations.empty());
}

TEST(Load, NullTakesAwayAnOptionalDefault) {
  const Document document = yaml("a: null\nb: 2");
  std::optional<float> value = 1.0f;
  Value<std::optional<float>>::read(*document.find("b"), value);
  EXPECT_EQ(value, 2.0f);
  Value<std::optional<float>>::read(*document.find("a"), value);
  EXPECT_EQ(value, std::nullopt);
}

TEST(Load, AnUnknownKeyIsNamedWithTheNearest) {
  const Caught error =
      caught([] { load<SampleTrain>(yaml("graph: g\ntrain:\n  epoch: 3\n"), "train"); });
  EXPECT_EQ(error.kind, ErrorKind::invalid_argument);
  EXPECT_EQ(error.text,
            "unknown key \"epoch\"\n"
            "  at:        run.yaml:3, train.epoch\n"
            "  expected:  one of dim, epochs, seed, learning_rate, max_norm, deterministic, loss, "
            "memory, checkpoint_every, hits\n"
            "  hint:      did you mean \"epochs\"?\n"
            "  id:        config.unknown_key");
}

TEST(Load, AnUnknownSectionIsNamedWithTheNearest) {
  const Caught error = caught([] { load<SampleConfig>(yaml("graph: g\ntrian: {}\n")); });
  EXPECT_EQ(error.id, "config.unknown_key");
  EXPECT_THAT(error.text, HasSubstr("at:        run.yaml:2, trian\n"));
  EXPECT_THAT(error.text, HasSubstr("did you mean \"train\"?"));
}

TEST(Load, AMissingKeyIsNamedWithItsPlace) {
  const Caught error =
      caught([] { load<SampleConfig>(yaml("relations:\n  follow:\n    lhs: user\n")); });
  EXPECT_EQ(error.text,
            "required key \"rhs\" is missing\n"
            "  at:        run.yaml:2, relations.follow\n"
            "  found:     keys lhs\n"
            "  hint:      add relations.follow.rhs\n"
            "  id:        config.missing_key");
  EXPECT_THAT(caught([] { load<SampleSource>(yaml(""), "sources"); }).text,
              HasSubstr("at:        run.yaml, sources"));
}

TEST(Load, AnUnknownValueIsNamedWithTheNearest) {
  const Caught of_enum = caught([] {
    load<SampleConfig>(yaml("relations:\n  f: {lhs: u, rhs: u,\n   operator: translate}\n"));
  });
  EXPECT_EQ(of_enum.text,
            "\"operator\" has no value \"translate\"\n"
            "  at:        run.yaml:3, relations.f.operator\n"
            "  expected:  one of none, translation, complex_diagonal\n"
            "  hint:      did you mean \"translation\"?\n"
            "  id:        config.unknown_value");
  const Caught of_text = caught([] { train("loss: logistics"); });
  EXPECT_EQ(of_text.id, "config.unknown_value");
  EXPECT_THAT(of_text.text, HasSubstr("did you mean \"logistic\"?"));
}

struct Bad {
  const char* text;
  const char* id;
  const char* found;
  const char* expected;
  friend std::ostream& operator<<(std::ostream& os, const Bad& bad) { return os << bad.text; }
};

class BadValue : public ::testing::TestWithParam<Bad> {};

TEST_P(BadValue, IsRefusedWithWhatWasFoundAndExpected) {
  const Caught error = caught([] { train(GetParam().text); });
  EXPECT_EQ(error.id, GetParam().id);
  EXPECT_THAT(error.text, HasSubstr(std::string("found:     ") + GetParam().found + "\n"));
  EXPECT_THAT(error.text, HasSubstr(std::string("expected:  ") + GetParam().expected + "\n"));
  EXPECT_THAT(error.text, HasSubstr("at:        run.yaml:1, train."));
}

constexpr const char* kType = "config.wrong_type";
constexpr const char* kRange = "config.out_of_range";

INSTANTIATE_TEST_SUITE_P(
    Types, BadValue,
    ::testing::Values(
        Bad{"dim: abc", kType, "abc", "a whole number"},
        Bad{"dim: 1.5", kType, "1.5", "a whole number"},
        Bad{"dim: 1e2", kType, "1e2", "a whole number"},
        Bad{"dim: 1_000", kType, "1_000", "a whole number"},
        Bad{"dim: 010", kType, "010", "a whole number"},
        Bad{"dim: 0x10", kType, "0x10", "a whole number"},
        Bad{"dim: '64'", kType, "the text \"64\"", "a whole number"},
        Bad{"dim: ", kType, "nothing", "a whole number"},
        Bad{"dim: [64]", kType, "a list of 1", "a whole number"},
        Bad{"dim: {a: 1, b: 2}", kType, "a map with a, b", "a whole number"},
        Bad{"learning_rate: fast", kType, "fast", "a number"},
        Bad{"learning_rate: 1.0x", kType, "1.0x", "a number"},
        Bad{"learning_rate: '1'", kType, "the text \"1\"", "a number"},
        Bad{"learning_rate: 0x10", kType, "0x10", "a number"},
        Bad{"deterministic: yes", kType, "yes", "true or false"},
        Bad{"deterministic: 'true'", kType, "the text \"true\"", "true or false"},
        Bad{"deterministic: 1", kType, "1", "true or false"},
        Bad{"loss: [a]", kType, "a list of 1", "text"},
        Bad{"memory: lots", kType, "lots", "a size, as 4096, 512MB or 4GiB"},
        Bad{"memory: 4 XB", kType, "4 XB", "a size, as 4096, 512MB or 4GiB"},
        Bad{"memory: -4GB", kType, "-4GB", "a size, as 4096, 512MB or 4GiB"},
        Bad{"memory: 1.GB", kType, "1.GB", "a size, as 4096, 512MB or 4GiB"},
        Bad{"memory: GB", kType, "GB", "a size, as 4096, 512MB or 4GiB"},
        Bad{"checkpoint_every: 3 weeks", kType, "3 weeks", "a time, as 90, 250ms, 30m, 12h or 7d"},
        Bad{"checkpoint_every: inf", kType, "inf", "a time, as 90, 250ms, 30m, 12h or 7d"},
        Bad{"checkpoint_every: h", kType, "h", "a time, as 90, 250ms, 30m, 12h or 7d"},
        Bad{"hits: 1", kType, "1", "a list"}, Bad{"hits: [a]", kType, "a", "a whole number"}));

INSTANTIATE_TEST_SUITE_P(
    Ranges, BadValue,
    ::testing::Values(
        Bad{"dim: 4294967296", kRange, "4294967296", "between 0 and 4294967295"},
        Bad{"dim: 99999999999999999999", kRange, "99999999999999999999",
            "between 0 and 4294967295"},
        Bad{"dim: -1", kRange, "-1", "between 0 and 4294967295"},
        Bad{"hits: [2147483648]", kRange, "2147483648", "between -2147483648 and 2147483647"},
        Bad{"dim: 0", kRange, "0", "between 4 and 4096"},
        Bad{"dim: 4100", kRange, "4100", "between 4 and 4096"},
        Bad{"dim: 30", kRange, "30", "a multiple of 4"},
        Bad{"epochs: -1", kRange, "-1", "at least 0"},
        Bad{"learning_rate: 0", kRange, "0", "greater than 0"},
        Bad{"learning_rate: 10.5", kRange, "10.5", "at most 10"},
        Bad{"learning_rate: nan", kRange, "nan", "a finite number"},
        Bad{"learning_rate: inf", kRange, "inf", "a finite number"},
        Bad{"learning_rate: 1e400", kRange, "1e400", "a finite number"},
        Bad{"max_norm: 1e39", kRange, "1e39", "a finite number of single precision"},
        Bad{"max_norm: -1", kRange, "-1", "greater than 0"},
        Bad{"memory: 20EB", kType, "20EB", "a size, as 4096, 512MB or 4GiB"},
        Bad{"memory: 99999999TB", kRange, "99999999TB", "a whole number of bytes below 2^64"},
        Bad{"memory: 1.5", kRange, "1.5", "a whole number of bytes"},
        Bad{"memory: 1.0001kB", kRange, "1.0001kB", "a whole number of bytes"},
        Bad{"memory: 1kB", kRange, "1kB", "at least 1MiB"},
        Bad{"checkpoint_every: 0", kRange, "0s", "greater than 0s"},
        Bad{"hits: []", kRange, "[]", "not empty"},
        Bad{"hits: [1, 0]", kRange, "[1, 0]", "each at least 1"}));

TEST(Load, SizesAreExact) {
  const auto bytes = [](const char* text) {
    return train(std::string("memory: ") + text).memory.value;
  };
  EXPECT_EQ(bytes("4GiB"), std::uint64_t{4} << 30);
  EXPECT_EQ(bytes("1.5 GiB"), 1610612736u);
  EXPECT_EQ(bytes("0.1GB"), 100'000'000u);
  EXPECT_EQ(bytes("2gb"), 2'000'000'000u);
  EXPECT_EQ(bytes("2097152"), 2097152u);
  EXPECT_EQ(bytes("2097152B"), 2097152u);
  EXPECT_EQ(bytes("1.50000TB"), 1'500'000'000'000u);
  EXPECT_EQ(bytes("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(bytes("'4GiB'"), std::uint64_t{4} << 30);
}

TEST(Load, TimesHaveUnits) {
  const auto seconds = [](const char* text) {
    return train(std::string("checkpoint_every: ") + text).checkpoint_every.value;
  };
  EXPECT_EQ(seconds("90"), 90.0);
  EXPECT_EQ(seconds("90s"), 90.0);
  EXPECT_EQ(seconds("250ms"), 0.25);
  EXPECT_EQ(seconds("1.5h"), 5400.0);
  EXPECT_EQ(seconds("7d"), 604800.0);
  EXPECT_EQ(seconds("2w"), 1209600.0);
}

TEST(Load, TextIsTakenAsWritten) {
  const auto name = [](const char* value) {
    return load<Named<SampleSource>>(
               yaml(std::string("s: {x: {path: a, delimiter: ") + value + "}}"), "s")[0]
        .second.delimiter;
  };
  EXPECT_EQ(name("no"), "no");
  EXPECT_EQ(name("017"), "017");
  EXPECT_EQ(name("\"\\t\""), "\t");
}

TEST(Load, PathsMayNotBeginAtTheShellsHome) {
  const Caught error = caught([] { load<SampleConfig>(yaml("graph: ~/g\n")); });
  EXPECT_EQ(error.id, "config.wrong_type");
  EXPECT_THAT(error.text, HasSubstr("write the home directory in full"));
}

TEST(Load, OverridesAreBlamedByTheirText) {
  Document document = yaml("train: {dim: 64}");
  document.set("train.dim=x");
  EXPECT_THAT(caught([&] { load<SampleTrain>(document, "train"); }).text,
              HasSubstr("at:        --set train.dim=x\n"));
  document = yaml("train: {dim: 64}");
  document.set("train.dims=8");
  const Caught unknown = caught([&] { load<SampleTrain>(document, "train"); });
  EXPECT_THAT(unknown.text, HasSubstr("at:        --set train.dims=8\n"));
  EXPECT_THAT(unknown.text, HasSubstr("did you mean \"dim\"?"));
  document = yaml("graph: sub/g");
  document.set("graph=other");
  EXPECT_EQ(load<SampleConfig>(document).graph.resolved, "/data/other");
}

TEST(Load, RulesBetweenFieldsAreChecked) {
  const Caught error = caught([] { train("dim: 4, deterministic: true"); });
  EXPECT_EQ(error.id, "sample.odd_pair");
  EXPECT_THAT(error.text, HasSubstr("at:        run.yaml:1, train\n"));
}

TEST(Check, HoldsTheSameLimitsForOptionsThatAProgramFilled) {
  SampleConfig config;
  EXPECT_NO_THROW(check(config));
  config.train.dim = 2;
  EXPECT_THAT(caught([&] { check(config, "run"); }).text,
              HasSubstr("at:        run.train.dim\n  found:     2\n"));
  config = {};
  config.relations = {{"follow", {"user", "", SampleOperator::none, 1.0f}}};
  EXPECT_THAT(caught([&] { check(config); }).text, HasSubstr("at:        relations.follow.rhs\n"));
  config = {};
  config.train.learning_rate = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(caught([&] { check(config); }).id, kRange);
  config = {};
  config.train.dim = 4;
  config.train.deterministic = true;
  EXPECT_EQ(caught([&] { check(config); }).id, "sample.odd_pair");
  config = {};
  config.sources.resize(2);
  config.sources[1].delimiter.clear();
  EXPECT_THAT(caught([&] { check(config); }).text, HasSubstr("at:        sources[1].delimiter\n"));
}

// NaN compares false with everything; a limit must not take that for "not beyond".
TEST(Limits, RefuseNaNAndCompareSignsAsNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(greater_than(0).admits(nan));
  EXPECT_FALSE(less_than(0).admits(nan));
  EXPECT_FALSE(at_least(0).admits(nan));
  EXPECT_FALSE(at_most(0).admits(nan));
  EXPECT_FALSE(between(0, 1).admits(nan));
  EXPECT_FALSE(at_least(Seconds{0}).admits(Seconds{nan}));
  EXPECT_TRUE(at_least(-1).admits(std::uint64_t{5}));
  EXPECT_FALSE(at_least(std::uint64_t{5}).admits(-1));
  EXPECT_TRUE(at_most(std::uint64_t{5}).admits(std::int64_t{-1}));
  EXPECT_FALSE(at_least(0).admits(-0.5));
  EXPECT_TRUE(at_most(1).admits(1.0f));
  EXPECT_FALSE(at_most(1).admits(1.5f));
  EXPECT_FALSE(less_than(1).admits(1.0f));
}

}  // namespace
}  // namespace twhin::config
