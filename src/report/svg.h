// report/svg.h -- writes the elements of a drawing. Colours and fonts are classes of the style
// sheet.
#pragma once

#include <string>
#include <string_view>

namespace twhin::report {

/// A coordinate with one digit after the point at most: a tenth of a pixel is not seen.
std::string coordinate(double value);

/// Bold letters are wider than text_width() says, by about this factor.
inline constexpr double kStrong = 1.13;

/// Width of a text in the page's font at `size`, estimated: fonts differ, so it errs on the wide
/// side.
double text_width(std::string_view text, double size);

/// `text` if it fits, otherwise its beginning and an ellipsis.
std::string fitted(std::string_view text, double size, double width);

enum class Anchor { start, middle, end };

class Svg {
 public:
  void line(double x1, double y1, double x2, double y2, std::string_view classes);
  /// `tip` is shown when the pointer rests on it; none if empty.
  void rect(double x, double y, double width, double height, std::string_view classes,
            std::string_view tip = {});
  void path(std::string_view data, std::string_view classes, std::string_view tip = {});
  void text(double x, double y, Anchor anchor, std::string_view classes, std::string_view text);
  /// Cut if it is wider than `room` at `size`; the whole of it is then shown as the tip.
  void text_within(double room, double size, double x, double y, Anchor anchor,
                   std::string_view classes, std::string_view text);
  /// A filled mark of about 7 by 7: circle, square, diamond or triangle, by `shape` modulo 4.
  void mark(double x, double y, std::size_t shape, std::string_view classes,
            std::string_view tip = {});

  /// What is written until end_group() is drawn `scale` times as large, lines of that width.
  void begin_dots(double scale, double stroke_width);
  void end_group();

  /// The element, with what a screen reader says. `id` is unique in the page.
  std::string finish(double width, double height, std::string_view id, std::string_view title,
                     std::string_view description, std::string_view classes) const;

 private:
  void close(std::string_view name, std::string_view tip);

  std::string body_;
};

}  // namespace twhin::report
