#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "report/frame.h"
#include "twhin/base/error.h"

namespace twhin::report {
namespace {

constexpr std::size_t kLevels = 12;  // classes v0 .. v11 of the style sheet
constexpr std::size_t kChunk = 400;  // points of one colour that are drawn at once
constexpr double kGrid = 0.5;        // dots stand on multiples of this; half a pixel is not seen

/// The points of one colour.
struct Layer {
  std::string classes;
  bool behind = false;  ///< drawn before all others
  std::vector<std::size_t> points;
};

struct Colouring {
  std::vector<Layer> layers;
  std::vector<LegendEntry> legend;
};

void check(const ScatterChart& chart) {
  const std::size_t n = chart.points_x.size();
  require_size(chart.points_y.size(), n, "y values", chart.text);
  if (!chart.category.empty()) require_size(chart.category.size(), n, "categories", chart.text);
  if (!chart.value.empty()) require_size(chart.value.size(), n, "values", chart.text);
  if (!chart.category.empty() && !chart.value.empty()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "report.category")
        .what("points are coloured by category or by value, not both")
        .at("chart " + quote(chart.text.title))
        .build();
  }
  for (const std::uint32_t category : chart.category) {
    if (category < chart.category_names.size()) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "report.category")
        .what(fmt::format("category {} has no name", category))
        .at("chart " + quote(chart.text.title))
        .expected(fmt::format("categories below {}", chart.category_names.size()))
        .build();
  }
}

Colouring by_category(const ScatterChart& chart, const std::vector<std::size_t>& shown) {
  std::vector<std::vector<std::size_t>> members(chart.category_names.size());
  for (const std::size_t i : shown) members[chart.category[i]].push_back(i);
  std::vector<std::size_t> order;
  for (std::size_t c = 0; c < members.size(); ++c) {
    if (!members[c].empty()) order.push_back(c);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return members[a].size() > members[b].size();
  });
  const std::size_t num_coloured = order.size() > kNumColours ? kNumColours - 1 : order.size();

  Colouring out;
  const auto count = [](std::size_t n) { return format_number(static_cast<std::int64_t>(n)); };
  for (std::size_t k = 0; k < num_coloured; ++k) {
    out.legend.push_back(
        {fmt::format("{} ({})", chart.category_names[order[k]], count(members[order[k]].size())),
         colour_class(k) + " mark"});
    out.layers.push_back({colour_class(k), false, std::move(members[order[k]])});
  }
  Layer others{"other", true, {}};
  for (std::size_t k = num_coloured; k < order.size(); ++k) {
    others.points.insert(others.points.end(), members[order[k]].begin(), members[order[k]].end());
  }
  if (!others.points.empty()) {
    out.legend.push_back({fmt::format("{} others ({})", count(order.size() - num_coloured),
                                      count(others.points.size())),
                          "other mark"});
    out.layers.push_back(std::move(others));
  }
  return out;
}

/// Points whose value cannot be shown are counted and left out.
Colouring by_value(const ScatterChart& chart, const std::vector<std::size_t>& shown,
                   const Scale& levels, LeftOut& left_out) {
  Colouring out;
  for (std::size_t level = 0; level < kLevels; ++level) {
    out.layers.push_back({fmt::format("v{}", level), false, {}});
  }
  for (const std::size_t i : shown) {
    if (!left_out.keeps({{levels, chart.value_axis, chart.value[i]}})) continue;
    const double level = std::clamp(levels(chart.value[i]), 0.0, kLevels - 1.0);
    out.layers[static_cast<std::size_t>(level)].points.push_back(i);
  }
  return out;
}

/// Dots as one path: a line of length zero with round ends is a dot of the stroke's width. Sorted
/// so that the moves between them are short numbers; dots on the same spot are drawn once.
std::string dots(std::vector<std::pair<int, int>> places) {
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  std::string out;
  int x = 0, y = 0;
  for (const auto& [to_x, to_y] : places) {
    out += fmt::format("m{}{}{}h0", to_x - x, to_y - y < 0 ? "" : " ", to_y - y);
    x = to_x, y = to_y;
  }
  return out;
}

double dot_width(std::size_t num_points) {
  return num_points <= 300 ? 6.5 : num_points <= 3000 ? 4.5 : num_points <= 20000 ? 3.2 : 2.4;
}

/// Draws each colour in chunks, the chunks of all colours in turn, so that none hides the others.
void draw_layers(Svg& svg, const ScatterChart& chart, const Scale& x, const Scale& y,
                 const std::vector<Layer>& layers) {
  std::multimap<double, std::pair<std::size_t, std::size_t>> chunks;  // when → (layer, begin)
  std::size_t num_points = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::size_t size = layers[l].points.size();
    num_points += size;
    for (std::size_t begin = 0; begin < size; begin += kChunk) {
      const double when = (static_cast<double>(begin) + 1.0) / static_cast<double>(size);
      chunks.emplace(layers[l].behind ? -1.0 : when, std::make_pair(l, begin));
    }
  }
  svg.begin_dots(kGrid, dot_width(num_points) / kGrid);
  for (const auto& [when, chunk] : chunks) {
    const auto& [l, begin] = chunk;
    const auto& points = layers[l].points;
    std::vector<std::pair<int, int>> places;
    for (std::size_t k = begin; k < std::min(begin + kChunk, points.size()); ++k) {
      const std::size_t i = points[k];
      places.emplace_back(static_cast<int>(std::lround(x(chart.points_x[i]) / kGrid)),
                          static_cast<int>(std::lround(y(chart.points_y[i]) / kGrid)));
    }
    svg.path(dots(std::move(places)), layers[l].classes);
  }
  svg.end_group();
}

/// A strip of the levels' colours between their ends. Returns its height.
double draw_colour_bar(Svg& svg, const Axis& axis, const Scale& levels) {
  const auto text = [&](double value) {
    return tick_label(value, 0.0, std::abs(value), axis.format);
  };
  double left = 0.0;
  const auto write = [&](const std::string& label, std::string_view classes) {
    svg.text(left, 12.0, Anchor::start, classes, label);
    left += text_width(label, kLabelSize) + 8.0;
  };
  if (const std::string title = axis_title(axis); !title.empty()) write(title, "axis");
  write(text(levels.low()), "tick");
  for (std::size_t level = 0; level < kLevels; ++level) {
    svg.rect(left + 12.0 * static_cast<double>(level), 3.0, 12.3, 10.0,
             fmt::format("v{} bar", level));
  }
  left += 12.0 * kLevels + 8.0;
  write(text(levels.high()), "tick");
  return 24.0;
}

/// Widens the narrower axis until a unit is as long in both. Requires linear axes.
void make_square(const Frame& frame, Axis& x_axis, Axis& y_axis, const Extent& x_extent,
                 const Extent& y_extent) {
  const Scale x(x_axis, x_extent, Ends::padded, frame.left, frame.right);
  const Scale y(y_axis, y_extent, Ends::padded, frame.bottom, frame.top);
  const double per_x = (frame.right - frame.left) / (x.high() - x.low());
  const double per_y = (frame.bottom - frame.top) / (y.high() - y.low());
  const double unit = std::min(per_x, per_y);
  const auto widen = [&](Axis& axis, const Scale& scale, double length) {
    const double middle = 0.5 * (scale.low() + scale.high());
    axis.low = middle - 0.5 * length / unit;
    axis.high = middle + 0.5 * length / unit;
  };
  widen(x_axis, x, frame.right - frame.left);
  widen(y_axis, y, frame.bottom - frame.top);
}

}  // namespace

Drawing draw(const ScatterChart& chart, const std::string& id) {
  check(chart);
  const double width = width_of(chart.text.width);
  Drawing out;
  LeftOut left_out;

  // Colours first: they decide how high the legend is.
  Extent x_extent(chart.x.logarithmic), y_extent(chart.y.logarithmic);
  Extent value_extent(chart.value_axis.logarithmic);
  for (std::size_t i = 0; i < chart.points_x.size(); ++i) {
    if (!x_extent.shows(chart.points_x[i]) || !y_extent.shows(chart.points_y[i])) continue;
    x_extent.add(chart.points_x[i]);
    y_extent.add(chart.points_y[i]);
    if (!chart.value.empty()) value_extent.add(chart.value[i]);
  }
  Axis x_axis = chart.x, y_axis = chart.y;
  const Scale levels(chart.value_axis, value_extent, Ends::tight, 0.0, kLevels);
  const double plot_height =
      chart.text.width == Width::full ? (chart.square ? 560.0 : 400.0) : 340.0;

  // What the axes show does not depend on where they are drawn, except under `square`, which
  // widens them and so hides nothing.
  std::vector<std::size_t> shown;
  const Scale x_test(x_axis, x_extent, Ends::padded, 0.0, width);
  const Scale y_test(y_axis, y_extent, Ends::padded, plot_height, 0.0);
  for (std::size_t i = 0; i < chart.points_x.size(); ++i) {
    if (left_out.keeps(
            {{x_test, x_axis, chart.points_x[i]}, {y_test, y_axis, chart.points_y[i]}})) {
      shown.push_back(i);
    }
  }
  Colouring colouring;
  if (!chart.value.empty()) {
    colouring = by_value(chart, shown, levels, left_out);
  } else if (!chart.category.empty()) {
    colouring = by_category(chart, shown);
  } else {
    colouring.layers.push_back({"c0", false, std::move(shown)});
  }

  Svg svg;
  double top = draw_legend(&svg, 0.0, width, 8.0, colouring.legend);
  if (!chart.value.empty()) top = draw_colour_bar(svg, chart.value_axis, levels);
  const bool bare = chart.hide_ticks;
  Frame frame{bare ? 0.0 : 1.0, top + (bare || axis_title(y_axis).empty() ? 8.0 : 30.0),
              width - (bare ? 0.0 : 12.0), 0.0};
  frame.bottom = frame.top + plot_height;
  const double height = frame.bottom + (bare ? 2.0 : axis_title(x_axis).empty() ? 26.0 : 46.0);
  if (!bare) {
    frame.left = tick_room(Scale(y_axis, y_extent, Ends::padded, frame.bottom, frame.top));
  }
  if (chart.square && !x_axis.logarithmic && !y_axis.logarithmic) {
    make_square(frame, x_axis, y_axis, x_extent, y_extent);
  }
  const Scale x(x_axis, x_extent, Ends::padded, frame.left, frame.right);
  const Scale y(y_axis, y_extent, Ends::padded, frame.bottom, frame.top);
  if (!bare) {
    draw_y_axis(svg, frame, y, y_axis);
    draw_x_axis(svg, frame, x, x_axis, true);
  }
  draw_layers(svg, chart, x, y, colouring.layers);
  LeftOut labels_left_out;
  for (const PointLabel& label : chart.labels) {
    if (!labels_left_out.keeps({{x, x_axis, label.x}, {y, y_axis, label.y}})) {
      continue;
    }
    const double at_x = x(label.x), at_y = y(label.y);
    const bool leftwards = at_x > 0.75 * width;
    svg.mark(at_x, at_y, 0, "ring");
    svg.text(leftwards ? at_x - 8.0 : at_x + 8.0, at_y + 4.0,
             leftwards ? Anchor::end : Anchor::start, "label strong halo", label.text);
  }
  if (chart.points_x.empty()) out.notes.emplace_back("There is nothing to show.");
  left_out.say("point", out.notes);
  labels_left_out.say("label", out.notes);
  out.svg = finish_chart(svg, width, height, id, chart.text);
  return out;
}

}  // namespace twhin::report
