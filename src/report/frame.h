// report/frame.h -- what all charts with axes share: sizes, axes, legend, references, notes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "report/scale.h"
#include "report/svg.h"
#include "twhin/report/chart.h"

namespace twhin::report {

/// A chart as drawn: the <svg> element, and sentences about what it does not show.
struct Drawing {
  std::string svg;
  std::vector<std::string> notes;
};

// Font sizes of the classes "tick", "label" and "axis" in style.cpp; layout reserves room by them.
inline constexpr double kTickSize = 11.5;
inline constexpr double kLabelSize = 12.0;
inline constexpr std::size_t kNumColours = 8;

double width_of(Width width);

/// The plot area within a drawing.
struct Frame {
  double left, top, right, bottom;
};

/// "c3": the class of the i-th colour; colours repeat from the ninth on.
std::string colour_class(std::size_t i);

/// "title (unit)".
std::string axis_title(const Axis& axis);

/// Room that the labels of a vertical axis need to its left.
double tick_room(const Scale& y);

/// Grid lines, tick labels, title above the axis. `frame` gives the other direction.
void draw_y_axis(Svg& svg, const Frame& frame, const Scale& y, const Axis& axis);
/// Tick labels and title below, without grid unless asked; labels that would touch are left out.
void draw_x_axis(Svg& svg, const Frame& frame, const Scale& x, const Axis& axis, bool grid);

/// A dotted line across, without its label. Notes, and returns false, if the scale does not hold
/// it.
bool draw_horizontal_reference(Svg& svg, const Frame& frame, const Scale& y,
                               const Reference& reference, std::vector<std::string>& notes);
/// A dotted line from top to bottom, its label beside its upper end.
void draw_vertical_reference(Svg& svg, const Frame& frame, const Scale& x,
                             const Reference& reference, std::vector<std::string>& notes);

/// One entry of a legend: `classes` of its swatch, which is a mark of that shape.
struct LegendEntry {
  std::string text;
  std::string classes;
  std::size_t shape = 0;
};

/// Draws the entries in rows within [left, right], the first row's middle at `top`. Returns the
/// height that they take, 0 for none. With `svg` null nothing is drawn, only measured.
double draw_legend(Svg* svg, double left, double right, double top,
                   const std::vector<LegendEntry>& entries);

/// Counts what a chart leaves out, and says so.
class LeftOut {
 public:
  struct Value {
    const Scale& scale;
    const Axis& axis;
    double value;
  };
  /// Whether the scales hold all values of a thing; if not, counts it once, for its worst fault.
  bool keeps(std::initializer_list<Value> values);
  /// `what`: "point", "bar".
  void say(std::string_view what, std::vector<std::string>& notes) const;

 private:
  std::uint64_t not_finite_ = 0, not_positive_ = 0, outside_ = 0;
};

/// "1 point", "12 points".
std::string counted(std::uint64_t count, std::string_view what);

/// Throws "report.size_mismatch" unless found == expected. `what`: "y values of \"ours\"".
void require_size(std::size_t found, std::size_t expected, std::string_view what,
                  const ChartText& text);

/// The <svg> of a chart with its text, for Drawing.
std::string finish_chart(const Svg& svg, double width, double height, const std::string& id,
                         const ChartText& text);

Drawing draw(const LineChart& chart, const std::string& id);
Drawing draw(const BarChart& chart, const std::string& id);
Drawing draw(const ScatterChart& chart, const std::string& id);
Drawing draw(const Histogram& chart, const std::string& id);

}  // namespace twhin::report
