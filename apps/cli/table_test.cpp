#include "cli/table.h"

#include <gtest/gtest.h>

#include "twhin/base/error.h"

namespace twhin::cli {
namespace {

TEST(Table, AlignsTextLeftAndNumbersRight) {
  Table table({"relation", "edges", "MRR", "note"});
  table.row({"follow", grouped(14855), "0.31", "a"});
  table.row({"favorite", "7", "-", ""});
  EXPECT_EQ(table.text(),
            "relation   edges   MRR  note\n"
            "follow    14,855  0.31  a\n"
            "favorite       7     -\n");
}

TEST(Table, OneWordAmongNumbersAlignsTheColumnLeft) {
  Table table({"k", "x"});
  table.row({"1", "1"});
  table.row({"all", "22"});
  EXPECT_EQ(table.text(), "k     x\n1     1\nall  22\n");
}

TEST(Table, CountsCharactersNotBytes) {
  Table table({"name", "n"});
  table.row({"Müller", "1"});
  table.row({"Miller", "2"});
  EXPECT_EQ(table.text(), "name    n\nMüller  1\nMiller  2\n");
}

// A name may come from anybody's file; it must not move the cursor or colour the terminal.
TEST(Table, ShowsControlCharactersAsQuestionMarks) {
  Table table({"name"});
  table.row({"a\x1b[31m\tb\n"});
  EXPECT_EQ(table.text(), "name\na?[31m?b?\n");
}

TEST(Table, RefusesARowOfAnotherLength) {
  Table table({"a", "b"});
  EXPECT_THROW(table.row({"1"}), Error);
}

TEST(Table, WithoutRowsIsItsHeader) { EXPECT_EQ(Table({"a", "b"}).text(), "a  b\n"); }

TEST(Grouped, PutsACommaEveryThreeDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(18446744073709551615ull), "18,446,744,073,709,551,615");
}

}  // namespace
}  // namespace twhin::cli
