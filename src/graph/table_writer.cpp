#include "twhin/graph/table_writer.h"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>

#include "twhin/base/error.h"
#include "twhin/base/file.h"

namespace twhin {
namespace fs = std::filesystem;

class TableWriter::Format {
 public:
  virtual ~Format() = default;
  virtual void integer(std::int64_t value) = 0;
  virtual void real(double value) = 0;
  virtual void text(std::string_view value) = 0;
  virtual void commit() = 0;

  std::uint64_t num_rows = 0;

 protected:
  explicit Format(std::vector<ColumnSpec> columns) : columns_(std::move(columns)) {}

  void expect(ColumnType given) const {
    if (columns_[column_].type == given) return;
    throw ErrorBuilder(ErrorKind::internal, "table.wrong_column")
        .what(fmt::format("a value of another type for column {}", quote(columns_[column_].name)))
        .build();
  }
  // Steps to the next column; true if that ended a row.
  bool step() {
    column_ = (column_ + 1) % columns_.size();
    num_rows += column_ == 0;
    return column_ == 0;
  }

  std::vector<ColumnSpec> columns_;
  std::size_t column_ = 0;
};

namespace {

class TextFormat final : public TableWriter::Format {
 public:
  TextFormat(const fs::path& path, std::vector<ColumnSpec> columns, char delimiter)
      : Format(std::move(columns)), file_(path), delimiter_(delimiter) {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (c > 0) line_ += delimiter_;
      line_ += columns_[c].name;
    }
    line_ += '\n';
  }

  void integer(std::int64_t value) override {
    put(ColumnType::integer, fmt::format_int(value).str());
  }
  void real(double value) override { put(ColumnType::real, fmt::format("{}", value)); }
  void text(std::string_view value) override {
    const char forbidden[] = {delimiter_, '\n', '\r', '\0'};
    if (value.find_first_of(std::string_view(forbidden, 3)) != std::string_view::npos) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "table.bad_value")
          .what(fmt::format("{} cannot be written to a text table", quote(value)))
          .hint("write Parquet instead")
          .build();
    }
    put(ColumnType::text, value);
  }
  void commit() override {
    file_.write(line_);
    file_.commit();
  }

 private:
  void put(ColumnType type, std::string_view value) {
    expect(type);
    if (column_ > 0) line_ += delimiter_;
    line_ += value;
    if (!step()) return;
    line_ += '\n';
    if (line_.size() > (1 << 16)) {
      file_.write(line_);
      line_.clear();
    }
  }

  AtomicFile file_;
  char delimiter_;
  std::string line_;
};

void check(const arrow::Status& status) {
  if (status.ok()) return;
  throw ErrorBuilder(ErrorKind::io, "table.write")
      .what("cannot write a Parquet table")
      .found(status.ToString())
      .build();
}

// Hands Arrow's bytes to an AtomicFile.
class AtomicStream final : public arrow::io::OutputStream {
 public:
  explicit AtomicStream(const fs::path& path) : file_(path) {}
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return static_cast<int64_t>(file_.size()); }
  arrow::Status Write(const void* data, int64_t num_bytes) override {
    try {
      file_.write(data, static_cast<std::size_t>(num_bytes));
    } catch (const Error& error) {
      return arrow::Status::IOError(error.what());
    }
    return arrow::Status::OK();
  }
  void commit() { file_.commit(); }

 private:
  AtomicFile file_;
  bool closed_ = false;
};

class ParquetFormat final : public TableWriter::Format {
 public:
  ParquetFormat(const fs::path& path, std::vector<ColumnSpec> columns)
      : Format(std::move(columns)), stream_(std::make_shared<AtomicStream>(path)) {
    arrow::FieldVector fields;
    for (const ColumnSpec& column : columns_) {
      switch (column.type) {
        case ColumnType::integer:
          builders_.push_back(std::make_unique<arrow::Int64Builder>());
          break;
        case ColumnType::real:
          builders_.push_back(std::make_unique<arrow::DoubleBuilder>());
          break;
        case ColumnType::text:
          builders_.push_back(std::make_unique<arrow::StringBuilder>());
          break;
      }
      fields.push_back(arrow::field(column.name, builders_.back()->type(), /*nullable=*/false));
    }
    schema_ = arrow::schema(std::move(fields));
    auto opened = parquet::arrow::FileWriter::Open(
        *schema_, arrow::default_memory_pool(), stream_,
        parquet::WriterProperties::Builder().compression(parquet::Compression::ZSTD)->build());
    check(opened.status());
    writer_ = std::move(*opened);
  }

  void integer(std::int64_t value) override {
    append<arrow::Int64Builder>(ColumnType::integer, value);
  }
  void real(double value) override { append<arrow::DoubleBuilder>(ColumnType::real, value); }
  void text(std::string_view value) override {
    append<arrow::StringBuilder>(ColumnType::text, value);
  }
  void commit() override {
    write_row_group();
    check(writer_->Close());
    stream_->commit();
  }

 private:
  static constexpr std::uint64_t kRowsPerGroup = 1 << 20;

  template <class Builder, class Value>
  void append(ColumnType type, Value value) {
    expect(type);
    check(static_cast<Builder&>(*builders_[column_]).Append(value));
    if (step() && num_rows % kRowsPerGroup == 0) write_row_group();
  }
  void write_row_group() {
    arrow::ArrayVector arrays;
    for (auto& builder : builders_) {
      std::shared_ptr<arrow::Array> array;
      check(builder->Finish(&array));
      arrays.push_back(std::move(array));
    }
    if (arrays[0]->length() == 0) return;
    check(writer_->WriteTable(*arrow::Table::Make(schema_, arrays), arrays[0]->length()));
  }

  std::shared_ptr<AtomicStream> stream_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

}  // namespace

TableWriter::TableWriter(const fs::path& path, std::vector<ColumnSpec> columns) {
  const std::string ending = path.extension().string();
  if (ending == ".parquet") {
    format_ = std::make_unique<ParquetFormat>(path, std::move(columns));
  } else if (ending == ".tsv" || ending == ".csv") {
    format_ = std::make_unique<TextFormat>(path, std::move(columns), ending == ".tsv" ? '\t' : ',');
  } else {
    throw ErrorBuilder(ErrorKind::invalid_argument, "table.unknown_format")
        .what(fmt::format("cannot tell the format of {}", quote(path.string())))
        .found(quote(ending))
        .expected("one of .parquet, .tsv, .csv")
        .build();
  }
}
TableWriter::~TableWriter() = default;

void TableWriter::integer(std::int64_t value) { format_->integer(value); }
void TableWriter::real(double value) { format_->real(value); }
void TableWriter::text(std::string_view value) { format_->text(value); }
std::uint64_t TableWriter::num_rows() const { return format_->num_rows; }
void TableWriter::commit() { format_->commit(); }

}  // namespace twhin
