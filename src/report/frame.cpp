#include "report/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "twhin/base/error.h"

namespace twhin::report {
namespace {

constexpr double kFullWidth = 920.0;
constexpr double kHalfWidth = 448.0;
constexpr double kLegendRow = 20.0;
constexpr double kTickGap = 6.0;

std::string outside_note(const Reference& reference) {
  return fmt::format("The reference {} ({}) lies outside the chart.", quote(reference.label),
                     format_number(reference.value));
}

}  // namespace

double width_of(Width width) { return width == Width::full ? kFullWidth : kHalfWidth; }

std::string colour_class(std::size_t i) { return fmt::format("c{}", i % kNumColours); }

std::string axis_title(const Axis& axis) {
  if (axis.format.unit.empty()) return axis.title;
  if (axis.title.empty()) return axis.format.unit;
  return fmt::format("{} ({})", axis.title, axis.format.unit);
}

double tick_room(const Scale& y) {
  double widest = 0.0;
  for (const Tick& tick : y.ticks()) widest = std::max(widest, text_width(tick.label, kTickSize));
  return widest + 10.0;
}

void draw_y_axis(Svg& svg, const Frame& frame, const Scale& y, const Axis& axis) {
  for (const Tick& tick : y.ticks()) {
    const double place = y(tick.value);
    svg.line(frame.left, place, frame.right, place, "grid");
    svg.text(frame.left - 8.0, place + 4.0, Anchor::end, "tick", tick.label);
  }
  const std::string title = axis_title(axis);
  if (!title.empty()) {
    svg.text_within(frame.right, kLabelSize, 0.0, frame.top - 12.0, Anchor::start, "axis", title);
  }
}

void draw_x_axis(Svg& svg, const Frame& frame, const Scale& x, const Axis& axis, bool grid) {
  svg.line(frame.left, frame.bottom, frame.right, frame.bottom, "base");
  const auto half_width = [](const Tick& tick) { return 0.5 * text_width(tick.label, kTickSize); };
  bool all_fit = true;
  for (std::size_t i = 1; i < x.ticks().size(); ++i) {
    const Tick &left = x.ticks()[i - 1], &right = x.ticks()[i];
    all_fit &= x(right.value) - x(left.value) > half_width(left) + half_width(right) + kTickGap;
  }
  double free_from = -kTickGap;
  for (const Tick& tick : x.ticks()) {
    const double place = x(tick.value), half = half_width(tick);
    if (grid) {
      svg.line(place, frame.top, place, frame.bottom, "grid");
    } else {
      svg.line(place, frame.bottom, place, frame.bottom + 4.0, "base");
    }
    if (place - half < free_from || !(all_fit || tick.is_major)) continue;
    svg.text(place, frame.bottom + 18.0, Anchor::middle, "tick", tick.label);
    free_from = place + half + kTickGap;
  }
  const std::string title = axis_title(axis);
  if (!title.empty()) {
    const double middle = 0.5 * (frame.left + frame.right);
    svg.text_within(frame.right - frame.left, kLabelSize, middle, frame.bottom + 38.0,
                    Anchor::middle, "axis", title);
  }
}

bool draw_horizontal_reference(Svg& svg, const Frame& frame, const Scale& y,
                               const Reference& reference, std::vector<std::string>& notes) {
  if (!y.holds(reference.value)) {
    notes.push_back(outside_note(reference));
    return false;
  }
  svg.line(frame.left, y(reference.value), frame.right, y(reference.value), "reference");
  return true;
}

void draw_vertical_reference(Svg& svg, const Frame& frame, const Scale& x,
                             const Reference& reference, std::vector<std::string>& notes) {
  if (!x.holds(reference.value)) {
    notes.push_back(outside_note(reference));
    return;
  }
  const double place = x(reference.value);
  svg.line(place, frame.top, place, frame.bottom, "reference");
  // The label stands on the side that has more room.
  const bool right_side = place < 0.5 * (frame.left + frame.right);
  const double room = right_side ? frame.right - place : place - frame.left;
  svg.text_within(room - 8.0, kTickSize, right_side ? place + 6.0 : place - 6.0, frame.top + 10.0,
                  right_side ? Anchor::start : Anchor::end, "reference-label", reference.label);
}

double draw_legend(Svg* svg, double left, double right, double top,
                   const std::vector<LegendEntry>& entries) {
  double x = left, y = top;
  for (const LegendEntry& entry : entries) {
    const double room = right - left - 16.0;
    const double width = 16.0 + std::min(room, text_width(entry.text, kLabelSize));
    if (x > left && x + width > right) {
      x = left;
      y += kLegendRow;
    }
    if (svg != nullptr) {
      svg->mark(x + 4.0, y, entry.shape, entry.classes);
      svg->text_within(room, kLabelSize, x + 14.0, y + 4.0, Anchor::start, "label", entry.text);
    }
    x += width + 16.0;
  }
  return entries.empty() ? 0.0 : y - top + kLegendRow;
}

bool LeftOut::keeps(std::initializer_list<Value> values) {
  const auto any = [&](auto has_fault) {
    return std::any_of(values.begin(), values.end(), has_fault);
  };
  if (!any([](const Value& v) { return !v.scale.holds(v.value); })) return true;
  if (any([](const Value& v) { return !Extent(false).shows(v.value); })) {
    ++not_finite_;
  } else if (any([](const Value& v) { return v.axis.logarithmic && v.value <= 0.0; })) {
    ++not_positive_;
  } else {
    ++outside_;
  }
  return false;
}

void LeftOut::say(std::string_view what, std::vector<std::string>& notes) const {
  const auto note = [&](std::uint64_t count, std::string_view why_one, std::string_view why_many) {
    if (count == 0) return;
    notes.push_back(
        fmt::format("{} left out: {}.", counted(count, what), count == 1 ? why_one : why_many));
  };
  note(not_finite_, "it is not a finite number", "they are not finite numbers");
  note(not_positive_, "a logarithmic axis has no place for zero or less",
       "a logarithmic axis has no place for zero or less");
  note(outside_, "it lies outside the axes", "they lie outside the axes");
}

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", format_number(static_cast<std::int64_t>(count)), what,
                     count == 1 ? "" : "s");
}

void require_size(std::size_t found, std::size_t expected, std::string_view what,
                  const ChartText& text) {
  if (found == expected) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "report.size_mismatch")
      .what(fmt::format("a chart has {} {}", found, what))
      .at("chart " + quote(text.title))
      .expected(fmt::format("{}", expected))
      .build();
}

std::string finish_chart(const Svg& svg, double width, double height, const std::string& id,
                         const ChartText& text) {
  std::string description = text.description;
  if (description.empty()) description = text.subtitle.empty() ? text.title : text.subtitle;
  return svg.finish(width, height, id, text.title.empty() ? "Chart" : text.title, description,
                    text.width == Width::full ? "plot full" : "plot half");
}

}  // namespace twhin::report
