// Tables of Parquet and Arrow IPC: every type that can be a name, a weight or a time.
#include "graph/arrow_reader.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <gmock/gmock.h>
#include <parquet/arrow/writer.h>

#include "graph/import_fixture.h"

namespace twhin {
namespace {

using ::testing::HasSubstr;

template <class Builder, class Value>
std::shared_ptr<arrow::Array> array_of(Builder&& builder, const std::vector<Value>& values) {
  for (const Value& value : values) EXPECT_TRUE(builder.Append(value).ok());
  return builder.Finish().ValueOrDie();
}
std::shared_ptr<arrow::Array> int64s(const std::vector<std::int64_t>& values) {
  return array_of(arrow::Int64Builder(), values);
}
std::shared_ptr<arrow::Array> strings(const std::vector<std::string>& values) {
  return array_of(arrow::StringBuilder(), values);
}

class ArrowImport : public ImportTest {
 protected:
  using Columns = std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>>;

  static std::shared_ptr<arrow::Table> table_of(const Columns& columns) {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (const auto& [name, array] : columns) {
      fields.push_back(arrow::field(name, array->type()));
      arrays.push_back(array);
    }
    return arrow::Table::Make(arrow::schema(fields), arrays);
  }

  void write_parquet(const std::string& name, const Columns& columns,
                     std::int64_t rows_per_group = 1 << 20) const {
    const auto file = arrow::io::FileOutputStream::Open((dir_ / name).string()).ValueOrDie();
    ASSERT_TRUE(parquet::arrow::WriteTable(*table_of(columns), arrow::default_memory_pool(), file,
                                           rows_per_group)
                    .ok());
  }

  void write_ipc(const std::string& name, const Columns& columns, bool as_file) const {
    const auto table = table_of(columns);
    const auto out = arrow::io::FileOutputStream::Open((dir_ / name).string()).ValueOrDie();
    const auto writer = as_file ? arrow::ipc::MakeFileWriter(out, table->schema()).ValueOrDie()
                                : arrow::ipc::MakeStreamWriter(out, table->schema()).ValueOrDie();
    ASSERT_TRUE(writer->WriteTable(*table).ok());
    ASSERT_TRUE(writer->Close().ok());
  }

  static std::string source(const std::string& file, const std::string& more = "") {
    return kFollow + "sources: [{path: " + file + ", relation: follow, lhs: lhs, rhs: rhs" + more +
           "}]\n";
  }
};

// The tables of Twitter's published TwHIN code.
TEST_F(ArrowImport, ColumnsLhsRelRhsWithNumbersForRelationsAreNamedInTheConfig) {
  write_parquet(
      "edges.parquet",
      {{"lhs", int64s({1, 2, 3})}, {"rel", int64s({0, 1, 0})}, {"rhs", int64s({2, 3, 1})}});
  import(
      "entities: {user: {}}\n"
      "relations: {favorite: {lhs: user, rhs: user}, follow: {lhs: user, rhs: user}}\n"
      "sources:\n"
      "  - path: edges.parquet\n"
      "    lhs: lhs\n"
      "    relation: {column: rel, 0: favorite, 1: follow}\n"
      "    rhs: rhs\n");
  EXPECT_EQ(edges("favorite"), Edges({"1>2", "3>1"}));
  EXPECT_EQ(edges("follow"), Edges({"2>3"}));
}

TEST_F(ArrowImport, IntegersOfAnyWidthAreNamedByTheirDecimals) {
  write_parquet("a.parquet",
                {{"lhs", array_of(arrow::Int16Builder(), std::vector<std::int16_t>{-7, 300})},
                 {"unused", int64s({1, 2})},
                 {"rhs", array_of(arrow::UInt64Builder(),
                                  std::vector<std::uint64_t>{~std::uint64_t{0}, 17})}});
  write("b.csv", "lhs,rhs\n17,-7\n");
  import(source("\"?.*\""));
  EXPECT_EQ(edges("follow"), (Edges{"-7>18446744073709551615", "300>17", "17>-7"}));
  EXPECT_EQ(Graph::open(dir_ / "graph").vocabulary(0).size(), 4u) << "17 is one entity in both";
}

TEST_F(ArrowImport, TextMayBeAnyOfArrowsStringsOrADictionary) {
  write_parquet(
      "a.parquet",
      {{"lhs", strings({"ann", "bob"})},
       {"rhs", array_of(arrow::LargeBinaryBuilder(), std::vector<std::string>{"x", "y"})}});
  const auto dictionary =
      arrow::DictionaryArray::FromArrays(
          array_of(arrow::Int8Builder(), std::vector<std::int8_t>{1, 0, 1}), strings({"p", "q"}))
          .ValueOrDie();
  write_ipc("b.arrow", {{"lhs", dictionary}, {"rhs", strings({"1", "2", "3"})}}, true);
  write_ipc("c.arrow", {{"rhs", int64s({8})}, {"lhs", strings({"s"})}}, false);
  import(source("\"?.*\""));
  EXPECT_EQ(edges("follow"), (Edges{"ann>x", "bob>y", "q>1", "p>2", "q>3", "s>8"}));
}

TEST_F(ArrowImport, WeightsAndTimesAreNumbersDatesOrTimestamps) {
  const auto times = array_of(arrow::TimestampBuilder(arrow::timestamp(arrow::TimeUnit::MILLI),
                                                      arrow::default_memory_pool()),
                              std::vector<std::int64_t>{1500, -1});
  write_parquet("a.parquet", {{"lhs", int64s({1, 2})},
                              {"rhs", int64s({3, 4})},
                              {"w", array_of(arrow::FloatBuilder(), std::vector<float>{0.5f, 2})},
                              {"t", times}});
  import(source("a.parquet", ", weight: w, timestamp: t"));
  EXPECT_EQ(edges("follow"), (Edges{"1>3*0.5@1", "2>4*2@-1"})) << "seconds, rounded down";
  write_parquet("a.parquet",
                {{"lhs", int64s({1})},
                 {"rhs", int64s({3})},
                 {"w", int64s({4})},
                 {"t", array_of(arrow::Date32Builder(), std::vector<std::int32_t>{2})}});
  import(source("a.parquet", ", weight: w, timestamp: t"));
  EXPECT_EQ(edges("follow"), Edges{"1>3*4@172800"});
}

TEST_F(ArrowImport, RowGroupsAreReadInParallelAndRowsAreNumberedThroughTheFile) {
  std::vector<std::int64_t> lhs(1000), rhs(1000);
  for (std::int64_t i = 0; i < 1000; ++i) lhs[static_cast<std::size_t>(i)] = i;
  arrow::Int64Builder builder;
  for (std::int64_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE((i == 777 ? builder.AppendNull() : builder.Append(i * i)).ok());
  }
  write_parquet("a.parquet", {{"lhs", int64s(lhs)}, {"rhs", builder.Finish().ValueOrDie()}}, 100);
  const Error error = error_of(source("a.parquet"));
  EXPECT_EQ(error.id(), "graph.null_cell");
  EXPECT_THAT(error.what(), HasSubstr("a.parquet:778"));
  const ImportSummary summary = import(source("a.parquet") + "import: {on_bad_row: skip}");
  EXPECT_EQ(edges("follow").size(), 999u);
  EXPECT_EQ(summary.counts[0].rejected, 1u);
}

TEST_F(ArrowImport, AMissingColumnIsNamedWithThoseThatAreThere) {
  write_parquet("a.parquet", {{"src", int64s({1})}, {"dest", int64s({3})}});
  const Error error =
      error_of(kFollow + "sources: [{path: a.parquet, relation: follow, lhs: src, rhs: dst}]");
  EXPECT_EQ(error.id(), "graph.missing_column");
  EXPECT_THAT(error.what(), HasSubstr("\"a.parquet\" has no column \"dst\""));
  EXPECT_THAT(error.what(), HasSubstr("2 columns: src, dest"));
  EXPECT_THAT(error.what(), HasSubstr("did you mean \"dest\"?"));
}

TEST_F(ArrowImport, ColumnsThatCannotBeNamesAreRefused) {
  write_parquet("a.parquet", {{"lhs", int64s({1})},
                              {"rhs", array_of(arrow::DoubleBuilder(), std::vector<double>{3.5})}});
  EXPECT_EQ(error_of(source("a.parquet")).id(), "graph.column_type");
  arrow::ListBuilder lists(arrow::default_memory_pool(), std::make_shared<arrow::Int64Builder>());
  ASSERT_TRUE(lists.Append().ok());
  write_parquet("a.parquet", {{"lhs", int64s({1})}, {"rhs", lists.Finish().ValueOrDie()}});
  const Error error = error_of(source("a.parquet"));
  EXPECT_EQ(error.id(), "graph.column_type");
  EXPECT_THAT(error.what(), HasSubstr("list<"));
}

TEST_F(ArrowImport, AnEmptyRowGroupIsNoError) {
  write_parquet("a.parquet", {{"lhs", int64s({})}, {"rhs", int64s({})}});
  EXPECT_EQ(error_of(source("a.parquet")).id(), "graph.no_rows");
  write_parquet("b.parquet", {{"lhs", int64s({1})}, {"rhs", int64s({2})}});
  import(source("\"?.parquet\""));
  EXPECT_EQ(edges("follow"), Edges{"1>2"});
}

// Each damaged file must give an error or, where no checksum covers the byte, some other graph.
TEST_F(ArrowImport, AReaderAtItsEndStaysThere) {
  write_parquet("e.parquet", {{"src", int64s({1, 2})}, {"dst", int64s({3, 4})}});
  InputFile file;
  file.path = dir_ / "e.parquet";
  file.name = "e.parquet";
  file.format = TableFormat::parquet;
  const auto readers = open_parquet(file, 0, {ColumnRef("src"), ColumnRef("dst")}, {});
  ASSERT_EQ(readers.size(), 1u);
  EXPECT_NE(readers[0]->next(), nullptr);
  EXPECT_EQ(readers[0]->next(), nullptr);
  EXPECT_EQ(readers[0]->next(), nullptr);  // it began anew
}

TEST_F(ArrowImport, CutOrFlippedBytesNeverCrash) {
  std::vector<std::int64_t> lhs, rhs;
  for (std::int64_t i = 0; i < 300; ++i) {
    lhs.push_back(i % 7);
    rhs.push_back(i);
  }
  const Columns columns = {{"lhs", int64s(lhs)}, {"rhs", int64s(rhs)}};
  write_parquet("whole.parquet", columns);
  write_ipc("whole.arrow", columns, true);
  for (const std::string ending : {".parquet", ".arrow"}) {
    const std::string whole = read_text(dir_ / ("whole" + ending));
    const std::string file = "damaged" + ending;
    std::size_t num_errors = 0;
    for (std::size_t i = 0; i < 120; ++i) {
      const std::size_t at = whole.size() * i / 120;
      std::string damaged = whole;
      if (i % 3 == 0) {
        damaged.resize(std::max<std::size_t>(1, at));
      } else {
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << (i % 8)));
      }
      write(file, damaged);
      try {
        import(source(file));
      } catch (const Error& error) {
        ++num_errors;
        EXPECT_NE(error.kind(), ErrorKind::internal) << error.what();
        EXPECT_THAT(error.what(), HasSubstr("damaged")) << "the file must be named";
      }
    }
    EXPECT_GE(num_errors, 40u) << "every file that was cut off is refused";
  }
}

}  // namespace
}  // namespace twhin
