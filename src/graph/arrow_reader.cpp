#include "graph/arrow_reader.h"

#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <limits>

#include "twhin/base/error.h"

namespace twhin {
namespace {

constexpr std::int64_t kBatchRows = 1 << 16;

[[noreturn]] void fail_damaged(const InputFile& file, const std::string& found) {
  throw ErrorBuilder(ErrorKind::corrupt_data, "graph.damaged_file")
      .what(fmt::format("{} cannot be read as {}", quote(file.name),
                        file.format == TableFormat::parquet ? "Parquet" : "Arrow IPC"))
      .found(found)
      .hint("fetch or write the file again")
      .build();
}

// Runs what Arrow may answer with a Status or, on damaged files, with an exception.
template <class Body>
auto guarded(const InputFile& file, Body&& body) {
  try {
    auto result = body();
    if (!result.ok()) fail_damaged(file, result.status().message());
    return std::move(result).ValueUnsafe();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {  // parquet::ParquetException, std::bad_alloc, …
    fail_damaged(file, e.what());
  }
}

template <class Array, class Out>
void copy_numbers(const arrow::Array& array, std::vector<Out>& out) {
  const auto& typed = static_cast<const Array&>(array);
  out.resize(static_cast<std::size_t>(array.length()));
  for (std::int64_t i = 0; i < array.length(); ++i) {
    out[static_cast<std::size_t>(i)] = static_cast<Out>(typed.Value(i));
  }
}

template <class Array>
void copy_text(const arrow::Array& array, std::vector<std::string_view>& out) {
  const auto& typed = static_cast<const Array&>(array);
  out.resize(static_cast<std::size_t>(array.length()));
  for (std::int64_t i = 0; i < array.length(); ++i) {
    out[static_cast<std::size_t>(i)] = typed.GetView(i);
  }
}

// Rounds towards minus infinity.
std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::int64_t units_per_second(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      return 1'000'000'000;
  }
  return 1;
}

std::int64_t units_per_second(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::s:
      return 1;
    case TimeUnit::ms:
      return 1'000;
    case TimeUnit::us:
      return 1'000'000;
    case TimeUnit::ns:
      return 1'000'000'000;
  }
  return 1;
}

// Times that count `from` a second become such that count `to`; beyond 64 bits they are cut to
// those, which no calendar reaches.
void convert_times(std::vector<std::int64_t>& times, std::int64_t from, std::int64_t to) {
  if (from > to) {
    for (std::int64_t& time : times) time = floor_divide(time, from / to);
  } else if (to > from) {
    for (std::int64_t& time : times) {
      if (__builtin_mul_overflow(time, to / from, &time)) {
        time = time < 0 ? std::numeric_limits<std::int64_t>::min()
                        : std::numeric_limits<std::int64_t>::max();
      }
    }
  }
}

template <class T>
std::vector<T> gather(const std::vector<T>& values, const std::vector<std::int64_t>& at) {
  std::vector<T> out(at.size());
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (!values.empty()) out[i] = values[static_cast<std::size_t>(at[i])];
  }
  return out;
}

Cells cells_of(const arrow::Array& array, std::int64_t time_unit);

Cells cells_of_dictionary(const arrow::DictionaryArray& array, std::int64_t time_unit) {
  const Cells values = cells_of(*array.dictionary(), time_unit);
  std::vector<std::int64_t> at(static_cast<std::size_t>(array.length()));
  for (std::int64_t i = 0; i < array.length(); ++i) {
    at[static_cast<std::size_t>(i)] = array.IsNull(i) ? 0 : array.GetValueIndex(i);
  }
  Cells cells;
  cells.kind = values.kind;
  if (!values.text.empty()) cells.text = gather(values.text, at);
  if (!values.integers.empty()) cells.integers = gather(values.integers, at);
  if (!values.reals.empty()) cells.reals = gather(values.reals, at);
  if (!values.nulls.empty()) cells.nulls = gather(values.nulls, at);
  if (values.text.empty() && values.integers.empty() && values.reals.empty()) {
    cells.kind = Cells::Kind::text;  // an empty dictionary: all cells are null
    cells.text.resize(at.size());
  }
  return cells;
}

// time_unit: what a time counts, in parts of a second.
Cells cells_of(const arrow::Array& array, std::int64_t time_unit) {
  using Type = arrow::Type;
  Cells cells;
  cells.kind = Cells::Kind::integer;
  switch (array.type_id()) {
    case Type::INT8:
      copy_numbers<arrow::Int8Array>(array, cells.integers);
      break;
    case Type::INT16:
      copy_numbers<arrow::Int16Array>(array, cells.integers);
      break;
    case Type::INT32:
      copy_numbers<arrow::Int32Array>(array, cells.integers);
      break;
    case Type::INT64:
      copy_numbers<arrow::Int64Array>(array, cells.integers);
      break;
    case Type::UINT8:
      copy_numbers<arrow::UInt8Array>(array, cells.integers);
      break;
    case Type::UINT16:
      copy_numbers<arrow::UInt16Array>(array, cells.integers);
      break;
    case Type::UINT32:
      copy_numbers<arrow::UInt32Array>(array, cells.integers);
      break;
    case Type::UINT64:
      cells.kind = Cells::Kind::unsigned_integer;
      copy_numbers<arrow::UInt64Array>(array, cells.integers);
      break;
    case Type::BOOL:
      copy_numbers<arrow::BooleanArray>(array, cells.integers);
      break;
    case Type::FLOAT:
      cells.kind = Cells::Kind::real;
      copy_numbers<arrow::FloatArray>(array, cells.reals);
      break;
    case Type::DOUBLE:
      cells.kind = Cells::Kind::real;
      copy_numbers<arrow::DoubleArray>(array, cells.reals);
      break;
    case Type::STRING:
    case Type::BINARY:
      cells.kind = Cells::Kind::text;
      copy_text<arrow::BinaryArray>(array, cells.text);
      break;
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
      cells.kind = Cells::Kind::text;
      copy_text<arrow::LargeBinaryArray>(array, cells.text);
      break;
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
      cells.kind = Cells::Kind::text;
      copy_text<arrow::BinaryViewArray>(array, cells.text);
      break;
    case Type::DATE32:
      copy_numbers<arrow::Date32Array>(array, cells.integers);
      for (std::int64_t& day : cells.integers) day *= 86'400;
      convert_times(cells.integers, 1, time_unit);
      break;
    case Type::DATE64:
      copy_numbers<arrow::Date64Array>(array, cells.integers);
      convert_times(cells.integers, 1'000, time_unit);
      break;
    case Type::TIMESTAMP: {
      copy_numbers<arrow::TimestampArray>(array, cells.integers);
      const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
      convert_times(cells.integers, units_per_second(type.unit()), time_unit);
      break;
    }
    case Type::DICTIONARY:
      cells = cells_of_dictionary(static_cast<const arrow::DictionaryArray&>(array), time_unit);
      break;
    case Type::NA:
      cells.kind = Cells::Kind::text;
      cells.text.resize(static_cast<std::size_t>(array.length()));
      cells.nulls.assign(static_cast<std::size_t>(array.length()), 1);
      return cells;
    default:
      cells.kind = Cells::Kind::absent;  // refused when the file was opened
      break;
  }
  if (array.null_count() > 0) {
    if (cells.nulls.empty()) cells.nulls.resize(static_cast<std::size_t>(array.length()));
    for (std::int64_t i = 0; i < array.length(); ++i) {
      if (array.IsNull(i)) cells.nulls[static_cast<std::size_t>(i)] = 1;
    }
  }
  return cells;
}

bool is_readable(const arrow::DataType& type) {
  using Type = arrow::Type;
  switch (type.id()) {
    case Type::DICTIONARY:
      return is_readable(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case Type::STRING:
    case Type::BINARY:
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::DATE32:
    case Type::DATE64:
    case Type::TIMESTAMP:
    case Type::BOOL:
    case Type::NA:
      return true;
    default:
      return arrow::is_integer(type.id());
  }
}

// Field of each wanted column, after a check of the types; -1 for those not wanted.
std::vector<int> find_fields(const InputFile& file, const WantedColumns& wanted,
                             const arrow::Schema& schema) {
  const std::vector<int> fields = find_columns(file, wanted, schema.field_names(), true);
  for (std::size_t slot = 0; slot < fields.size(); ++slot) {
    if (fields[slot] < 0) continue;
    const arrow::DataType& type = *schema.field(fields[slot])->type();
    if (!is_readable(type)) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.column_type")
          .what(fmt::format("{} of {} cannot be used", wanted[slot]->text(), quote(file.name)))
          .at(file.at)
          .found("type " + type.ToString())
          .expected("text, binary, numbers, dates or timestamps, or a dictionary of them")
          .build();
    }
  }
  return fields;
}

class ArrowPiece final : public Piece {
 public:
  /// column_of_slot: index into the record batch, -1 where the slot is not wanted.
  ArrowPiece(std::size_t file_index, std::shared_ptr<arrow::RecordBatch> rows,
             std::vector<int> column_of_slot, std::int64_t time_unit, std::uint64_t first_row)
      : file_index_(file_index),
        rows_(std::move(rows)),
        column_of_slot_(std::move(column_of_slot)),
        time_unit_(time_unit),
        first_row_(first_row) {}

  bool parse(Batch& batch) override {
    batch = {};
    batch.file = file_index_;
    batch.num_rows = static_cast<std::size_t>(rows_->num_rows());
    batch.first_position = first_row_;
    batch.columns.resize(std::max<std::size_t>(kNumSlots, column_of_slot_.size()));
    for (std::size_t slot = 0; slot < column_of_slot_.size(); ++slot) {
      if (column_of_slot_[slot] < 0) continue;
      batch.columns[slot] = cells_of(*rows_->column(column_of_slot_[slot]), time_unit_);
    }
    batch.owner = rows_;
    return false;
  }

 private:
  std::size_t file_index_;
  std::shared_ptr<arrow::RecordBatch> rows_;
  std::vector<int> column_of_slot_;
  std::int64_t time_unit_;
  std::uint64_t first_row_;
};

/// What the readers of one Parquet file's row groups share.
struct ParquetTable {
  InputFile file;
  std::size_t file_index = 0;
  std::shared_ptr<parquet::FileMetaData> metadata;
  std::vector<int> leaf_columns;    ///< to read, ascending
  std::vector<int> column_of_slot;  ///< index among leaf_columns, -1: not wanted
  std::int64_t time_unit = 1;
};

std::unique_ptr<parquet::arrow::FileReader> open_file(
    const InputFile& file, std::shared_ptr<parquet::FileMetaData> metadata) {
  return guarded(file, [&]() -> arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> {
    parquet::ReaderProperties reading = parquet::default_reader_properties();
    reading.enable_buffered_stream();  // a row group need not be in memory as a whole
    reading.set_page_checksum_verification(true);
    parquet::ArrowReaderProperties properties(/*use_threads=*/false);
    properties.set_batch_size(kBatchRows);
    properties.set_pre_buffer(false);
    parquet::arrow::FileReaderBuilder builder;
    ARROW_RETURN_NOT_OK(builder.OpenFile(file.path.string(), false, reading, std::move(metadata)));
    builder.properties(properties);
    return builder.Build();
  });
}

class RowGroupReader final : public TableReader {
 public:
  RowGroupReader(std::shared_ptr<const ParquetTable> table, int group, std::uint64_t first_row)
      : table_(std::move(table)), group_(group), first_row_(first_row) {}

  std::unique_ptr<Piece> next() override {
    if (at_end_) return nullptr;
    if (!batches_) {
      file_ = open_file(table_->file, table_->metadata);
      batches_ = guarded(table_->file, [&] {
        return file_->GetRecordBatchReader({group_}, table_->leaf_columns);
      });
    }
    auto rows = guarded(table_->file, [&] { return batches_->Next(); });
    if (!rows) {
      at_end_ = true;
      batches_.reset();
      file_.reset();
      return nullptr;
    }
    const std::uint64_t first = first_row_ + rows_read_;
    rows_read_ += static_cast<std::uint64_t>(rows->num_rows());
    return std::make_unique<ArrowPiece>(table_->file_index, std::move(rows), table_->column_of_slot,
                                        table_->time_unit, first);
  }

  std::uint64_t num_rows() const override {
    return static_cast<std::uint64_t>(table_->metadata->RowGroup(group_)->num_rows());
  }

  std::uint64_t position() const override {
    const auto group = table_->metadata->RowGroup(group_);
    const auto num_rows = static_cast<double>(std::max<std::int64_t>(1, group->num_rows()));
    return static_cast<std::uint64_t>(static_cast<double>(group->total_compressed_size()) *
                                      static_cast<double>(rows_read_) / num_rows);
  }

 private:
  std::shared_ptr<const ParquetTable> table_;
  int group_;
  std::uint64_t first_row_;
  std::uint64_t rows_read_ = 0;
  bool at_end_ = false;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
};

class IpcReader final : public TableReader {
 public:
  IpcReader(const InputFile& file, std::size_t file_index, const WantedColumns& wanted,
            TimeUnit time_unit)
      : file_(file), file_index_(file_index), time_unit_(units_per_second(time_unit)) {
    input_ = guarded(file_, [&] { return arrow::io::ReadableFile::Open(file_.path.string()); });
    char head[6] = {};
    guarded(file_, [&]() -> arrow::Result<std::int64_t> {
      ARROW_RETURN_NOT_OK(input_->Read(sizeof(head), head));
      ARROW_RETURN_NOT_OK(input_->Seek(0));
      return 0;
    });
    if (std::string_view(head, sizeof(head)) == "ARROW1") {
      batches_ = guarded(file_, [&] { return arrow::ipc::RecordBatchFileReader::Open(input_); });
      num_batches_ = batches_->num_record_batches();
      column_of_slot_ = find_fields(file_, wanted, *batches_->schema());
    } else {
      stream_ = guarded(file_, [&] { return arrow::ipc::RecordBatchStreamReader::Open(input_); });
      column_of_slot_ = find_fields(file_, wanted, *stream_->schema());
    }
  }

  std::unique_ptr<Piece> next() override {
    while (!rows_ || offset_ == rows_->num_rows()) {
      offset_ = 0;
      if (batches_ && batch_ == num_batches_) return nullptr;
      rows_ = guarded(file_, [&]() -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
        auto rows = batches_ ? batches_->ReadRecordBatch(batch_++) : stream_->Next();
        // IPC trusts its offsets; a damaged file must not be believed.
        if (rows.ok() && *rows) ARROW_RETURN_NOT_OK((*rows)->ValidateFull());
        return rows;
      });
      if (!rows_) return nullptr;
    }
    auto slice = rows_->Slice(offset_, kBatchRows);
    offset_ += slice->num_rows();
    const std::uint64_t first = rows_read_ + 1;
    rows_read_ += static_cast<std::uint64_t>(slice->num_rows());
    return std::make_unique<ArrowPiece>(file_index_, std::move(slice), column_of_slot_, time_unit_,
                                        first);
  }

  std::uint64_t position() const override {
    if (batches_) {
      return file_.num_bytes * static_cast<std::uint64_t>(batch_) /
             static_cast<std::uint64_t>(std::max(1, num_batches_));
    }
    const auto at = input_->Tell();
    return at.ok() ? static_cast<std::uint64_t>(*at) : 0;
  }

 private:
  const InputFile file_;
  std::size_t file_index_;
  std::int64_t time_unit_;
  std::shared_ptr<arrow::io::ReadableFile> input_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> batches_;
  std::shared_ptr<arrow::ipc::RecordBatchStreamReader> stream_;
  std::vector<int> column_of_slot_;
  std::shared_ptr<arrow::RecordBatch> rows_;
  std::int64_t offset_ = 0;
  int batch_ = 0;
  int num_batches_ = 0;
  std::uint64_t rows_read_ = 0;
};

}  // namespace

std::vector<std::unique_ptr<TableReader>> open_parquet(const InputFile& file,
                                                       std::size_t file_index,
                                                       const WantedColumns& wanted,
                                                       TimeUnit time_unit) {
  const auto opened = open_file(file, nullptr);
  auto table = std::make_shared<ParquetTable>();
  table->file = file;
  table->file_index = file_index;
  table->time_unit = units_per_second(time_unit);
  table->metadata = opened->parquet_reader()->metadata();
  std::shared_ptr<arrow::Schema> schema;
  guarded(file, [&]() -> arrow::Result<bool> {
    ARROW_RETURN_NOT_OK(opened->GetSchema(&schema));
    return true;
  });
  const std::vector<int> fields = find_fields(file, wanted, *schema);
  const auto& manifest = opened->manifest().schema_fields;
  std::vector<int> leaves;
  for (const int field : fields) {
    leaves.push_back(field < 0 ? -1 : manifest[static_cast<std::size_t>(field)].column_index);
  }
  for (const int leaf : leaves) {
    if (leaf >= 0) table->leaf_columns.push_back(leaf);
  }
  auto& columns = table->leaf_columns;
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  for (const int leaf : leaves) {
    const auto it = std::lower_bound(columns.begin(), columns.end(), leaf);
    table->column_of_slot.push_back(leaf < 0 ? -1 : static_cast<int>(it - columns.begin()));
  }
  std::vector<std::unique_ptr<TableReader>> readers;
  std::uint64_t first_row = 1;
  for (int group = 0; group < table->metadata->num_row_groups(); ++group) {
    readers.push_back(std::make_unique<RowGroupReader>(table, group, first_row));
    first_row += static_cast<std::uint64_t>(table->metadata->RowGroup(group)->num_rows());
  }
  return readers;
}

std::unique_ptr<TableReader> open_arrow(const InputFile& file, std::size_t file_index,
                                        const WantedColumns& wanted, TimeUnit time_unit) {
  return std::make_unique<IpcReader>(file, file_index, wanted, time_unit);
}

}  // namespace twhin
