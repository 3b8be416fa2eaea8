#include "twhin/graph/vectors.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/file.h>
#include <arrow/table.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "twhin/base/error.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Rows = std::vector<std::pair<std::string, std::vector<float>>>;

class VectorsTest : public ::testing::Test {
 protected:
  VectorsTest()
      : dir_(fs::temp_directory_path() / ("twhin-vectors-" + std::to_string(::getpid()))) {
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  ~VectorsTest() override { fs::remove_all(dir_); }

  fs::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(dir_ / name, std::ios::binary) << bytes;
    return dir_ / name;
  }

  template <class T>
  fs::path write_npy(const std::string& type, const std::string& shape,
                     const std::vector<T>& numbers, char version = 1) const {
    std::string header =
        "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    header += std::string(63 - (header.size() + 10) % 64, ' ') + "\n";
    std::string bytes = std::string("\x93NUMPY") + version + '\0';
    bytes += static_cast<char>(header.size() % 256);
    bytes += static_cast<char>(header.size() / 256);
    if (version > 1) bytes += std::string(2, '\0');
    bytes += header;
    bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T));
    return write("vectors.npy", bytes);
  }

  fs::path write_parquet(const std::vector<std::shared_ptr<arrow::Field>>& fields,
                         const std::vector<std::shared_ptr<arrow::Array>>& columns) const {
    const fs::path path = dir_ / "vectors.parquet";
    const auto out = arrow::io::FileOutputStream::Open(path.string()).ValueOrDie();
    const auto table = arrow::Table::Make(arrow::schema(fields), columns);
    EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 2).ok());
    EXPECT_TRUE(out->Close().ok());
    return path;
  }

  static Rows read(const VectorSource& source, std::size_t dim) {
    Rows rows;
    const std::uint64_t num =
        read_vectors(source, dim, [&](std::uint64_t row, std::string_view name, auto values) {
          EXPECT_EQ(row, rows.size());
          rows.emplace_back(name, std::vector<float>(values.begin(), values.end()));
        });
    EXPECT_EQ(num, rows.size());
    return rows;
  }
  static std::string error_of(const VectorSource& source, std::size_t dim) {
    try {
      read(source, dim);
    } catch (const Error& error) {
      return error.id() + "\n" + error.what();
    }
    return "no error";
  }

  fs::path dir_;
};

template <class Builder, class T>
std::shared_ptr<arrow::Array> array_of(const std::vector<T>& values) {
  Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return builder.Finish().ValueOrDie();
}

const Rows kTwoRows = {{"a", {1.0f, 2.0f, -0.5f}}, {"b", {0.25f, 4.0f, 8.0f}}};

TEST_F(VectorsTest, NpyOfAnyWidthWithNames) {
  const fs::path names = write("names.txt", "a\r\nb\n");
  const std::vector<double> numbers = {1.0, 2.0, -0.5, 0.25, 4.0, 8.0};
  EXPECT_EQ(read({write_npy("<f8", "(2, 3)", numbers), names}, 3), kTwoRows);
  const std::vector<float> floats(numbers.begin(), numbers.end());
  EXPECT_EQ(read({write_npy("<f4", "(2, 3)", floats), names}, 3), kTwoRows);
  EXPECT_EQ(read({write_npy("<f4", "(2,3)", floats, 2), names}, 3), kTwoRows);
  const std::vector<std::uint16_t> halves = {0x3c00, 0x4000, 0xb800, 0x3400, 0x4400, 0x4800};
  EXPECT_EQ(read({write_npy("<f2", "(2, 3)", halves), names}, 3), kTwoRows);
}

TEST_F(VectorsTest, NpyWithoutNamesIsVisitedInOrder) {
  const std::vector<float> numbers(9000 * 2, 1.0f);  // several reads
  const VectorSource source{write_npy("<f4", "(9000, 2)", numbers), {}};
  EXPECT_FALSE(source.has_names());
  EXPECT_EQ(read(source, 2).size(), 9000u);
}

TEST_F(VectorsTest, ParquetOfListsAndOfFixedSizeLists) {
  const auto names = array_of<arrow::StringBuilder, std::string>({"a", "b"});
  const auto floats = array_of<arrow::FloatBuilder, float>({1.0f, 2.0f, -0.5f, 0.25f, 4.0f, 8.0f});
  const auto fixed = arrow::FixedSizeListArray::FromArrays(floats, 3).ValueOrDie();
  const auto other = array_of<arrow::Int64Builder, std::int64_t>({7, 8});
  EXPECT_EQ(read({write_parquet(
                      {arrow::field("other", arrow::int64()), arrow::field("vector", fixed->type()),
                       arrow::field("name", arrow::utf8())},
                      {other, fixed, names}),
                  {}},
                 3),
            kTwoRows);
  const auto doubles = array_of<arrow::DoubleBuilder, double>({1.0, 2.0, -0.5, 0.25, 4.0, 8.0});
  const auto offsets = array_of<arrow::Int32Builder, std::int32_t>({0, 3, 6});
  const auto lists = arrow::ListArray::FromArrays(*offsets, *doubles).ValueOrDie();
  const Rows numbered = read(
      {write_parquet({arrow::field("name", arrow::int64()), arrow::field("vector", lists->type())},
                     {other, lists}),
       {}},
      3);
  EXPECT_EQ(numbered[0].first, "7");
  EXPECT_EQ(numbered[1].second, kTwoRows[1].second);
}

TEST_F(VectorsTest, AnotherDimIsAnErrorThatSaysWhichRow) {
  const auto offsets = array_of<arrow::Int32Builder, std::int32_t>({0, 3, 5});
  const auto floats = array_of<arrow::FloatBuilder, float>({1, 2, 3, 4, 5});
  const auto lists = arrow::ListArray::FromArrays(*offsets, *floats).ValueOrDie();
  const auto names = array_of<arrow::StringBuilder, std::string>({"a", "b"});
  const fs::path path = write_parquet(
      {arrow::field("name", arrow::utf8()), arrow::field("vector", lists->type())}, {names, lists});
  EXPECT_THAT(error_of({path, {}}, 3),
              ::testing::AllOf(HasSubstr("vectors.dim"), HasSubstr("row 1")));
  const std::vector<float> numbers(6);
  EXPECT_THAT(error_of({write_npy("<f4", "(2, 3)", numbers), {}}, 4), HasSubstr("vectors.dim"));
}

TEST_F(VectorsTest, WhatIsNoVectorIsRefused) {
  const std::vector<float> numbers(6);
  EXPECT_THAT(error_of({dir_ / "none.npy", {}}, 3), HasSubstr("file.not_found"));
  EXPECT_THAT(error_of({write("vectors.txt", "1 2 3"), {}}, 3),
              HasSubstr("vectors.unknown_format"));
  EXPECT_THAT(error_of({write("x.npy", "no"), {}}, 3), HasSubstr("vectors.damaged"));
  EXPECT_THAT(error_of({write("x.parquet", "no"), {}}, 3), HasSubstr("vectors.damaged"));
  EXPECT_THAT(error_of({write_npy("<i4", "(2, 3)", numbers), {}}, 3), HasSubstr("vectors.damaged"));
  EXPECT_THAT(error_of({write_npy("<f4", "(6,)", numbers), {}}, 6), HasSubstr("vectors.damaged"));
  EXPECT_THAT(error_of({write_npy("<f4", "(1, 2, 3)", numbers), {}}, 2),
              HasSubstr("vectors.damaged"));
  EXPECT_THAT(error_of({write_npy("<f4", "(4, 3)", numbers), {}}, 3), HasSubstr("vectors.damaged"));
  const std::vector<float> infinite = {1, 2, 3, 4, INFINITY, 6};
  EXPECT_THAT(error_of({write_npy("<f4", "(2, 3)", infinite), {}}, 3),
              ::testing::AllOf(HasSubstr("vectors.bad_number"), HasSubstr("row 1")));
  const auto names = array_of<arrow::StringBuilder, std::string>({"a", "b"});
  EXPECT_THAT(error_of({write_parquet({arrow::field("name", arrow::utf8())}, {names}), {}}, 3),
              HasSubstr("vectors.columns"));
}

TEST_F(VectorsTest, NamesMustBeAsManyAsRows) {
  const std::vector<float> numbers(6);
  const fs::path npy = write_npy("<f4", "(2, 3)", numbers);
  EXPECT_THAT(error_of({npy, write("one", "a\n")}, 3), HasSubstr("vectors.names"));
  EXPECT_THAT(error_of({npy, write("three", "a\nb\nc\n")}, 3), HasSubstr("vectors.names"));
}

}  // namespace
}  // namespace twhin
