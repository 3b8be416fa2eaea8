#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "twhin/base/error.h"

namespace twhin::cli {
namespace {

std::size_t num_characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// A name from a user's file must not move the cursor.
std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

// 1,234  -0.5  3e-05  12 %  1.5 GiB is text: its unit differs from row to row.
bool is_number(const std::string& cell) {
  const bool allowed = cell.find_first_not_of("0123456789.,+-eE% \xC2\xB1") == std::string::npos;
  const bool has_digit = cell.find_first_of("0123456789") != std::string::npos;
  return cell.empty() || cell == "-" || cell == "nan" || cell == "inf" || (allowed && has_digit);
}

}  // namespace

Table::Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

void Table::row(std::vector<std::string> cells) {
  if (cells.size() != rows_.front().size()) {
    throw ErrorBuilder(ErrorKind::internal, "cli.table_row")
        .what("a row of a table has another number of cells than its header")
        .build();
  }
  for (std::string& cell : cells) cell = printable(std::move(cell));
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  const std::size_t num_columns = rows_.front().size();
  std::vector<std::size_t> width(num_columns, 0);
  std::vector<bool> right(num_columns, rows_.size() > 1);
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (std::size_t c = 0; c < num_columns; ++c) {
      width[c] = std::max(width[c], num_characters(rows_[r][c]));
      if (r > 0 && !is_number(rows_[r][c])) right[c] = false;
    }
  }
  std::string out;
  for (const std::vector<std::string>& row : rows_) {
    std::string line;
    for (std::size_t c = 0; c < num_columns; ++c) {
      const std::string padding(width[c] - num_characters(row[c]), ' ');
      line += (c > 0 ? "  " : "") + (right[c] ? padding + row[c] : row[c] + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

}  // namespace twhin::cli
