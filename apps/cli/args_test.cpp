#include "cli/args.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/help.h"
#include "cli/parse.h"

namespace twhin::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

int run_nothing(const Args&, std::ostream&) { return kExitOk; }

Command sample() {
  return {
      .name = "sample",
      .group = Group::training,
      .summary = "show a sample",
      .arguments = {{"model", "MODEL", "a version | a network"},
                    {"more", "MORE", "others", true, true}},
      .extra_options = {{"split", "NAME", "which edges", "test"}, {"json", "", "machines read it"}},
      .reads_config = true,
      .run = &run_nothing};
}

TEST(Parse, SortsWordsIntoArgumentsAndOptions) {
  const Args::Values values =
      parse(sample(), {"m", "--json", "--set", "a=1", "b", "--set=c=[2, 3]", "--split", "-x", "c"});
  EXPECT_THAT(values.at("model"), ElementsAre("m"));
  EXPECT_THAT(values.at("more"), ElementsAre("b", "c"));
  EXPECT_THAT(values.at("set"), ElementsAre("a=1", "c=[2, 3]"));
  EXPECT_THAT(values.at("split"), ElementsAre("-x"));
  EXPECT_THAT(values.at("json"), ElementsAre("true"));
  EXPECT_EQ(values.count("quiet"), 0u);
}

TEST(Args, GiveDefaultsForWhatIsAbsentAndRefuseTheUndeclared) {
  const Command command = sample();
  const Commands commands = {&command};
  const Args args(command, commands, {{"model", {"m"}}}, nullptr);
  EXPECT_EQ(args.text("model"), "m");
  EXPECT_EQ(args.text("split"), "test");
  EXPECT_THAT(args.texts("split"), ElementsAre("test"));
  EXPECT_THAT(args.texts("more"), ElementsAre());
  EXPECT_FALSE(args.flag("json"));
  EXPECT_FALSE(args.given("split"));
  EXPECT_TRUE(args.given("model"));
  EXPECT_THROW(args.text("no"), Error);
  EXPECT_THROW(args.given("no"), Error);
}

TEST(Help, ShowsArgumentsOptionsAndDefaults) {
  const std::string text = help(sample());
  EXPECT_THAT(text, HasSubstr("usage: twhin sample MODEL [MORE...] [OPTIONS]\n"));
  EXPECT_THAT(text, HasSubstr("\n  --split NAME      which edges (default test)\n"));
  EXPECT_THAT(text, HasSubstr("\n  --set PATH=VALUE  override"));
}

TEST(Help, MarkdownListsEachVerbOnceAndNoHiddenOne) {
  Command hidden = sample();
  hidden.name = "secret";
  hidden.group = Group::hidden;
  const Command command = sample();
  const std::string text = markdown({&command, &hidden});
  EXPECT_THAT(text, HasSubstr("## Learn vectors\n\n### twhin sample\n"));
  EXPECT_THAT(text, HasSubstr("| `MODEL` | a version \\| a network |"));
  EXPECT_THAT(text, HasSubstr("| `--split NAME` | which edges (default test) |"));
  EXPECT_EQ(text.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace twhin::cli
