#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/frame.h"
#include "twhin/base/error.h"

namespace twhin::report {
namespace {

constexpr std::size_t kMostMarked = 40;   // points of a series that has a mark at each
constexpr std::size_t kFine = 500;        // points from which on a thin line shows more
constexpr std::size_t kMostLabelled = 8;  // series that are labelled at their ends, not in a legend
constexpr double kLabelGap = 15.0;

struct Point {
  double x, y;        // on the page
  std::size_t place;  // in the series
  bool starts;        // a gap lies before it
};

/// A label at the end of a line: where it belongs, and where it is drawn so as to touch no other.
struct EndLabel {
  std::string text, classes;
  double x, y, drawn_y;
};

void check(const LineChart& chart) {
  for (const Series& series : chart.series) {
    const std::string of = " of " + quote(series.name);
    require_size(series.y.size(), series.x.size(), "y values" + of, chart.text);
    if (series.low.empty() && series.high.empty()) continue;
    require_size(series.low.size(), series.x.size(), "lower ends" + of, chart.text);
    require_size(series.high.size(), series.x.size(), "upper ends" + of, chart.text);
  }
}

std::string series_classes(std::size_t i, bool dashed) {
  // From the ninth series on colours repeat, and dashes tell the two apart.
  return colour_class(i) + (dashed != (i / kNumColours % 2 == 1) ? " dashed" : "");
}

/// Joins points; one path for all pieces. Of points that fall into one column of half a pixel the
/// first, lowest, highest and last are kept: the drawing is the same, the file small.
std::string path_through(const std::vector<Point>& points) {
  std::string out;
  std::string last;
  const auto append = [&](const Point& point, bool starts) {
    std::string place = coordinate(point.x) + " " + coordinate(point.y);
    if (!starts && place == last) return;
    out += (starts ? "M" : "L") + place;
    last = std::move(place);
  };
  const auto column = [](const Point& point) { return std::floor(2.0 * point.x); };
  for (std::size_t begin = 0, end = 0; begin < points.size(); begin = end) {
    for (end = begin + 1; end < points.size() && !points[end].starts &&
                          column(points[end]) == column(points[begin]);) {
      ++end;
    }
    const auto by_height = [](const Point& a, const Point& b) { return a.y < b.y; };
    const auto [low, high] =
        std::minmax_element(points.begin() + static_cast<std::ptrdiff_t>(begin),
                            points.begin() + static_cast<std::ptrdiff_t>(end), by_height);
    append(points[begin], points[begin].starts);
    append(*std::min(low, high), false);
    append(*std::max(low, high), false);
    append(points[end - 1], false);
  }
  return out;
}

/// The areas between low and high, one for each piece of the line.
std::string band(const Series& series, const std::vector<Point>& points, const Scale& x,
                 const Scale& y) {
  std::string out;
  const auto held = [&](double value) {
    return std::clamp(value, y.low(), y.high());  // the band ends at the frame; the line says more
  };
  for (std::size_t begin = 0, end = 0; begin < points.size(); begin = end) {
    std::string upper, lower;
    for (end = begin; end < points.size() && (end == begin || !points[end].starts); ++end) {
      const std::size_t i = points[end].place;
      if (std::isnan(series.low[i]) || std::isnan(series.high[i])) continue;
      const std::string at = coordinate(x(series.x[i]));
      upper += fmt::format("{}{} {}", upper.empty() ? "M" : "L", at,
                           coordinate(y(held(series.high[i]))));
      lower = fmt::format("L{} {}", at, coordinate(y(held(series.low[i])))) + lower;
    }
    if (!upper.empty()) out += upper + lower + "z";
  }
  return out;
}

/// Moves labels apart, keeping their order and staying within [top, bottom].
void spread(std::vector<EndLabel>& labels, double top, double bottom) {
  std::stable_sort(labels.begin(), labels.end(),
                   [](const EndLabel& a, const EndLabel& b) { return a.y < b.y; });
  double free_from = top;
  for (EndLabel& label : labels) {
    label.drawn_y = std::max(label.y, free_from);
    free_from = label.drawn_y + kLabelGap;
  }
  double free_to = bottom;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    label->drawn_y = std::min(label->drawn_y, free_to);
    free_to = label->drawn_y - kLabelGap;
  }
}

std::string tip_of(const LineChart& chart, const Series& series, std::size_t i) {
  std::string tip = fmt::format("{}{}{}: {}", series.name, series.name.empty() ? "" : ", ",
                                format_number(series.x[i], chart.x.format),
                                format_number(series.y[i], chart.y.format));
  if (!series.low.empty()) {
    tip += fmt::format(" [{}, {}]", format_number(series.low[i], chart.y.format),
                       format_number(series.high[i], chart.y.format));
  }
  return tip;
}

/// Everything of the chart whose places depend on the frame.
class Lines {
 public:
  Lines(const LineChart& chart, const Frame& frame, const Scale& x, const Scale& y)
      : chart_(chart), frame_(frame), x_(x), y_(y) {}

  void draw_series(Svg& svg, std::size_t i, bool named, Drawing& out) {
    const Series& series = chart_.series[i];
    const std::vector<Point> points = visible_points(series);
    if (points.empty()) {
      out.notes.push_back(fmt::format("{} has no value to show.", quote(series.name)));
      return;
    }
    const std::string classes = series_classes(i, series.dashed);
    if (!series.low.empty()) svg.path(band(series, points, x_, y_), colour_class(i) + " band");
    svg.path(path_through(points), classes + (points.size() < kFine ? " line" : " fine line"));
    if (points.size() <= kMostMarked) {
      for (const Point& point : points) {
        svg.mark(point.x, point.y, i, colour_class(i) + " mark",
                 tip_of(chart_, series, point.place));
      }
    }
    if (!named) return;
    labels_.push_back({series.name, "label strong " + colour_class(i) + " ink", points.back().x,
                       points.back().y, points.back().y});
  }

  void draw_reference(Svg& svg, const Reference& reference, Drawing& out) {
    if (!draw_horizontal_reference(svg, frame_, y_, reference, out.notes)) return;
    const double place = y_(reference.value);
    labels_.push_back({reference.label, "reference-label", frame_.right, place, place});
  }

  void draw_end_labels(Svg& svg, double room) {
    spread(labels_, frame_.top, frame_.bottom);
    for (const EndLabel& label : labels_) {
      const double left = frame_.right + 14.0;
      if (std::abs(label.drawn_y - label.y) > 3.0 || label.x < frame_.right - 8.0) {
        svg.line(label.x + 5.0, label.y, left - 3.0, label.drawn_y, "leader");
      }
      svg.text_within(room, kLabelSize * kStrong, left, label.drawn_y + 4.0, Anchor::start,
                      label.classes, label.text);
    }
  }

  const LeftOut& left_out() const { return left_out_; }

 private:
  std::vector<Point> visible_points(const Series& series) {
    std::vector<Point> points;
    bool starts = true;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (left_out_.keeps({{x_, chart_.x, series.x[i]}, {y_, chart_.y, series.y[i]}})) {
        points.push_back({x_(series.x[i]), y_(series.y[i]), i, starts});
        starts = false;
      } else {
        starts = true;
      }
    }
    return points;
  }

  const LineChart& chart_;
  Frame frame_;
  const Scale& x_;
  const Scale& y_;
  std::vector<EndLabel> labels_;
  LeftOut left_out_;
};

}  // namespace

Drawing draw(const LineChart& chart, const std::string& id) {
  check(chart);
  const double width = width_of(chart.text.width);
  const double height = chart.text.width == Width::full ? 360.0 : 300.0;
  // One series needs no name beside its line: the title says what it is.
  const bool named = chart.series.size() > 1 && chart.series.size() <= kMostLabelled;
  std::vector<LegendEntry> legend;
  double label_room = 0.0;
  const auto reserve = [&](const std::string& label) {
    label_room = std::max(label_room, text_width(label, kLabelSize * kStrong));
  };
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const std::string& name = chart.series[i].name;
    if (named) reserve(name);
    if (chart.series.size() > kMostLabelled) legend.push_back({name, colour_class(i) + " mark", i});
  }
  for (const Reference& reference : chart.references) reserve(reference.label);
  label_room = std::min(label_room, 0.28 * width);
  const double legend_height = draw_legend(nullptr, 0.0, width, 0.0, legend);

  Frame frame{0.0, legend_height + (axis_title(chart.y).empty() ? 12.0 : 30.0),
              width - (label_room > 0.0 ? label_room + 16.0 : 12.0),
              height - (axis_title(chart.x).empty() ? 26.0 : 46.0)};
  Extent x_extent(chart.x.logarithmic), y_extent(chart.y.logarithmic);
  for (const Series& series : chart.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      // A point that the other axis cannot show must not stretch this one.
      if (!x_extent.shows(series.x[i]) || !y_extent.shows(series.y[i])) continue;
      x_extent.add(series.x[i]);
      y_extent.add(series.y[i]);
      if (!series.low.empty()) y_extent.add(series.low[i]), y_extent.add(series.high[i]);
    }
  }
  for (const Reference& reference : chart.references) y_extent.add(reference.value);

  const Scale y(chart.y, y_extent, Ends::ticks, frame.bottom, frame.top);
  frame.left = tick_room(y);
  const Scale x(chart.x, x_extent, Ends::tight, frame.left + 6.0, frame.right - 6.0);

  Svg svg;
  Drawing out;
  draw_legend(&svg, 0.0, width, 8.0, legend);
  draw_y_axis(svg, frame, y, chart.y);
  draw_x_axis(svg, frame, x, chart.x, false);
  Lines lines(chart, frame, x, y);
  for (const Reference& reference : chart.references) {
    lines.draw_reference(svg, reference, out);
  }
  for (std::size_t i = 0; i < chart.series.size(); ++i) lines.draw_series(svg, i, named, out);
  lines.draw_end_labels(svg, label_room);
  if (chart.series.empty()) out.notes.emplace_back("There is nothing to show.");
  lines.left_out().say("point", out.notes);
  out.svg = finish_chart(svg, width, height, id, chart.text);
  return out;
}

}  // namespace twhin::report
