#include "twhin/report/number.h"

#include <gtest/gtest.h>

#include "report/testing.h"

namespace twhin::report {
namespace {

using testing::kInf;
using testing::kNaN;

// A narrow no-break space and a minus, so that the expectations below can be read.
std::string typeset(std::string text) {
  for (std::size_t at = text.find('~'); at != text.npos; at = text.find('~')) {
    text.replace(at, 1, "\u202f");
  }
  if (!text.empty() && text[0] == '-') text.replace(0, 1, "\u2212");
  return text;
}

TEST(FormatNumber, SeparatesThousands) {
  EXPECT_EQ(format_number(std::int64_t{0}), "0");
  EXPECT_EQ(format_number(std::int64_t{999}), "999");
  EXPECT_EQ(format_number(std::int64_t{1000}), "1,000");
  EXPECT_EQ(format_number(std::int64_t{-1234567}), typeset("-1,234,567"));
  EXPECT_EQ(format_number(std::numeric_limits<std::int64_t>::min()),
            typeset("-9,223,372,036,854,775,808"));
  EXPECT_EQ(format_number(1234567.891, fixed(2)), "1,234,567.89");
  EXPECT_EQ(format_number(std::int64_t{1234}, fixed(2, "s")), typeset("1,234.00~s"));
}

TEST(FormatNumber, ShowsFourSignificantDigitsUnlessToldOtherwise) {
  EXPECT_EQ(format_number(0.123456), "0.1235");
  EXPECT_EQ(format_number(12.3456), "12.35");
  EXPECT_EQ(format_number(12345.6), "12,346");
  EXPECT_EQ(format_number(0.5), "0.5");
  EXPECT_EQ(format_number(100.0), "100");
  EXPECT_EQ(format_number(0.5, fixed(3)), "0.500");
  EXPECT_EQ(format_number(0.000123456), "0.0001235");
  EXPECT_EQ(format_number(0.00001234), "1.2\u00b710\u207b\u2075");
  EXPECT_EQ(format_number(1e20), "10\u00b2\u2070");
  EXPECT_EQ(format_number(9.99e-7), "10\u207b\u2076") << "rounds up to the next power";
}

TEST(FormatNumber, HasARealMinusButNotBeforeZero) {
  EXPECT_EQ(format_number(-0.25, fixed(2)), typeset("-0.25"));
  EXPECT_EQ(format_number(-0.0), "0");
  EXPECT_EQ(format_number(-0.001, fixed(2)), "0.00");
}

TEST(FormatNumber, LeavesADashForWhatIsNoNumber) {
  EXPECT_EQ(format_number(kNaN, percent()), "\u2013");
  EXPECT_EQ(format_number(kInf), "\u221e");
  EXPECT_EQ(format_number(-kInf, fixed(2)), typeset("-\u221e"));
}

TEST(FormatNumber, OfShares) {
  EXPECT_EQ(format_number(0.1234, percent()), typeset("12.3~%"));
  EXPECT_EQ(format_number(1.0, percent(0)), typeset("100~%"));
  EXPECT_EQ(format_number(-0.005, percent(1)), typeset("-0.5~%"));
}

TEST(FormatNumber, OfBytes) {
  EXPECT_EQ(format_number(0.0, bytes()), typeset("0~B"));
  EXPECT_EQ(format_number(std::int64_t{1023}, bytes()), typeset("1,023~B"));
  EXPECT_EQ(format_number(std::int64_t{1024}, bytes()), typeset("1.0~KiB"));
  EXPECT_EQ(format_number(1536.0, bytes()), typeset("1.5~KiB"));
  EXPECT_EQ(format_number(1023.6 * 1024.0, bytes()), typeset("1.0~MiB"));
  EXPECT_EQ(format_number(1023.4 * 1024.0, bytes()), typeset("1,023~KiB"));
  EXPECT_EQ(format_number(3.0 * 1073741824.0, bytes()), typeset("3.0~GiB"));
  EXPECT_EQ(format_number(500.4 * 1048576.0, bytes()), typeset("500~MiB"));
}

TEST(FormatNumber, OfTimes) {
  EXPECT_EQ(format_number(0.0, seconds()), typeset("0~s"));
  EXPECT_EQ(format_number(2.5e-6, seconds()), typeset("2.5~\u00b5s"));
  EXPECT_EQ(format_number(0.002, seconds()), typeset("2~ms"));
  EXPECT_EQ(format_number(0.9999, seconds()), typeset("1~s"));
  EXPECT_EQ(format_number(12.34, seconds()), typeset("12.3~s"));
  EXPECT_EQ(format_number(59.97, seconds()), typeset("1~min"));
  EXPECT_EQ(format_number(200.0, seconds()), typeset("3~min 20~s"));
  EXPECT_EQ(format_number(7200.0, seconds()), typeset("2~h"));
  EXPECT_EQ(format_number(3661.0, seconds()), typeset("1~h 1~min"));
}

TEST(FormatNumber, PutsTheUnitBehind) {
  EXPECT_EQ(format_number(1.02e6, integer("edges/s")), typeset("1,020,000~edges/s"));
  EXPECT_EQ(format_number(std::int64_t{5}, automatic("users")), typeset("5~users"));
}

}  // namespace
}  // namespace twhin::report
