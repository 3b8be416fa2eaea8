// twhin/graph/table_writer.h -- tables out: Parquet, or text with a header line.
//
// The ending decides: .parquet (zstd), .tsv, .csv. Rows are added column by column and written in
// row groups, so that a table of any size needs a constant amount of memory. The file appears
// complete at commit(), or not at all.
//
// Errors    io "table.write"; invalid_argument "table.unknown_format", "table.bad_value" (a text
//           value with the delimiter or a line end in it).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace twhin {

enum class ColumnType { integer, real, text };

struct ColumnSpec {
  std::string name;
  ColumnType type = ColumnType::integer;
};

class TableWriter {
 public:
  TableWriter(const std::filesystem::path& path, std::vector<ColumnSpec> columns);
  ~TableWriter();
  TableWriter(const TableWriter&) = delete;
  TableWriter& operator=(const TableWriter&) = delete;

  /// One value for the next column of the current row, in the order of the columns.
  void integer(std::int64_t value);
  void real(double value);
  void text(std::string_view value);

  std::uint64_t num_rows() const;
  /// Writes what is left, syncs, and gives the file its name.
  void commit();

  /// What a format must do; defined in the .cpp.
  class Format;

 private:
  std::unique_ptr<Format> format_;
};

}  // namespace twhin
