#include "twhin/graph/table_writer.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <unistd.h>

#include "twhin/base/error.h"
#include "twhin/base/file.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;

class TableWriterTest : public ::testing::Test {
 protected:
  TableWriterTest() {
    dir_ = fs::temp_directory_path() / ("twhin-table-" + std::to_string(::getpid()));
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  ~TableWriterTest() override { fs::remove_all(dir_); }

  void write_sample(const fs::path& path) {
    TableWriter table(
        path,
        {{"id", ColumnType::integer}, {"share", ColumnType::real}, {"name", ColumnType::text}});
    for (int i = 0; i < 3; ++i) {
      table.integer(i - 1);
      table.real(i * 0.5);
      table.text("n" + std::to_string(i));
    }
    EXPECT_EQ(table.num_rows(), 3u);
    EXPECT_FALSE(fs::exists(path));
    table.commit();
  }

  fs::path dir_;
};

TEST_F(TableWriterTest, TextHasAHeaderAndOneLineARow) {
  write_sample(dir_ / "a.tsv");
  EXPECT_EQ(read_text(dir_ / "a.tsv"), "id\tshare\tname\n-1\t0\tn0\n0\t0.5\tn1\n1\t1\tn2\n");
  write_sample(dir_ / "a.csv");
  EXPECT_EQ(read_text(dir_ / "a.csv"), "id,share,name\n-1,0,n0\n0,0.5,n1\n1,1,n2\n");
}

TEST_F(TableWriterTest, ParquetComesBackThroughArrow) {
  write_sample(dir_ / "a.parquet");
  auto file = arrow::io::ReadableFile::Open((dir_ / "a.parquet").string()).ValueOrDie();
  auto reader = parquet::arrow::OpenFile(file, arrow::default_memory_pool()).ValueOrDie();
  const auto table = reader->ReadTable().ValueOrDie();
  ASSERT_EQ(table->num_rows(), 3);
  EXPECT_EQ(table->schema()->field_names(), (std::vector<std::string>{"id", "share", "name"}));
  EXPECT_EQ(table->column(0)->GetScalar(0).ValueOrDie()->ToString(), "-1");
  EXPECT_EQ(table->column(1)->GetScalar(1).ValueOrDie()->ToString(), "0.5");
  EXPECT_EQ(table->column(2)->GetScalar(2).ValueOrDie()->ToString(), "n2");
}

TEST_F(TableWriterTest, WhatCannotBeWrittenIsRefused) {
  EXPECT_THROW(TableWriter(dir_ / "a.xls", {{"id", ColumnType::integer}}), Error);
  TableWriter table(dir_ / "a.tsv", {{"name", ColumnType::text}});
  EXPECT_THROW(table.text("a\tb"), Error);
  EXPECT_THROW(table.integer(1), Error);
}

}  // namespace
}  // namespace twhin
