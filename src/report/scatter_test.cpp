#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "report/frame.h"
#include "report/testing.h"
#include "twhin/base/rng.h"

namespace twhin::report {
namespace {

using testing::count;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::id_of;
using ::testing::IsEmpty;
using testing::xml_fault;

constexpr float kNaNf = std::numeric_limits<float>::quiet_NaN();

ScatterChart cloud(std::size_t num_points) {
  ScatterChart chart;
  chart.text.title = "Map";
  Rng rng(1);
  for (std::size_t i = 0; i < num_points; ++i) {
    chart.points_x.push_back(static_cast<float>(rng.normal()));
    chart.points_y.push_back(static_cast<float>(rng.normal()));
  }
  return chart;
}

TEST(ScatterChart, DrawsEachPointOnce) {
  ScatterChart chart;
  for (int i = 0; i < 30; ++i) {
    chart.points_x.push_back(static_cast<float>(i));
    chart.points_y.push_back(static_cast<float>(i * i % 17));
  }
  const Drawing drawing = draw(chart, "c");
  EXPECT_EQ(xml_fault(drawing.svg), "");
  EXPECT_EQ(count(drawing.svg, "h0"), 30u);
  EXPECT_THAT(drawing.notes, IsEmpty());
}

// The dots of a path, whose moves are relative, back in the units of the drawing.
TEST(ScatterChart, PutsPointsWhereTheyBelong) {
  ScatterChart chart;
  chart.points_x = {0.0f, 1.0f, 0.5f};
  chart.points_y = {0.0f, 1.0f, 0.25f};
  chart.hide_ticks = true;
  const std::string svg = draw(chart, "c").svg;
  // Half units: 920 wide, 400 high from 8 on, 3 % of the data free on each side.
  const auto x = [](double v) { return std::lround(2.0 * 920.0 * (v + 0.03) / 1.06); };
  const auto y = [](double v) { return std::lround(2.0 * (408.0 - 400.0 * (v + 0.03) / 1.06)); };
  const std::string expected = "m" + std::to_string(x(0)) + " " + std::to_string(y(0)) + "h0m" +
                               std::to_string(x(0.5) - x(0)) + std::to_string(y(0.25) - y(0)) +
                               "h0m" + std::to_string(x(1) - x(0.5)) +
                               std::to_string(y(1) - y(0.25)) + "h0";
  EXPECT_THAT(svg, HasSubstr("d=\"" + expected + "\""));
}

TEST(ScatterChart, IsCompact) {
  const Drawing drawing = draw(cloud(50000), "c");
  EXPECT_LT(drawing.svg.size(), 50000u * 12u);
  EXPECT_EQ(xml_fault(drawing.svg), "");
}

TEST(ScatterChart, DrawsPointsOnTheSameSpotOnce) {
  ScatterChart chart = cloud(10);
  for (std::size_t i = 0; i < 5; ++i) chart.points_x[i] = chart.points_y[i] = 0.0f;
  const std::string svg = draw(chart, "c").svg;
  EXPECT_EQ(count(svg, "h0"), 6u);
}

TEST(ScatterChart, LeavesOutWhatIsNoNumberAndSaysHowMany) {
  ScatterChart chart = cloud(10);
  chart.points_x[3] = kNaNf;
  chart.points_y[4] = std::numeric_limits<float>::infinity();
  const Drawing drawing = draw(chart, "c");
  EXPECT_EQ(count(drawing.svg, "h0"), 8u);
  EXPECT_THAT(drawing.notes, ElementsAre("2 points left out: they are not finite numbers."));
}

TEST(ScatterChart, NamesCategoriesWithTheirSizesLargestFirst) {
  ScatterChart chart = cloud(10);
  chart.category = {0, 1, 1, 1, 2, 2, 1, 1, 1, 1};
  chart.category_names = {"news", "sport", "music", "unused"};
  const std::string svg = draw(chart, "c").svg;
  const std::size_t sport = svg.find(">sport (7)<"), music = svg.find(">music (2)<"),
                    news = svg.find(">news (1)<");
  ASSERT_NE(news, svg.npos);
  EXPECT_LT(sport, music);
  EXPECT_LT(music, news);
  EXPECT_EQ(count(svg, "unused"), 0u);
}

TEST(ScatterChart, ShowsManyCategoriesAsSevenAndOthers) {
  ScatterChart chart = cloud(1000);
  for (std::size_t i = 0; i < 1000; ++i) {
    chart.category.push_back(static_cast<std::uint32_t>(i < 300 ? i % 7 : i % 20));
  }
  for (int c = 0; c < 20; ++c) chart.category_names.push_back("community " + std::to_string(c));
  const std::string svg = draw(chart, "c").svg;
  EXPECT_THAT(svg, HasSubstr(">13 others (455)<"));
  EXPECT_EQ(count(svg, "<path class=\"other\""), 2u);
  EXPECT_LT(svg.rfind("<path class=\"other\""), svg.find("<path class=\"c0\"")) << "behind";
  EXPECT_EQ(count(svg, "<path class=\"c7\""), 0u);
  EXPECT_EQ(testing::xml_fault(svg), "");
}

TEST(ScatterChart, GivesEightCategoriesAColourEach) {
  ScatterChart chart = cloud(80);
  for (std::uint32_t i = 0; i < 80; ++i) chart.category.push_back(i % 8);
  chart.category_names.assign(8, "name");
  const std::string svg = draw(chart, "c").svg;
  EXPECT_EQ(count(svg, "<path class=\"c7\""), 1u);
  EXPECT_EQ(count(svg, "others"), 0u);
}

// Chunks of the colours alternate, so that the last does not cover all before.
TEST(ScatterChart, DrawsColoursInTurn) {
  ScatterChart chart = cloud(4000);
  for (std::uint32_t i = 0; i < 4000; ++i) chart.category.push_back(i % 2);
  chart.category_names = {"a", "b"};
  const std::string svg = draw(chart, "c").svg;
  EXPECT_EQ(count(svg, "<path class=\"c0\""), 5u);
  EXPECT_LT(svg.find("<path class=\"c1\""), svg.rfind("<path class=\"c0\""));
}

TEST(ScatterChart, ColoursByValueFromLowToHigh) {
  ScatterChart chart;
  for (int i = 0; i < 24; ++i) {
    chart.points_x.push_back(static_cast<float>(i));
    chart.points_y.push_back(1.0f);
    chart.value.push_back(i < 12 ? 0.0 : i);
  }
  chart.value[5] = testing::kNaN;
  chart.value_axis.title = "degree";
  const Drawing drawing = draw(chart, "c");
  EXPECT_EQ(xml_fault(drawing.svg), "");
  EXPECT_EQ(count(drawing.svg, " bar\""), 12u) << "the strip of colours";
  EXPECT_EQ(count(drawing.svg, "<path class=\"v0\""), 1u);
  EXPECT_EQ(count(drawing.svg, "<path class=\"v11\""), 1u);
  EXPECT_EQ(count(drawing.svg, "h0"), 23u);
  EXPECT_THAT(drawing.svg, HasSubstr(">degree<"));
  EXPECT_THAT(drawing.notes, ElementsAre("1 point left out: it is not a finite number."));
}

TEST(ScatterChart, KeepsAUnitAsLongInBothDirectionsIfSquare) {
  for (const float x_range : {1.0f, 10.0f}) {  // once the height, once the width is what limits
    ScatterChart chart;
    chart.points_x = {0.0f, x_range, 0.0f};
    chart.points_y = {0.0f, 0.0f, 1.0f};
    chart.square = chart.hide_ticks = true;
    const std::string svg = draw(chart, "c").svg;
    // Sorted by x, then y: (0, 1), (0, 0), (x_range, 0): one move down, one to the right.
    const std::string path = testing::attributes(svg, "d").at(0);
    int x0 = 0, y0 = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0;
    ASSERT_EQ(std::sscanf(path.c_str(), "m%d %dh0m%d %dh0m%d%dh0", &x0, &y0, &x1, &y1, &x2, &y2), 6)
        << path;
    EXPECT_EQ(x1, 0);
    EXPECT_NEAR(y1 * x_range, x2, x_range);
  }
}

TEST(ScatterChart, LabelsPoints) {
  ScatterChart chart = cloud(100);
  chart.labels = {{0.0, 0.0, "user:17 & co"}, {1e9, 0.0, "far"}};
  const Drawing drawing = draw(chart, "c");
  EXPECT_THAT(drawing.svg, HasSubstr(">user:17 &amp; co</text>"));
  EXPECT_THAT(drawing.notes, ElementsAre("1 label left out: it lies outside the axes."));
}

TEST(ScatterChart, WithoutPointsIsStillAChart) {
  for (const bool square : {false, true}) {
    ScatterChart chart;
    chart.square = square;
    const Drawing drawing = draw(chart, "c");
    EXPECT_EQ(xml_fault(drawing.svg), "");
    EXPECT_THAT(drawing.notes, ElementsAre("There is nothing to show."));
  }
}

TEST(ScatterChart, RefusesColoursThatDoNotFit) {
  const auto id = [](auto change) {
    ScatterChart chart = cloud(3);
    change(chart);
    return id_of([&] { draw(chart, "c"); });
  };
  EXPECT_EQ(id([](ScatterChart& c) { c.points_y.pop_back(); }), "report.size_mismatch");
  EXPECT_EQ(id([](ScatterChart& c) { c.value = {1.0}; }), "report.size_mismatch");
  EXPECT_EQ(id([](ScatterChart& c) { c.category = {0, 0, 1}; }), "report.category");
  EXPECT_EQ(id([](ScatterChart& c) {
              c.category = {0, 0, 0};
              c.category_names = {"a"};
              c.value = {1, 2, 3};
            }),
            "report.category");
}

}  // namespace
}  // namespace twhin::report
