// report/scale.h -- from values to places on the page, and where an axis has its ticks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "twhin/report/chart.h"

namespace twhin::report {

/// The values that an axis must show. Grows by what it is given; ignores what it cannot show.
class Extent {
 public:
  explicit Extent(bool logarithmic) : logarithmic_(logarithmic) {}

  /// Whether the axis can show it: finite and, if logarithmic, above zero.
  bool shows(double value) const;
  void add(double value);
  bool empty() const { return empty_; }
  double low() const { return low_; }
  double high() const { return high_; }

 private:
  bool logarithmic_;
  bool empty_ = true;
  double low_ = 0.0, high_ = 0.0;
};

struct Tick {
  double value;
  std::string label;
  bool is_major;  ///< keeps its label where there is no room for all: all but 2 and 5 times a power
};

/// How the ends of an axis are chosen around the data.
enum class Ends {
  tight,  ///< the data's own
  ticks,  ///< out to the next tick
  padded  ///< three in a hundred beyond the data
};

/// A linear or logarithmic map from [low, high] to [from, to] in the coordinates of the page.
class Scale {
 public:
  Scale(const Axis& axis, const Extent& data, Ends ends, double from, double to);

  double operator()(double value) const;
  double low() const { return low_; }
  double high() const { return high_; }
  double from() const { return from_; }
  double to() const { return to_; }
  /// Whether `value` can be drawn, and lies between the ends.
  bool holds(double value) const;
  const std::vector<Tick>& ticks() const { return ticks_; }
  /// The same axis drawn elsewhere.
  Scale moved(double from, double to) const;

 private:
  bool logarithmic_;
  double low_, high_, from_, to_;
  std::vector<Tick> ticks_;
};

/// The step of 1, 2 or 5 times a power of ten that divides [low, high] into at most `most` parts;
/// in powers of two for bytes, in round times for seconds. Requires low < high, both finite.
double nice_step(double low, double high, int most, NumberFormat::Kind kind);

/// Multiples of `step` in [low, high].
std::vector<double> multiples(double low, double high, double step);

struct Ticks {
  std::vector<double> values;
  double step;  ///< between neighbours; 0 if it differs
};

/// Powers of ten in [low, high]; with 2 and 5 times them where fewer than three powers fit, and
/// multiples of a nice step where fewer than two of those do. Requires 0 < low < high.
Ticks log_ticks(double low, double high, int most);

/// The label of a tick: as many digits as tell it from those `step` away (0: not equally far, as
/// on a logarithmic axis). `largest` is the largest size of a value on the axis.
std::string tick_label(double value, double step, double largest, const NumberFormat& format);

}  // namespace twhin::report
