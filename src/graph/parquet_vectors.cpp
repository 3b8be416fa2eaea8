#include "graph/parquet_vectors.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/float16.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>

#include <string>
#include <vector>

#include "twhin/base/error.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kBatchRows = 1 << 12;

Error damaged(const fs::path& path, const std::string& found) {
  return ErrorBuilder(ErrorKind::corrupt_data, "vectors.damaged")
      .what(fmt::format("{} cannot be read as Parquet", quote(path.string())))
      .found(found)
      .build();
}

template <class T>
T checked(const fs::path& path, arrow::Result<T> result) {
  if (!result.ok()) throw damaged(path, result.status().message());
  return std::move(result).ValueUnsafe();
}

Error wrong_columns(const fs::path& path, const std::string& found) {
  return ErrorBuilder(ErrorKind::invalid_argument, "vectors.columns")
      .what(fmt::format("{} has no column of names and one of vectors", quote(path.string())))
      .found(found)
      .expected("`name`, text or integers, and `vector`, a list of floats")
      .build();
}

Error null_in(const fs::path& path, std::uint64_t row) {
  return ErrorBuilder(ErrorKind::corrupt_data, "vectors.bad_number")
      .what("a name or a vector is null, or has a null in it")
      .at(fmt::format("{}, row {}", path.string(), row))
      .build();
}

bool is_name(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::LARGE_STRING ||
         type.id() == arrow::Type::INT32 || type.id() == arrow::Type::INT64;
}

bool is_vector(const arrow::DataType& type) {
  const bool is_list = type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST ||
                       type.id() == arrow::Type::FIXED_SIZE_LIST;
  return is_list && arrow::is_floating(type.field(0)->type()->id());
}

std::string name_at(const arrow::Array& names, std::int64_t i) {
  switch (names.type_id()) {
    case arrow::Type::STRING:
      return static_cast<const arrow::StringArray&>(names).GetString(i);
    case arrow::Type::LARGE_STRING:
      return static_cast<const arrow::LargeStringArray&>(names).GetString(i);
    case arrow::Type::INT32:
      return std::to_string(static_cast<const arrow::Int32Array&>(names).Value(i));
    default:
      return std::to_string(static_cast<const arrow::Int64Array&>(names).Value(i));
  }
}

/// The elements of list i: places [first, first + count) of `values`.
struct List {
  const arrow::Array* values;
  std::int64_t first, count;
};

List list_at(const arrow::Array& lists, std::int64_t i) {
  const auto of = [i](const auto& typed) {
    return List{typed.values().get(), typed.value_offset(i), typed.value_length(i)};
  };
  switch (lists.type_id()) {
    case arrow::Type::LIST:
      return of(static_cast<const arrow::ListArray&>(lists));
    case arrow::Type::LARGE_LIST:
      return of(static_cast<const arrow::LargeListArray&>(lists));
    default:
      return of(static_cast<const arrow::FixedSizeListArray&>(lists));
  }
}

float number_at(const arrow::Array& values, std::int64_t i) {
  switch (values.type_id()) {
    case arrow::Type::FLOAT:
      return static_cast<const arrow::FloatArray&>(values).Value(i);
    case arrow::Type::DOUBLE:
      return static_cast<float>(static_cast<const arrow::DoubleArray&>(values).Value(i));
    default:
      return arrow::util::Float16::FromBits(
                 static_cast<const arrow::HalfFloatArray&>(values).Value(i))
          .ToFloat();
  }
}

std::uint64_t visit_rows(const fs::path& path, std::size_t dim, const VectorVisitor& visit) {
  parquet::ReaderProperties reading = parquet::default_reader_properties();
  reading.enable_buffered_stream();  // a row group need not be in memory as a whole
  reading.set_page_checksum_verification(true);
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_batch_size(kBatchRows);
  properties.set_pre_buffer(false);
  parquet::arrow::FileReaderBuilder builder;
  if (const auto status = builder.OpenFile(path.string(), false, reading); !status.ok()) {
    throw damaged(path, status.message());
  }
  builder.properties(properties);
  auto reader = checked(path, builder.Build());
  std::shared_ptr<arrow::Schema> schema;
  if (const auto status = reader->GetSchema(&schema); !status.ok()) {
    throw damaged(path, status.message());
  }
  const auto name = schema->GetFieldByName("name"), vector = schema->GetFieldByName("vector");
  if (!name || !vector || !is_name(*name->type()) || !is_vector(*vector->type())) {
    throw wrong_columns(path, "columns " + schema->ToString());
  }
  const auto batches = checked(path, reader->GetRecordBatchReader());
  std::vector<float> values(dim);
  std::uint64_t row = 0;
  for (;;) {
    const auto batch = checked(path, batches->Next());
    if (!batch) return row;
    const auto names = batch->GetColumnByName("name"), lists = batch->GetColumnByName("vector");
    for (std::int64_t i = 0; i < batch->num_rows(); ++i, ++row) {
      if (names->IsNull(i) || lists->IsNull(i)) throw null_in(path, row);
      const List list = list_at(*lists, i);
      if (static_cast<std::size_t>(list.count) != dim) {
        throw_vector_dim(path, row, static_cast<std::size_t>(list.count), dim);
      }
      for (std::int64_t d = 0; d < list.count; ++d) {
        if (list.values->IsNull(list.first + d)) throw null_in(path, row);
        values[static_cast<std::size_t>(d)] = number_at(*list.values, list.first + d);
      }
      check_finite(path, row, values);
      visit(row, name_at(*names, i), values);
    }
  }
}

}  // namespace

std::uint64_t read_parquet_vectors(const fs::path& path, std::size_t dim,
                                   const VectorVisitor& visit) {
  try {
    return visit_rows(path, dim, visit);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {  // parquet::ParquetException
    throw damaged(path, e.what());
  }
}

}  // namespace twhin
