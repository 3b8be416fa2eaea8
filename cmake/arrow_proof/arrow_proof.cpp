// Reads the Parquet file named on the command line: two rows, columns lhs (int64) and rhs (string).
#include <arrow/api.h>
#include <arrow/io/api.h>
#include <parquet/arrow/reader.h>

#include <iostream>

int main(int, char** argv) {
  const auto file = arrow::io::ReadableFile::Open(argv[1]).ValueOrDie();
  const auto reader = parquet::arrow::OpenFile(file, arrow::default_memory_pool()).ValueOrDie();
  const auto table = reader->ReadTable().ValueOrDie();
  const auto cell = table->column(1)->GetScalar(1).ValueOrDie()->ToString();
  std::cout << "Arrow " << arrow::GetBuildInfo().version_string << " read " << table->num_rows()
            << " rows of Parquet\n";
  return table->num_rows() == 2 && cell == "b" ? 0 : 1;
}
