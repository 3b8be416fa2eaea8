#include <fmt/format.h>

#include <cmath>

#include "report/html.h"
#include "report/table_html.h"
#include "twhin/base/error.h"

namespace twhin::report {
namespace {

void check(const Table& table) {
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const Row& row = table.rows[r];
    const std::size_t expected = row.heading ? 1 : table.columns.size();
    if (row.cells.size() == expected) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "report.size_mismatch")
        .what("a row of a table does not fit its columns")
        .at(fmt::format("table {}, row {}", quote(table.title), r))
        .found(fmt::format("{} cells", row.cells.size()))
        .expected(fmt::format("{}", expected))
        .build();
  }
}

/// Whether all cells of the column that hold something hold numbers.
bool is_numeric(const Table& table, std::size_t c) {
  bool any = false;
  for (const Row& row : table.rows) {
    if (row.heading) continue;
    if (row.cells[c].is_text()) return false;
    any |= row.cells[c].is_number();
  }
  return any;
}

/// For each row, the text of the best cell of the column among the rows of the same heading; empty
/// where there is none.
std::vector<std::string> best_texts(const Table& table, std::size_t c) {
  const Column& column = table.columns[c];
  std::vector<std::string> best(table.rows.size());
  for (std::size_t begin = 0, end = 0; begin < table.rows.size(); begin = end) {
    const Cell* found = nullptr;
    for (end = begin; end < table.rows.size() && (end == begin || !table.rows[end].heading);
         ++end) {
      if (table.rows[end].heading) continue;
      const Cell& cell = table.rows[end].cells[c];
      const auto number = cell.number();
      if (!number || std::isnan(*number)) continue;
      const bool is_better =
          found == nullptr ||
          (column.best == Best::largest ? *number > *found->number() : *number < *found->number());
      if (is_better) found = &cell;
    }
    const std::string text = found == nullptr ? std::string() : found->text(column);
    for (std::size_t r = begin; r < end; ++r) best[r] = text;
  }
  return best;
}

std::string cell_html(const Cell& cell, const Column& column, bool numeric, bool is_best,
                      bool heads_row) {
  const std::string_view tag = heads_row ? "th" : "td";
  std::string out = fmt::format("<{}{}{}>", tag, heads_row ? R"( scope="row")" : "",
                                numeric ? R"( class="number")" : "");
  std::string text = escape(cell.text(column));
  if (column.code && !text.empty()) text = "<code>" + text + "</code>";
  if (is_best) text = R"(<strong title="best">)" + text + "</strong>";
  out += text;
  if (const auto& interval = cell.interval()) {
    NumberFormat format = column.format;
    format.unit.clear();
    out += fmt::format(R"( <span class="interval">[{}, {}]</span>)",
                       escape(format_number(interval->first, format)),
                       escape(format_number(interval->second, format)));
  }
  return out + fmt::format("</{}>", tag);
}

std::string header(const Table& table, const std::vector<bool>& numeric) {
  std::string out = "<thead><tr>";
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const Column& column = table.columns[c];
    out += fmt::format(R"(<th scope="col"{}>{}{}</th>)", numeric[c] ? R"( class="number")" : "",
                       escape(column.title),
                       column.format.unit.empty()
                           ? std::string()
                           : R"( <span class="unit">)" + escape(column.format.unit) + "</span>");
  }
  return out + "</tr></thead>";
}

}  // namespace

std::optional<double> Cell::number() const {
  if (const auto* number = std::get_if<double>(&value_)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*number);
  return std::nullopt;
}

std::string Cell::text(const Column& column) const {
  NumberFormat format = column.format;
  format.unit.clear();
  if (const auto* text = std::get_if<std::string>(&value_)) return *text;
  if (const auto* number = std::get_if<double>(&value_)) return format_number(*number, format);
  if (const auto* number = std::get_if<std::int64_t>(&value_)) {
    return format_number(*number, format);
  }
  return {};
}

std::string render(const Table& table) {
  check(table);
  const std::size_t num_columns = table.columns.size();
  std::vector<bool> numeric(num_columns);
  std::vector<std::vector<std::string>> best(num_columns);
  for (std::size_t c = 0; c < num_columns; ++c) {
    numeric[c] = is_numeric(table, c);
    if (table.columns[c].best != Best::none) best[c] = best_texts(table, c);
  }

  std::string out = fmt::format(
      R"(<div class="table"><div class="scroll" tabindex="0" role="region" aria-label="{}">)",
      escape(table.title.empty() ? "Table" : table.title));
  out += "<table>";
  if (!table.title.empty()) out += "<caption>" + escape(table.title) + "</caption>";
  out += header(table, numeric) + "<tbody>";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const Row& row = table.rows[r];
    if (row.heading) {
      out += fmt::format(R"(<tr class="heading"><th scope="rowgroup" colspan="{}">{}</th></tr>)",
                         num_columns, escape(row.cells[0].text({})));
      continue;
    }
    out += row.emphasis ? R"(<tr class="emphasis">)" : "<tr>";
    for (std::size_t c = 0; c < num_columns; ++c) {
      const Cell& cell = row.cells[c];
      const bool is_best = !best[c].empty() && cell.is_number() &&
                           cell.text(table.columns[c]) == best[c][r] && !best[c][r].empty();
      out += cell_html(cell, table.columns[c], numeric[c], is_best, c == 0 && cell.is_text());
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>";
  if (table.rows.empty()) out += R"(<p class="note">There are no rows.</p>)";
  if (!table.note.empty()) {
    out += R"(<p class="note">)" + escape_with_code(table.note) + "</p>";
  }
  return out + "</div>\n";
}

}  // namespace twhin::report
