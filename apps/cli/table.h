// cli/table.h -- aligned columns for a person at a terminal.
//
//     relation   edges   MRR
//     follow    14,855  0.31
//     favorite       7     -
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace twhin::cli {

/// A column whose cells are all numbers (or empty, or "-") is aligned right, another left. Width
/// is counted in characters of UTF-8; control characters are shown as "?".
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  /// As many cells as the header has; else internal "cli.table_row".
  void row(std::vector<std::string> cells);
  /// Two spaces between columns, none at the end of a line; ends with a newline.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the first is the header
};

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);

}  // namespace twhin::cli
