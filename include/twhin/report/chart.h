// twhin/report/chart.h -- what a chart shows. How it is drawn is Page's business.
//
// Charts are inline SVG: drawn once, on the server's side, coloured by the page's style sheet for
// light, dark and paper. The colours of categories were chosen so that any two stay apart under
// protanopia, deuteranopia and tritanopia; lines also differ by their marks and carry their names.
//
// What a chart cannot show is left out and said below it: values that are not finite, values of
// zero or less on a logarithmic axis, values outside forced ends.
//
// Errors of Page when it draws a chart: invalid_argument "report.size_mismatch" if arrays that
// belong together differ in length; "report.axis" if forced ends are not finite, not in order, or
// not above zero on a logarithmic axis; "report.category" if a category has no name, or does not
// exist.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "twhin/report/number.h"

namespace twhin::report {

struct Axis {
  std::string title = {};
  NumberFormat format = {};  ///< of ticks and values; its unit stands behind the title
  bool logarithmic = false;
  bool from_zero = false;          ///< a linear axis shows zero even if no value is near
  std::optional<double> low = {};  ///< forced ends
  std::optional<double> high = {};
};

/// Half: two charts stand side by side where the window is wide enough.
enum class Width { full, half };

struct ChartText {
  std::string title = {};
  std::string subtitle = {};     ///< one sentence: what to see
  std::string description = {};  ///< for readers who do not see it; empty: title and subtitle
  std::string note = {};         ///< below the chart: source, caveat
  Width width = Width::full;
};

/// A line across the chart at a value that the others are measured by.
struct Reference {
  double value = 0.0;
  std::string label = {};
};

struct Series {
  std::string name = {};
  std::vector<double> x = {}, y = {};       ///< a y that is not a number leaves a gap
  std::vector<double> low = {}, high = {};  ///< empty, or a band around y: an interval
  bool dashed = false;
};

struct LineChart {
  ChartText text = {};
  Axis x = {}, y = {};
  std::vector<Series> series = {};  ///< each in ascending x
  std::vector<Reference> references = {};
};

struct BarSeries {
  std::string name = {};
  std::vector<double> values = {};          ///< one a category
  std::vector<double> low = {}, high = {};  ///< empty, or an interval each
};

/// Horizontal bars from zero; several series stand grouped.
struct BarChart {
  ChartText text = {};
  Axis value = {};  ///< linear
  std::vector<std::string> categories = {};
  std::vector<BarSeries> series = {};
  std::vector<Reference> references = {};
  std::optional<std::size_t> highlight = {};  ///< this category in colour, the others grey
};

struct PointLabel {
  double x = 0.0, y = 0.0;
  std::string text = {};
};

/// Points, in tens of thousands if need be. At most one of `category` and `value` is given.
struct ScatterChart {
  ChartText text = {};
  Axis x = {}, y = {};
  std::vector<float> points_x = {}, points_y = {};
  /// Colours by category. The eight largest categories have a colour each (seven if there are
  /// more than eight: then the others are grey and counted in the legend).
  std::vector<std::uint32_t> category = {};
  std::vector<std::string> category_names = {};
  /// Colours by value, light to dark (in dark mode dark to light).
  std::vector<double> value = {};
  Axis value_axis = {};
  std::vector<PointLabel> labels = {};
  bool square = false;      ///< one unit is as long in x as in y: for maps of vectors
  bool hide_ticks = false;  ///< for maps, whose coordinates mean nothing
};

/// Counts of values in adjoining bins.
struct Histogram {
  ChartText text = {};
  Axis x = {}, y = {};
  std::vector<double> edges = {};          ///< ascending; one more than counts
  std::vector<double> counts = {};         ///< or weights
  std::uint64_t num_left_out = 0;          ///< values that are in no bin: said below the chart
  std::vector<Reference> references = {};  ///< at values of x
};

/// Bins of equal width (of equal ratio if x is logarithmic) over the values that x can show; the
/// last bin includes its upper edge. Fills edges, counts and num_left_out.
///
/// Errors    invalid_argument "report.bins" if num_bins is 0 or above 10,000.
void fill_bins(Histogram& histogram, const std::vector<double>& values, std::size_t num_bins);

}  // namespace twhin::report
