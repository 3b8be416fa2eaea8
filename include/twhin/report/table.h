// twhin/report/table.h -- a table whose columns know what they hold.
//
// Columns of numbers are right-aligned and share one format; the best of a column stands out.
// What cannot be a number (NaN) is an en dash, and an absent cell is blank.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "twhin/report/number.h"

namespace twhin::report {

/// Which value of a column stands out. Values that read the same are alike: all of them do.
enum class Best { none, largest, smallest };

struct Column {
  std::string title = {};
  NumberFormat format = {};  ///< its unit stands below the title
  Best best = Best::none;
  bool code = false;  ///< text in the font of code
};

class Cell {
 public:
  Cell() = default;
  Cell(std::string text) : value_(std::move(text)) {}
  Cell(const char* text) : value_(std::string(text)) {}
  Cell(double number) : value_(number) {}
  template <std::integral T>
  Cell(T number) : value_(exact(number)) {}

  /// "0.312 [0.301, 0.322]".
  Cell with_interval(double low, double high) && {
    interval_ = {low, high};
    return std::move(*this);
  }

  bool is_text() const { return std::holds_alternative<std::string>(value_); }
  bool is_number() const { return value_.index() >= 2; }
  /// Empty unless is_number().
  std::optional<double> number() const;
  /// As the column has it, without interval; not escaped.
  std::string text(const Column& column) const;
  const std::optional<std::pair<double, double>>& interval() const { return interval_; }

 private:
  using Value = std::variant<std::monostate, std::string, double, std::int64_t>;

  template <std::integral T>
  static Value exact(T number) {
    if (std::in_range<std::int64_t>(number)) return static_cast<std::int64_t>(number);
    return static_cast<double>(number);  // beyond 2^63: as a double
  }

  Value value_;
  std::optional<std::pair<double, double>> interval_;
};

struct Row {
  std::vector<Cell> cells = {};
  bool emphasis = false;  ///< the row that the table is about
  bool heading = false;   ///< its first cell heads the rows below; the best is sought among those
};

struct Table {
  std::string title = {};
  std::vector<Column> columns = {};
  std::vector<Row> rows = {};  ///< as many cells as columns; a heading has one
  std::string note = {};       ///< below the table
};

}  // namespace twhin::report
