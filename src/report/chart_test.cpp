#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "report/frame.h"
#include "report/testing.h"
#include "twhin/base/rng.h"

namespace twhin::report {
namespace {

using ::testing::Contains;
using testing::count;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::id_of;
using ::testing::IsEmpty;
using testing::kInf;
using testing::kNaN;
using testing::xml_fault;

LineChart line_chart(std::vector<double> x, std::vector<double> y) {
  LineChart chart;
  chart.text.title = "Loss";
  chart.series = {{"train", std::move(x), std::move(y)}};
  return chart;
}

/// The d attribute of the first path with this class.
std::string path_of(const std::string& svg, const std::string& classes) {
  const std::string start = "<path class=\"" + classes + "\" d=\"";
  const std::size_t at = svg.find(start);
  if (at == svg.npos) return {};
  const std::size_t begin = at + start.size();
  return svg.substr(begin, svg.find('"', begin) - begin);
}

TEST(Coordinate, HasOneDigitAfterThePointAtMost) {
  EXPECT_EQ(coordinate(0.0), "0");
  EXPECT_EQ(coordinate(-0.04), "0");
  EXPECT_EQ(coordinate(12.0), "12");
  EXPECT_EQ(coordinate(12.34), "12.3");
  EXPECT_EQ(coordinate(-0.26), "-0.3");
}

TEST(Fitted, CutsBetweenCharacters) {
  EXPECT_EQ(fitted("short", 12.0, 100.0), "short");
  EXPECT_EQ(fitted("a rather long label", 12.0, 60.0), "a rather\u2026");
  EXPECT_EQ(fitted("a bcd", 12.0, 25.0), "a\u2026");
  EXPECT_EQ(fitted("\u6771\u4eac\u90fd", 10.0, 25.0), "\u6771\u2026");
  EXPECT_EQ(fitted("x", 12.0, 0.0), "\u2026");
}

TEST(LineChart, ShortNamesBesideLinesAreWhole) {
  for (const char* name : {"popularity", "model", "chance", "nDCG@20", "a name"}) {
    LineChart chart;
    chart.text.width = Width::half;
    chart.series = {{name, {1.0, 2.0}, {1.0, 2.0}}, {"b", {1.0, 2.0}, {2.0, 3.0}}};
    EXPECT_EQ(count(draw(chart, "c").svg, "\u2026"), 0u) << name;
  }
}

TEST(LineChart, LeavesGapsForWhatIsNotANumberAndSaysHowMany) {
  const Drawing drawing =
      draw(line_chart({1, 2, 3, 4, 5, 6}, {1.0, 2.0, kNaN, 2.5, kInf, 3.0}), "c");
  EXPECT_EQ(xml_fault(drawing.svg), "");
  EXPECT_EQ(count(path_of(drawing.svg, "c0 line"), "M"), 3u);
  EXPECT_EQ(count(drawing.svg, " mark\""), 4u);
  EXPECT_THAT(drawing.notes, ElementsAre("2 points left out: they are not finite numbers."));
}

TEST(LineChart, SaysWhatALogarithmicAxisCannotShow) {
  LineChart chart = line_chart({0.0, 1.0, 10.0, 100.0}, {1.0, 2.0, 0.0, 3.0});
  chart.x.logarithmic = chart.y.logarithmic = true;
  EXPECT_THAT(draw(chart, "c").notes,
              ElementsAre("2 points left out: a logarithmic axis has no place for zero or less."));
}

TEST(LineChart, SaysWhatForcedEndsCutOff) {
  LineChart chart = line_chart({1, 2, 3}, {0.1, 0.2, 7.0});
  chart.y.high = 1.0;
  EXPECT_THAT(draw(chart, "c").notes, ElementsAre("1 point left out: it lies outside the axes."));
}

TEST(LineChart, WithoutSeriesOrPointsIsStillAChart) {
  LineChart chart;
  Drawing drawing = draw(chart, "c");
  EXPECT_EQ(xml_fault(drawing.svg), "");
  EXPECT_THAT(drawing.notes, ElementsAre("There is nothing to show."));
  chart.series = {{"empty", {}, {}}, {"undefined", {1.0}, {kNaN}}};
  drawing = draw(chart, "c");
  EXPECT_EQ(xml_fault(drawing.svg), "");
  EXPECT_THAT(drawing.notes, Contains("\"empty\" has no value to show."));
  EXPECT_THAT(drawing.notes, Contains("\"undefined\" has no value to show."));
}

TEST(LineChart, NamesLinesAtTheirEndsAndManyInALegend) {
  LineChart chart = line_chart({1, 2}, {1, 2});
  EXPECT_EQ(count(draw(chart, "c").svg, ">train<"), 0u) << "one line needs no name";
  chart.series.push_back({"valid & test", {1, 2}, {1, 2.01}});
  const std::string two = draw(chart, "c").svg;
  EXPECT_EQ(count(two, ">train</text>"), 1u);
  EXPECT_EQ(count(two, ">valid &amp; test</text>"), 1u);
  while (chart.series.size() < 9) chart.series.push_back(chart.series[0]);
  const std::string nine = draw(chart, "c").svg;
  EXPECT_EQ(count(nine, "\" ink\""), 0u);
  EXPECT_EQ(count(nine, ">train</text>"), 8u) << "in the legend";
  EXPECT_EQ(count(nine, "c0 dashed line"), 1u) << "the ninth has the first colour, dashed";
}

/// The y attributes of what has this class, in order.
std::vector<double> heights(const std::string& svg, const std::string& classes) {
  std::vector<double> out;
  for (std::size_t at = svg.find(classes); at != svg.npos; at = svg.find(classes, at + 1)) {
    out.push_back(std::stod(svg.substr(svg.find(" y=\"", at) + 4)));
  }
  return out;
}

// Labels stand 15 units from each other at least, in the order of the lines, beside the plot.
TEST(LineChart, MovesLabelsOfLinesThatEndTogetherApart) {
  for (const double end : {0.0, 1.0}) {
    LineChart chart;
    chart.x.title = chart.y.title = "axis";
    for (const char* name : {"a", "b", "c", "d", "e"}) {
      chart.series.push_back({name, {0, 1}, {1.0 - end, end}});
    }
    const auto places = heights(draw(chart, "c").svg, " ink\"");
    ASSERT_EQ(places.size(), 5u);
    for (std::size_t i = 1; i < 5; ++i) EXPECT_GE(places[i] - places[i - 1], 14.9);
    EXPECT_GE(places.front(), 30.0) << "above the plot";
    EXPECT_LE(places.back(), 319.0) << "below the plot";
  }
}

TEST(LineChart, CutsANameThatHasNoRoomAndShowsAllOfItAsTip) {
  LineChart chart = line_chart({1, 2}, {1, 2});
  const std::string name = "a choice of relations and negatives that somebody described at length";
  chart.series = {{name, {1, 2}, {1, 2}}, {"b", {1, 2}, {2, 3}}};
  const std::string svg = draw(chart, "c").svg;
  EXPECT_THAT(svg, HasSubstr("<title>" + name + "</title>a choice of"));
  EXPECT_EQ(count(svg, name + "</text>"), 0u);
  EXPECT_EQ(count(svg, "<title>b</title>"), 0u) << "a name that fits needs no tip";
}

// Nearly three decades in half the width: 100,000 and 200,000 are 41 units apart and 47 wide.
TEST(LineChart, LeavesOutTickLabelsThatWouldTouch) {
  LineChart chart = line_chart({1.1e4, 9.9e6}, {1, 2});
  chart.text.width = Width::half;
  chart.x.logarithmic = true;
  const std::string svg = draw(chart, "c").svg;
  EXPECT_THAT(svg, HasSubstr(">100,000</text>"));
  EXPECT_THAT(svg, HasSubstr(">1M</text>"));
  EXPECT_EQ(count(svg, "text-anchor=\"middle\""), 2u) << "only powers of ten have room";
  EXPECT_EQ(count(svg, "class=\"base\""), 1u + 8u) << "the axis and all its ticks";
  chart.text.width = Width::full;
  EXPECT_EQ(count(draw(chart, "c").svg, "text-anchor=\"middle\""), 8u);
}

// "1,000 h 15 min" is wider than a quarter of an hour is long here.
TEST(LineChart, LabelsEverySecondTickIfAllWouldTouch) {
  LineChart chart = line_chart({3600000.0, 3609000.0}, {1, 2});
  chart.x.format = seconds();
  const std::string svg = draw(chart, "c").svg;
  EXPECT_EQ(count(svg, "class=\"base\""), 1u + 11u);
  EXPECT_GE(count(svg, "text-anchor=\"middle\""), 5u);
  EXPECT_LE(count(svg, "text-anchor=\"middle\""), 10u);
}

TEST(LineChart, BreaksALegendIntoRows) {
  LineChart chart;
  for (int i = 0; i < 30; ++i) {
    chart.series.push_back({"series number " + std::to_string(i), {0, 1}, {0, 1}});
  }
  const auto places = heights(draw(chart, "c").svg, "<text class=\"label\"");
  ASSERT_EQ(places.size(), 30u);
  EXPECT_EQ(places.front(), 12.0);
  EXPECT_GE(places.back(), 72.0);
}

TEST(LineChart, KeepsALongLineShortWithoutChangingIt) {
  std::vector<double> x, y;
  Rng rng(1);
  for (int i = 0; i < 200000; ++i) x.push_back(i), y.push_back(rng.uniform());
  y[123456] = 40.0;  // both peaks must be seen, in a column that holds hundreds of points
  y[123457] = -40.0;
  const std::string path = path_of(draw(line_chart(x, y), "c").svg, "c0 fine line");
  EXPECT_LT(path.size(), 120000u);
  EXPECT_GT(count(path, "L"), 1000u);
  EXPECT_EQ(count(path, " 12L"), 1u) << "the plot's top, the tick at 40";
  EXPECT_EQ(count(path, " 334L"), 1u) << "the plot's bottom";
}

TEST(LineChart, DrawsABandAroundALine) {
  LineChart chart = line_chart({1, 2, 3}, {1, 2, 3});
  chart.series[0].low = {0.5, 1.5, 2.5};
  chart.series[0].high = {1.5, 2.5, 3.5};
  const std::string svg = draw(chart, "c").svg;
  EXPECT_EQ(xml_fault(svg), "");
  EXPECT_EQ(count(path_of(svg, "c0 band"), "L"), 5u);
  EXPECT_THAT(svg, HasSubstr("train, 2: 2 [1.5, 2.5]"));
}

TEST(LineChart, RefusesArraysThatDoNotFit) {
  LineChart chart = line_chart({1, 2}, {1});
  EXPECT_EQ(id_of([&] { draw(chart, "c"); }), "report.size_mismatch");
  chart = line_chart({1, 2}, {1, 2});
  chart.series[0].low = {0, 0};
  EXPECT_EQ(id_of([&] { draw(chart, "c"); }), "report.size_mismatch") << "low without high";
}

BarChart bar_chart() {
  BarChart chart;
  chart.text.title = "Recall";
  chart.value.format = fixed(2);
  chart.categories = {"popularity", "co-follow <b>", "ours"};
  chart.series = {{"recall", {0.1, -0.27, 0.31}}};
  return chart;
}

TEST(BarChart, HasABarAndAValueForEachCategory) {
  const Drawing drawing = draw(bar_chart(), "c");
  EXPECT_EQ(xml_fault(drawing.svg), "");
  EXPECT_EQ(count(drawing.svg, "c0 bar"), 3u);
  EXPECT_THAT(drawing.svg, HasSubstr(">0.31</text>"));
  EXPECT_THAT(drawing.svg, HasSubstr(">\u22120.27</text>"));
  EXPECT_THAT(drawing.svg, HasSubstr(">co-follow &lt;b&gt;</text>"));
  EXPECT_THAT(drawing.notes, IsEmpty());
}

TEST(BarChart, StartsAtZeroSoThatLengthsCanBeCompared) {
  BarChart chart = bar_chart();
  chart.series[0].values = {200.0, 205.0, 210.0};
  const std::string svg = draw(chart, "c").svg;
  const auto widths = testing::attributes(svg, "width");
  ASSERT_EQ(widths.size(), 3u);
  EXPECT_NEAR(std::stod(widths[0]) / std::stod(widths[2]), 200.0 / 210.0, 1e-3);
}

TEST(BarChart, GroupsSeriesAndLeavesOutWhatIsNoNumber) {
  BarChart chart = bar_chart();
  chart.series.push_back({"other", {0.2, kNaN, 0.1}});
  const Drawing drawing = draw(chart, "c");
  EXPECT_EQ(count(drawing.svg, "c1 bar"), 2u);
  EXPECT_EQ(count(drawing.svg, ">other</text>"), 1u) << "legend";
  EXPECT_THAT(drawing.notes, ElementsAre("1 bar left out: it is not a finite number."));
}

TEST(BarChart, HighlightsOneCategory) {
  BarChart chart = bar_chart();
  chart.highlight = 2;
  const std::string svg = draw(chart, "c").svg;
  EXPECT_EQ(count(svg, "c0 bar"), 1u);
  EXPECT_EQ(count(svg, "other bar"), 2u);
}

TEST(BarChart, NotesAReferenceThatCannotBeDrawn) {
  BarChart chart = bar_chart();
  chart.references = {{0.2, "baseline"}, {kNaN, "unknown"}};
  const Drawing drawing = draw(chart, "c");
  EXPECT_EQ(count(drawing.svg, "class=\"reference\""), 1u);
  EXPECT_THAT(drawing.notes, ElementsAre(HasSubstr("\"unknown\"")));
}

TEST(BarChart, WithoutAnythingIsStillAChart) {
  const Drawing drawing = draw(BarChart{}, "c");
  EXPECT_EQ(xml_fault(drawing.svg), "");
  EXPECT_THAT(drawing.notes, ElementsAre("There is nothing to show."));
}

TEST(BarChart, RefusesWhatItCannotDraw) {
  BarChart chart = bar_chart();
  chart.value.logarithmic = true;
  EXPECT_EQ(id_of([&] { draw(chart, "c"); }), "report.axis");
  chart = bar_chart();
  chart.highlight = 3;
  EXPECT_EQ(id_of([&] { draw(chart, "c"); }), "report.category");
  chart = bar_chart();
  chart.series[0].values.pop_back();
  EXPECT_EQ(id_of([&] { draw(chart, "c"); }), "report.size_mismatch");
}

TEST(FillBins, PutsEachValueIntoTheBinThatHoldsIt) {
  Histogram histogram;
  fill_bins(histogram, {0.0, 0.5, 1.0, 1.5, 4.0, kNaN, kInf}, 4);
  EXPECT_THAT(histogram.edges, ElementsAre(0.0, 1.0, 2.0, 3.0, 4.0));
  EXPECT_THAT(histogram.counts, ElementsAre(2.0, 2.0, 0.0, 1.0));
  EXPECT_EQ(histogram.num_left_out, 2u);
}

TEST(FillBins, AreOfEqualRatioOnALogarithmicAxis) {
  Histogram histogram;
  histogram.x.logarithmic = true;
  fill_bins(histogram, {1.0, 5.0, 10.0, 99.0, 1000.0, 0.0, -1.0}, 3);
  EXPECT_THAT(histogram.counts, ElementsAre(2.0, 2.0, 1.0));
  EXPECT_NEAR(histogram.edges[1], 10.0, 1e-12);
  EXPECT_EQ(histogram.num_left_out, 2u);
}

TEST(FillBins, HonourForcedEndsAndWidenASingleValue) {
  Histogram histogram;
  histogram.x.low = 0.0;
  histogram.x.high = 2.0;
  fill_bins(histogram, {-1.0, 0.5, 1.5, 3.0}, 2);
  EXPECT_THAT(histogram.counts, ElementsAre(1.0, 1.0));
  EXPECT_EQ(histogram.num_left_out, 2u);
  Histogram single;
  fill_bins(single, {7.0, 7.0}, 5);
  EXPECT_EQ(std::accumulate(single.counts.begin(), single.counts.end(), 0.0), 2.0);
  fill_bins(single, {}, 5);
  EXPECT_THAT(single.counts, IsEmpty());
  EXPECT_EQ(id_of([&] { fill_bins(single, {1.0}, 0); }), "report.bins");
}

TEST(HistogramChart, HasABarForEachBinThatIsNotEmpty) {
  Histogram histogram;
  histogram.text.title = "Degrees";
  fill_bins(histogram, {1, 1, 2, 9, kNaN}, 8);
  const Drawing drawing = draw(histogram, "c");
  EXPECT_EQ(xml_fault(drawing.svg), "");
  EXPECT_EQ(count(drawing.svg, "c0 bar"), 3u);
  EXPECT_THAT(drawing.notes, ElementsAre("1 value left out: in no bin."));
  EXPECT_THAT(draw(Histogram{}, "c").notes, ElementsAre("There is nothing to show."));
}

TEST(HistogramChart, RefusesEdgesThatAreNone) {
  Histogram histogram;
  histogram.edges = {0.0, 1.0};
  EXPECT_EQ(id_of([&] { draw(histogram, "c"); }), "report.size_mismatch");
  histogram.counts = {1.0, 2.0};
  histogram.edges = {0.0, 1.0, 1.0};
  EXPECT_EQ(id_of([&] { draw(histogram, "c"); }), "report.axis");
}

}  // namespace
}  // namespace twhin::report
