#include "twhin/config/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "config/sample_options.h"

namespace twhin::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Describe, TellsTypeDefaultAndLimitsOfEachOption) {
  const std::vector<Field> fields = describe<SampleTrain>();
  ASSERT_EQ(fields.size(), 10u);
  EXPECT_EQ(facts(fields[0]), "whole number, default 128, between 4 and 4096, a multiple of 4");
  EXPECT_EQ(facts(fields[2]), "whole number, default 1");
  EXPECT_EQ(facts(fields[4]), "number or null, default null, greater than 0");
  EXPECT_EQ(facts(fields[5]), "true or false, default false");
  EXPECT_EQ(facts(fields[6]), "text, default logistic, one of logistic, softmax");
  EXPECT_EQ(facts(fields[7]), "size, default 4GiB, at least 1MiB");
  EXPECT_EQ(facts(fields[9]), "list of whole numbers, default [1, 10], not empty, each at least 1");
  const std::vector<Field> relation = describe<SampleRelation>();
  EXPECT_EQ(facts(relation[0]), "text, required, not empty");
  EXPECT_EQ(facts(relation[2]), "name: none, translation, complex_diagonal, default none");
  EXPECT_EQ(facts(describe<SampleConfig>()[1]), "map of names to maps");
  EXPECT_THAT(names_of<SampleConfig>(),
              ElementsAre("graph", "relations", "networks", "sources", "train"));
}

TEST(Describe, NamesTypesInsideOthers) {
  EXPECT_EQ(Value<std::optional<bool>>::type().name, "true, false or null");
  EXPECT_EQ(Value<std::vector<Path>>::type().name, "list of paths");
  EXPECT_EQ(Value<Named<std::vector<SampleRelation>>>::type().name, "map of names to list of maps");
  EXPECT_EQ(Value<std::vector<std::string>>::type().name, "list of text");
}

TEST(Describe, SaysHowAnOptionIsWrittenOnACommandLine) {
  const std::vector<Field> fields = describe<SampleTrain>();
  EXPECT_EQ(fields[0].type.shape, Shape::scalar);
  EXPECT_EQ(fields[4].type.shape, Shape::scalar);
  EXPECT_EQ(fields[5].type.shape, Shape::flag);
  EXPECT_EQ(fields[9].type.shape, Shape::list);
  for (const Field& field : describe<SampleConfig>()) {
    EXPECT_EQ(field.type.shape, field.name == "graph" ? Shape::scalar : Shape::map);
  }
}

TEST(Describe, HelpTextIsAlignedAndFitsTheTerminal) {
  const std::string help = help_text(describe<SampleConfig>());
  EXPECT_THAT(help, HasSubstr("graph      path, default run/graph\n"
                              "           Directory of the graph.\n"));
  EXPECT_THAT(help, HasSubstr("\n  lhs       text, required, not empty\n"));
  EXPECT_THAT(help, HasSubstr("\n              none: The row as it is.\n"));
  std::string sentence = "Words";
  for (int i = 0; i < 60; ++i) sentence += " and more";
  const std::string wrapped = help_text({{"key", {"text", {}}, sentence, "a", {}}});
  EXPECT_GT(std::count(wrapped.begin(), wrapped.end(), '\n'), 5);
  std::istringstream lines(help + wrapped);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(Describe, MarkdownHasATableForEachMap) {
  const std::string text = markdown(describe<SampleConfig>(), 3);
  EXPECT_THAT(text, HasSubstr("| `graph` | path | `run/graph` |  | Directory of the graph. |\n"));
  EXPECT_THAT(text, HasSubstr("\n### `relations.NAME`\n\nKinds of edges.\n\n| key |"));
  EXPECT_THAT(text, HasSubstr("\n### `sources[]`\n"));
  EXPECT_THAT(text, HasSubstr("| `lhs` | text | **required** | not empty |"));
  EXPECT_THAT(text, HasSubstr("`none`: The row as it is."));
  EXPECT_THAT(text, HasSubstr("| `networks` | map of names to list of text | `{}` |"));
}

TEST(Describe, EveryDefaultIsWithinItsLimits) {
  EXPECT_NO_THROW(Checker<SampleConfig>::check({}, ""));
}

}  // namespace
}  // namespace twhin::config
