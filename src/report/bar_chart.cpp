#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/frame.h"
#include "twhin/base/error.h"

namespace twhin::report {
namespace {

constexpr double kBar = 18.0;         // height of a bar that stands alone
constexpr double kGroupedBar = 13.0;  // and of one in a group
constexpr double kBetweenBars = 2.0, kBetweenGroups = 11.0;

void check(const BarChart& chart) {
  if (chart.value.logarithmic) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "report.axis")
        .what("bars start at zero, which a logarithmic axis does not have")
        .at("chart " + quote(chart.text.title))
        .hint("a line chart shows values on a logarithmic axis")
        .build();
  }
  if (chart.highlight && *chart.highlight >= chart.categories.size()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "report.category")
        .what(fmt::format("there is no category {} to highlight", *chart.highlight))
        .at("chart " + quote(chart.text.title))
        .expected(fmt::format("a category below {}", chart.categories.size()))
        .build();
  }
  for (const BarSeries& series : chart.series) {
    const std::string of = " of " + quote(series.name);
    require_size(series.values.size(), chart.categories.size(), "values" + of, chart.text);
    if (series.low.empty() && series.high.empty()) continue;
    require_size(series.low.size(), chart.categories.size(), "lower ends" + of, chart.text);
    require_size(series.high.size(), chart.categories.size(), "upper ends" + of, chart.text);
  }
}

bool has_interval(const BarSeries& series, std::size_t i) {
  return !series.low.empty() && std::isfinite(series.low[i]) && std::isfinite(series.high[i]);
}

std::string tip_of(const BarChart& chart, const BarSeries& series, std::size_t i) {
  std::string tip = chart.categories[i];
  if (chart.series.size() > 1) tip += ", " + series.name;
  tip += ": " + format_number(series.values[i], chart.value.format);
  if (has_interval(series, i)) {
    tip += fmt::format(" [{}, {}]", format_number(series.low[i], chart.value.format),
                       format_number(series.high[i], chart.value.format));
  }
  return tip;
}

/// A bar with its interval and its value behind it; its middle is at y.
void draw_bar(Svg& svg, const Scale& x, const BarChart& chart, const BarSeries& series,
              std::size_t i, double y, double height, const std::string& classes) {
  const double value = series.values[i];
  const double zero = x(std::clamp(0.0, x.low(), x.high())), end = x(value);
  svg.rect(std::min(zero, end), y - 0.5 * height, std::max(std::abs(end - zero), 0.6), height,
           classes + " bar", tip_of(chart, series, i));
  double label_from = end;
  if (has_interval(series, i)) {
    const double low = x(std::clamp(series.low[i], x.low(), x.high()));
    const double high = x(std::clamp(series.high[i], x.low(), x.high()));
    const std::string shape = fmt::format("M{0} {1}v6m0 -3H{2}m0 -3v6", coordinate(low),
                                          coordinate(y - 3.0), coordinate(high));
    svg.path(shape, "whisker halo");  // so that it is seen on a dark bar too
    svg.path(shape, "whisker");
    label_from = value < 0.0 ? std::min(low, end) : std::max(high, end);
  }
  NumberFormat format = chart.value.format;
  format.unit.clear();  // it stands behind the axis title
  const bool leftwards = value < 0.0;
  svg.text(leftwards ? label_from - 6.0 : label_from + 6.0, y + 4.0,
           leftwards ? Anchor::end : Anchor::start, "value halo", format_number(value, format));
}

}  // namespace

Drawing draw(const BarChart& chart, const std::string& id) {
  check(chart);
  const double width = width_of(chart.text.width);
  const std::size_t num_series = chart.series.size();
  const double bar = num_series > 1 ? kGroupedBar : kBar;
  const double group =
      std::max(bar, static_cast<double>(num_series) * (bar + kBetweenBars)) + kBetweenGroups;

  std::vector<LegendEntry> legend;
  if (num_series > 1) {
    for (std::size_t s = 0; s < num_series; ++s) {
      legend.push_back({chart.series[s].name, colour_class(s) + " mark", 1});
    }
  }
  const double legend_height = draw_legend(nullptr, 0.0, width, 0.0, legend);

  Axis axis = chart.value;
  axis.from_zero = true;
  Extent extent(false);
  double name_room = 0.0, value_room = 0.0;
  bool any_negative = false;
  for (const std::string& name : chart.categories) {
    name_room =
        std::max(name_room, (chart.highlight ? kStrong : 1.0) * text_width(name, kLabelSize));
  }
  for (const BarSeries& series : chart.series) {
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      extent.add(series.values[i]);
      any_negative |= series.values[i] < 0.0;
      if (has_interval(series, i)) extent.add(series.low[i]), extent.add(series.high[i]);
      value_room =
          std::max(value_room, text_width(format_number(series.values[i], axis.format), kTickSize));
    }
  }
  for (const Reference& reference : chart.references) extent.add(reference.value);
  name_room = std::min(name_room, 0.36 * width);

  const bool has_references = !chart.references.empty();
  Frame frame{name_room + 12.0, legend_height + (has_references ? 18.0 : 4.0), width - 6.0, 0.0};
  frame.bottom = frame.top + group * static_cast<double>(chart.categories.size()) + 4.0;
  const double height = frame.bottom + (axis_title(axis).empty() ? 26.0 : 46.0);
  const Scale x(axis, extent, Ends::tight, frame.left + (any_negative ? value_room + 8.0 : 0.0),
                frame.right - value_room - 10.0);

  Svg svg;
  Drawing out;
  draw_legend(&svg, 0.0, width, 8.0, legend);
  draw_x_axis(svg, {x.from(), frame.top, x.to(), frame.bottom}, x, axis, true);
  const Frame plot{x.from(), frame.top - 16.0, width, frame.bottom};
  for (const Reference& reference : chart.references) {
    draw_vertical_reference(svg, plot, x, reference, out.notes);
  }
  LeftOut left_out;
  for (std::size_t i = 0; i < chart.categories.size(); ++i) {
    const double top = frame.top + group * static_cast<double>(i) + 0.5 * kBetweenGroups;
    svg.text_within(name_room, kLabelSize, name_room,
                    top + 0.5 * (group - kBetweenGroups) + 4.0 - 0.5 * kBetweenBars, Anchor::end,
                    chart.highlight == i ? "label strong" : "label", chart.categories[i]);
    for (std::size_t s = 0; s < num_series; ++s) {
      if (!left_out.keeps({{x, axis, chart.series[s].values[i]}})) continue;
      const bool muted = chart.highlight && *chart.highlight != i;
      const double y = top + static_cast<double>(s) * (bar + kBetweenBars) + 0.5 * bar;
      draw_bar(svg, x, chart, chart.series[s], i, y, bar, muted ? "other" : colour_class(s));
    }
  }
  if (x.low() <= 0.0 && x.high() >= 0.0) svg.line(x(0.0), frame.top, x(0.0), frame.bottom, "base");
  if (chart.categories.empty() || chart.series.empty()) {
    out.notes.emplace_back("There is nothing to show.");
  }
  left_out.say("bar", out.notes);
  out.svg = finish_chart(svg, width, height, id, chart.text);
  return out;
}

}  // namespace twhin::report
