#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/frame.h"
#include "twhin/base/error.h"

namespace twhin::report {
namespace {

constexpr std::size_t kMostBins = 10000;

void check(const Histogram& chart) {
  const std::size_t expected = chart.counts.empty() ? 0 : chart.counts.size() + 1;
  require_size(chart.edges.empty() && chart.counts.empty() ? 0 : chart.edges.size(), expected,
               "edges of bins", chart.text);
  const Extent shown(chart.x.logarithmic);
  for (std::size_t i = 0; i < chart.edges.size(); ++i) {
    if (shown.shows(chart.edges[i]) && (i == 0 || chart.edges[i] > chart.edges[i - 1])) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "report.axis")
        .what("the edges of a histogram's bins cannot be drawn")
        .at("chart " + quote(chart.text.title))
        .found(fmt::format("edge {} is {}", i, chart.edges[i]))
        .expected(chart.x.logarithmic ? "ascending numbers above zero" : "ascending finite numbers")
        .build();
  }
}

}  // namespace

void fill_bins(Histogram& histogram, const std::vector<double>& values, std::size_t num_bins) {
  if (num_bins == 0 || num_bins > kMostBins) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "report.bins")
        .what("a histogram cannot have this many bins")
        .at("chart " + quote(histogram.text.title))
        .found(fmt::format("{}", num_bins))
        .expected(fmt::format("1 to {}", kMostBins))
        .build();
  }
  histogram.edges.clear();
  histogram.counts.clear();
  histogram.num_left_out = 0;
  Extent extent(histogram.x.logarithmic);
  for (const double value : values) {
    extent.add(value);
    if (!extent.shows(value)) ++histogram.num_left_out;
  }
  if (extent.empty()) return;
  // The scale widens a range of one value, and honours forced ends.
  const auto bins = static_cast<double>(num_bins);
  const Scale to_bin(histogram.x, extent, Ends::tight, 0.0, bins);
  for (std::size_t i = 0; i <= num_bins; ++i) {
    const double part = static_cast<double>(i) / bins;
    const double low = to_bin.low(), high = to_bin.high();
    histogram.edges.push_back(i == num_bins             ? high
                              : histogram.x.logarithmic ? low * std::pow(high / low, part)
                                                        : low + part * (high - low));
  }
  histogram.counts.assign(num_bins, 0.0);
  for (const double value : values) {
    if (!extent.shows(value)) continue;
    if (value < histogram.edges.front() || value > histogram.edges.back()) {
      ++histogram.num_left_out;
      continue;
    }
    const auto above = std::upper_bound(histogram.edges.begin(), histogram.edges.end() - 1, value);
    histogram.counts[static_cast<std::size_t>(above - histogram.edges.begin()) - 1] += 1.0;
  }
}

Drawing draw(const Histogram& chart, const std::string& id) {
  check(chart);
  const double width = width_of(chart.text.width);
  const double height = chart.text.width == Width::full ? 320.0 : 280.0;
  Frame frame{0.0, axis_title(chart.y).empty() ? 12.0 : 30.0, width - 12.0,
              height - (axis_title(chart.x).empty() ? 26.0 : 46.0)};

  Axis y_axis = chart.y;
  y_axis.from_zero = true;
  Extent x_extent(chart.x.logarithmic), y_extent(y_axis.logarithmic);
  for (const double edge : chart.edges) x_extent.add(edge);
  for (const double count : chart.counts) y_extent.add(count);
  // Below the smallest count, so that its bar is seen.
  if (y_axis.logarithmic && !y_extent.empty()) y_extent.add(0.5 * y_extent.low());

  const Scale y(y_axis, y_extent, Ends::ticks, frame.bottom, frame.top);
  frame.left = tick_room(y);
  const Scale x(chart.x, x_extent, Ends::tight, frame.left, frame.right);

  Svg svg;
  Drawing out;
  draw_y_axis(svg, frame, y, y_axis);
  LeftOut left_out;
  for (std::size_t i = 0; i < chart.counts.size(); ++i) {
    const double count = chart.counts[i];
    if (count == 0.0) continue;  // no bar: nothing is left out
    if (!left_out.keeps(
            {{x, chart.x, chart.edges[i]}, {x, chart.x, chart.edges[i + 1]}, {y, y_axis, count}})) {
      continue;
    }
    const double left = x(chart.edges[i]), right = x(chart.edges[i + 1]);
    const double gap = right - left > 4.0 ? 1.0 : 0.0;
    svg.rect(left, y(count), right - left - gap, frame.bottom - y(count), "c0 bar",
             fmt::format("{} to {}: {}", format_number(chart.edges[i], chart.x.format),
                         format_number(chart.edges[i + 1], chart.x.format),
                         format_number(count, chart.y.format)));
  }
  draw_x_axis(svg, frame, x, chart.x, false);
  for (const Reference& reference : chart.references) {
    draw_vertical_reference(svg, frame, x, reference, out.notes);
  }
  if (chart.counts.empty()) out.notes.emplace_back("There is nothing to show.");
  if (chart.num_left_out > 0) {
    out.notes.push_back(
        fmt::format("{} left out: in no bin.", counted(chart.num_left_out, "value")));
  }
  left_out.say("bar", out.notes);
  out.svg = finish_chart(svg, width, height, id, chart.text);
  return out;
}

}  // namespace twhin::report
