#include "twhin/report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "report/testing.h"

namespace twhin::report {
namespace {

using testing::count;
using ::testing::HasSubstr;
using testing::id_of;
using testing::kNaN;
using ::testing::Not;
using testing::skeleton;
using testing::xml_fault;

Table small_table() {
  Table table;
  table.title = "Quality";
  table.columns = {{"model"},
                   {"MRR", fixed(3), Best::largest},
                   {"MR", fixed(1, "places"), Best::smallest},
                   {"queries", integer()}};
  table.rows = {{{"popularity", 0.04901, 3120.5, 20466}},
                {{"ours", Cell(0.3121).with_interval(0.301, 0.322), 187.0, 20466}, true},
                {{"ours, again", 0.31212, kNaN, Cell()}}};
  return table;
}

/// The cells of the table's n-th row (0 is the header), as HTML.
std::string row(const std::string& html, std::size_t n) {
  std::size_t at = 0;
  for (std::size_t i = 0; i <= n; ++i) at = html.find("<tr", at) + 1;
  return html.substr(at, html.find("</tr>", at) - at);
}

TEST(Table, AlignsNumbersRightAndNamesRows) {
  const std::string html = Page("t").table(small_table()).html();
  EXPECT_THAT(row(html, 0), HasSubstr("<th scope=\"col\">model</th>"));
  EXPECT_THAT(
      row(html, 0),
      HasSubstr("<th scope=\"col\" class=\"number\">MR <span class=\"unit\">places</span>"));
  EXPECT_THAT(row(html, 1), HasSubstr("<th scope=\"row\">popularity</th>"));
  EXPECT_THAT(row(html, 1), HasSubstr("<td class=\"number\">3,120.5</td>"));
  EXPECT_THAT(row(html, 1), HasSubstr("<td class=\"number\">20,466</td>"));
  EXPECT_THAT(row(html, 2), HasSubstr("<span class=\"interval\">[0.301, 0.322]</span>"));
  EXPECT_THAT(row(html, 2), HasSubstr("class=\"emphasis\""));
}

TEST(Table, ShowsWhatIsNoNumberAsADashAndNothingAsNothing) {
  const std::string html = Page("t").table(small_table()).html();
  EXPECT_THAT(row(html, 3),
              HasSubstr("<td class=\"number\">\u2013</td><td class=\"number\"></td>"));
}

TEST(Table, MarksTheBestAndWhatReadsTheSame) {
  const std::string html = Page("t").table(small_table()).html();
  EXPECT_EQ(count(html, "<strong title=\"best\">0.312</strong>"), 2u);
  EXPECT_EQ(count(html, "<strong title=\"best\">187.0</strong>"), 1u);
  EXPECT_EQ(count(html, "<strong"), 3u);
}

TEST(Table, SeeksTheBestBelowEachHeading) {
  Table table;
  table.columns = {{"model"}, {"MRR", fixed(2), Best::largest}};
  table.rows = {{{"a"}, false, true}, {{"x", 0.1}},  {{"y", 0.2}}, {{"b"}, false, true},
                {{"w", kNaN}},        {{"x", 0.01}}, {{"y", kNaN}}};
  const std::string html = Page("t").table(table).html();
  EXPECT_EQ(count(html, "<strong"), 2u);
  EXPECT_EQ(count(html, ">0.20</strong>"), 1u);
  EXPECT_EQ(count(html, ">0.01</strong>"), 1u);
  EXPECT_THAT(html, HasSubstr("<th scope=\"rowgroup\" colspan=\"2\">a</th>"));
}

TEST(Table, TakesIntegersOfAnySize) {
  const Column column{"n", integer()};
  EXPECT_EQ(Cell(9007199254740993).text(column), "9,007,199,254,740,993");
  EXPECT_EQ(Cell(std::uint64_t{1} << 63).text(column), "9.2\u00b710\u00b9\u2078");
  EXPECT_EQ(Cell(-1).text(column), "\u22121");
}

TEST(Table, WithoutRowsSaysSoAndRefusesRowsThatDoNotFit) {
  Table table;
  table.columns = {{"a"}, {"b"}};
  EXPECT_THAT(Page("t").table(table).html(), HasSubstr("There are no rows."));
  table.rows = {{{"only one"}}};
  EXPECT_EQ(id_of([&] { Page("t").table(table); }), "report.size_mismatch");
}

TEST(Page, HasTheStructureOfItsParts) {
  Page page("Title", "Subtitle");
  LineChart half;
  half.text.width = Width::half;
  Table table;
  table.columns = {{"a"}};
  table.rows = {{{"x"}}};
  page.headlines({{"MRR", "0.3"}});
  page.section("One", "Intro").paragraph("Text").chart(half).chart(half).table(table);
  page.section("Two").facts({{"key", "value"}}).code("ls\n", "caption").list({"a", "b"});
  page.section("Three").chart(LineChart{}).note("Note").footer("Footer");
  const std::string figure = "figure(div p)";
  EXPECT_EQ(skeleton(page.html(), {"svg", "style"}),
            "html(head(meta meta title) body("
            "header(h1 p nav(ul(li(a) li(a) li(a)))) "
            "main(dl(div(dt dd)) "
            "section(h2 p p div(" +
                figure + " " + figure +
                ") "
                "div(div(table(thead(tr(th)) tbody(tr(th)))))) "
                "section(h2 dl(dt dd) div(p pre(code)) ul(li li)) "
                "section(h2 " +
                figure +
                " p)) "
                "footer(p)))");
}

TEST(Page, WithoutPartsIsAPage) {
  const std::string html = Page("").html();
  EXPECT_EQ(xml_fault(html), "");
  EXPECT_EQ(skeleton(html, {"style"}), "html(head(meta meta title) body(header(h1) main))");
}

TEST(Page, EndsARowOfHalfChartsWithTheSection) {
  BarChart half;
  half.text.width = Width::half;
  Page page("t");
  page.section("a").chart(half);
  page.section("b").chart(half).paragraph("after").chart(half);
  EXPECT_EQ(xml_fault(page.html()), "");
  EXPECT_EQ(count(page.html(), "<div class=\"row\">"), 3u);
}

TEST(Page, EscapesEverythingThatItIsGiven) {
  const std::string evil = "</title><script>alert('x')</script>\"&`\x01\xff";
  const Axis axis{evil, automatic(evil)};
  Page page(evil, evil);
  page.section(evil, evil).paragraph(evil).note(evil).list({evil, evil});
  page.headlines({{evil, evil, evil}}).facts({{evil, evil}}).code(evil, evil).footer(evil);
  Table table;
  table.title = table.note = evil;
  table.columns = {{evil, automatic(evil)}, {evil, automatic(evil), Best::none, true}};
  table.rows = {{{evil}, false, true}, {{evil, evil}}, {{1.0, evil}}};
  page.table(table);
  const ChartText text{evil, evil, evil, evil};
  page.chart(
      LineChart{text, axis, axis, {{evil, {1, 2}, {1, 2}}, {evil, {1}, {kNaN}}}, {{1.5, evil}}});
  page.chart(BarChart{text, axis, {evil}, {{evil, {1}}, {evil, {2}}}, {{1, evil}, {kNaN, evil}}});
  Histogram histogram{text, axis, axis};
  histogram.references = {{1.5, evil}};
  fill_bins(histogram, {1, 2, 3}, 3);
  page.chart(histogram);
  ScatterChart scatter{text, axis, axis, {1, 2}, {1, 2}, {0, 1}, {evil, evil}};
  scatter.labels = {{1, 1, evil}};
  page.chart(scatter);
  scatter.category.clear();
  scatter.value = {1, 2};
  scatter.value_axis = axis;
  page.chart(scatter);
  const std::string html = page.html();
  EXPECT_EQ(xml_fault(html), "");
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("\xff")));
}

TEST(Page, NeedsNothingButItself) {
  Page page("t");
  page.section("a").chart(LineChart{}).table(small_table());
  std::string html = page.html();
  for (const char* name : {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}) {
    while (html.find(name) != html.npos) html.erase(html.find(name), std::string(name).size());
  }
  for (const char* outside : {"http", "//", "url(", "@import", "src=", "<script", "<link"}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
}

TEST(Page, HasEachIdOnceAndNoReferenceToNone) {
  Page page("t");
  page.section("a").chart(LineChart{}).chart(BarChart{});
  page.section("a").chart(ScatterChart{});
  page.section("a");
  const std::string html = page.html();
  const auto ids = testing::attributes(html, "id");
  const std::set<std::string> unique(ids.begin(), ids.end());
  EXPECT_EQ(unique.size(), ids.size());
  for (const std::string& link : testing::attributes(html, "href")) {
    EXPECT_EQ(unique.count(link.substr(1)), 1u) << link;
  }
  for (const std::string& labels : testing::attributes(html, "aria-labelledby")) {
    const std::size_t space = labels.find(' ');
    EXPECT_EQ(unique.count(labels.substr(0, space)) + unique.count(labels.substr(space + 1)), 2u);
  }
}

TEST(Page, TellsReadersWhoDoNotSeeAChartWhatItShows) {
  LineChart chart;
  chart.text = {"Loss", "It falls.", "The loss falls from 0.7 to 0.3 in ten epochs."};
  EXPECT_THAT(Page("t").chart(chart).html(),
              HasSubstr("<title id=\"chart-1-t\">Loss</title><desc id=\"chart-1-d\">The loss falls "
                        "from 0.7 to 0.3 in ten epochs.</desc>"));
}

TEST(Page, SaysWhatAChartLeavesOut) {
  LineChart chart;
  chart.text.note = "Three seeds.";
  chart.series = {{"a", {1, 2}, {1, kNaN}}};
  const std::string html = Page("t").chart(chart).html();
  EXPECT_THAT(html.substr(html.find("</svg>")),
              HasSubstr("Three seeds. 1 point left out: it is not a finite number.</p>"));
}

}  // namespace
}  // namespace twhin::report
