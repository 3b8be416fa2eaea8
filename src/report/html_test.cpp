#include "report/html.h"

#include <gtest/gtest.h>

#include "report/testing.h"

namespace twhin::report {
namespace {

const std::string kReplaced = "\uFFFD";

TEST(Escape, LeavesNothingThatEndsTextOrAttribute) {
  EXPECT_EQ(escape("<b a=\"1\" c='2'>&amp;</b>"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;");
}

TEST(Escape, KeepsUtf8) {
  const std::string text = "Z\u00fcrich \u6771\u4eac \U0001F600 line\nbreak\ttab";
  EXPECT_EQ(escape(text), text);
}

TEST(Escape, ReplacesWhatXmlCannotHold) {
  EXPECT_EQ(escape(std::string_view("a\0b", 3)), "a" + kReplaced + "b");
  EXPECT_EQ(escape("\x1b[31m"), kReplaced + "[31m");
  EXPECT_EQ(escape("\x7f"), kReplaced);
  EXPECT_EQ(escape("caf\xe9"), "caf" + kReplaced) << "Latin-1";
  EXPECT_EQ(escape("\xe6\x9d"), kReplaced + kReplaced) << "cut short";
  EXPECT_EQ(escape("\xc0\xaf"), kReplaced + kReplaced) << "overlong";
  EXPECT_EQ(escape("\xe0\x80\xaf"), kReplaced + kReplaced + kReplaced) << "overlong";
  EXPECT_EQ(escape("\xed\xa0\x80"), kReplaced + kReplaced + kReplaced) << "surrogate";
  EXPECT_EQ(escape("\xef\xbf\xbf"), kReplaced + kReplaced + kReplaced) << "no character";
  EXPECT_EQ(escape("\xf4\x90\x80\x80").size(), 4 * kReplaced.size()) << "beyond U+10FFFF";
  EXPECT_EQ(escape("\xf0\x80\x80\x80").size(), 4 * kReplaced.size()) << "overlong";
}

TEST(Escape, MakesAnyTwoBytesWellFormed) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char bytes[] = {static_cast<char>(first), static_cast<char>(second)};
      const std::string text = escape({bytes, 2});
      EXPECT_EQ(testing::xml_fault("<a b=\"" + text + "\">" + text + "</a>"), "")
          << first << " " << second;
    }
  }
}

TEST(EscapeWithCode, SetsWhatStandsBetweenBackticks) {
  EXPECT_EQ(escape_with_code("run `a < b` and `c`."),
            "run <code>a &lt; b</code> and <code>c</code>.");
  EXPECT_EQ(escape_with_code("one ` alone"), "one ` alone");
  EXPECT_EQ(escape_with_code("``"), "<code></code>");
}

// The checker itself must see what it is there for.
TEST(XmlFault, SeesFaults) {
  using testing::xml_fault;
  EXPECT_EQ(xml_fault("<!DOCTYPE html>\n<a b=\"1\"><c/>x &amp; y</a>"), "");
  for (const char* wrong :
       {"<a>", "</a>", "<a></b>", "<a><b></a></b>", "<a b=1/>", "<a b=\"1\" b=\"2\"/>", "<a>&</a>",
        "<a>&nbsp;</a>", "<a b=\"&\"/>", "<a b=\"<\"/>", "<a b=\"1\"c=\"2\"/>", "<a", "<>", "a < b",
        "<a>\x01</a>"}) {
    EXPECT_NE(xml_fault(wrong), "") << wrong;
  }
}

}  // namespace
}  // namespace twhin::report
