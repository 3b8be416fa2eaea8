#include "report/svg.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "report/html.h"

namespace twhin::report {
namespace {

// Widths of DejaVu Sans, in hundredths of its size: the widest of the fonts that the style sheet
// may end up with. In the others a text is up to a tenth shorter.
double character_width(unsigned char c) {
  if (c >= 0xe0) return 1.0;  // first byte of a long sequence: other scripts, symbols
  if (c >= 0x80) return 0.65;
  const auto in = [c](std::string_view set) { return set.find(static_cast<char>(c)) != set.npos; };
  if (in(" ,.'Iijl")) return 0.32;
  if (in("-/:;\\f|!()[]rt\"")) return 0.4;
  if (in("*_`szLc?")) return 0.54;
  if (in("FPTYaekovxy")) return 0.61;
  if (in("DGHNUOQ&w")) return 0.8;
  if (in("#+<=>M^~")) return 0.85;
  if (in("%m@W")) return 1.0;
  return c >= 'A' && c <= 'Z' ? 0.69 : 0.64;
}

bool continues(unsigned char c) { return (c & 0xc0u) == 0x80u; }

}  // namespace

std::string coordinate(double value) {
  const double tenths = std::round(value * 10.0);
  if (tenths == 0.0) return "0";
  const auto whole = static_cast<long long>(tenths);
  if (whole % 10 == 0) return fmt::format("{}", whole / 10);
  return fmt::format("{}{}.{}", whole < 0 ? "-" : "", std::abs(whole) / 10, std::abs(whole) % 10);
}

double text_width(std::string_view text, double size) {
  double width = 0.0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!continues(byte)) width += character_width(byte);
  }
  return width * size;
}

std::string fitted(std::string_view text, double size, double width) {
  if (text_width(text, size) <= width) return std::string(text);
  constexpr std::string_view kEllipsis = "\u2026";
  double used = text_width(kEllipsis, size);
  std::size_t end = 0;
  for (std::size_t next = 0; next < text.size(); end = next) {
    used += size * character_width(static_cast<unsigned char>(text[next]));
    do {
      ++next;
    } while (next < text.size() && continues(static_cast<unsigned char>(text[next])));
    if (used > width) break;
  }
  while (end > 0 && text[end - 1] == ' ') --end;
  return std::string(text.substr(0, end)).append(kEllipsis);
}

void Svg::close(std::string_view name, std::string_view tip) {
  if (tip.empty()) {
    body_ += "/>";
  } else {
    body_ += fmt::format("><title>{}</title></{}>", escape(tip), name);
  }
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view classes) {
  body_ += fmt::format(R"(<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>)", classes,
                       coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2));
}

void Svg::rect(double x, double y, double width, double height, std::string_view classes,
               std::string_view tip) {
  body_ += fmt::format(R"(<rect class="{}" x="{}" y="{}" width="{}" height="{}")", classes,
                       coordinate(x), coordinate(y), coordinate(width), coordinate(height));
  close("rect", tip);
}

void Svg::path(std::string_view data, std::string_view classes, std::string_view tip) {
  body_ += fmt::format(R"(<path class="{}" d="{}")", classes, data);
  close("path", tip);
}

void Svg::text(double x, double y, Anchor anchor, std::string_view classes, std::string_view text) {
  text_within(std::numeric_limits<double>::infinity(), 0.0, x, y, anchor, classes, text);
}

void Svg::text_within(double room, double size, double x, double y, Anchor anchor,
                      std::string_view classes, std::string_view text) {
  static constexpr std::string_view kAnchors[] = {"", R"( text-anchor="middle")",
                                                  R"( text-anchor="end")"};
  body_ += fmt::format(R"(<text class="{}" x="{}" y="{}"{}>)", classes, coordinate(x),
                       coordinate(y), kAnchors[static_cast<int>(anchor)]);
  const std::string shown = fitted(text, size, room);
  if (shown != text) body_ += fmt::format("<title>{}</title>", escape(text));
  body_ += escape(shown) + "</text>";
}

void Svg::begin_dots(double scale, double stroke_width) {
  body_ += fmt::format(R"x(<g class="dots" transform="scale({})" stroke-width="{}">)x", scale,
                       coordinate(stroke_width));
}

void Svg::end_group() { body_ += "</g>"; }

void Svg::mark(double x, double y, std::size_t shape, std::string_view classes,
               std::string_view tip) {
  if (shape % 4 == 0) {
    body_ += fmt::format(R"(<circle class="{}" cx="{}" cy="{}" r="3.2")", classes, coordinate(x),
                         coordinate(y));
    close("circle", tip);
    return;
  }
  static constexpr std::string_view kShapes[] = {"", "m-2.9 -2.9h5.8v5.8h-5.8z",
                                                 "m0 -4.1l4.1 4.1l-4.1 4.1l-4.1 -4.1z",
                                                 "m0 -3.9l3.9 6.8h-7.8z"};
  path(fmt::format("M{} {}{}", coordinate(x), coordinate(y), kShapes[shape % 4]), classes, tip);
}

std::string Svg::finish(double width, double height, std::string_view id, std::string_view title,
                        std::string_view description, std::string_view classes) const {
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" class="{0}" viewBox="0 0 {1} {2}" role="img" )"
      R"(aria-labelledby="{3}-t {3}-d"><title id="{3}-t">{4}</title><desc id="{3}-d">{5}</desc>{6}</svg>)",
      classes, coordinate(width), coordinate(height), id, escape(title), escape(description),
      body_);
}

}  // namespace twhin::report
