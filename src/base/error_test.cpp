#include "twhin/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twhin {
namespace {

TEST(Error, MessageHasThePartsInOrderAndLeavesEmptyOnesOut) {
  const Error error = ErrorBuilder(ErrorKind::not_found, "config.unknown_entity_type")
                          .what("unknown entity type \"usr\"")
                          .at("run.yaml:31, relations.follow.lhs")
                          .expected("one of user, tweet")
                          .hint("")
                          .hint("did you mean \"user\"?")
                          .build();
  EXPECT_STREQ(error.what(),
               "unknown entity type \"usr\"\n"
               "  at:        run.yaml:31, relations.follow.lhs\n"
               "  expected:  one of user, tweet\n"
               "  hint:      did you mean \"user\"?\n"
               "  id:        config.unknown_entity_type");
  EXPECT_EQ(error.kind(), ErrorKind::not_found);
  EXPECT_EQ(error.id(), "config.unknown_entity_type");
}

TEST(Error, QuoteEscapesControlCharactersAndCutsLongText) {
  EXPECT_EQ(quote("a\tb\"c\n"), "\"a\\x09b\\\"c\\x0a\"");
  EXPECT_EQ(quote(std::string(100, 'x')), "\"" + std::string(80, 'x') + "...\" (100 bytes)");
}

TEST(Error, ListIsCutAndSaysHowManyAreLeft) {
  EXPECT_EQ(list({"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(list({"a", "b", "c"}, 2), "a, b, ... (1 more)");
  EXPECT_EQ(list({}), "none");
}

TEST(Error, NearNamesAreSuggestedAndFarOnesAreNot) {
  EXPECT_EQ(did_you_mean("usr", {"tweet", "user"}), "did you mean \"user\"?");
  EXPECT_EQ(did_you_mean("epoch", {"epochs", "seed"}), "did you mean \"epochs\"?");
  EXPECT_EQ(did_you_mean("zebra", {"tweet", "user"}), "");
}

}  // namespace
}  // namespace twhin
