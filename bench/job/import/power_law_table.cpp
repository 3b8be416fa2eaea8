#include "power_law_table.h"

#include <fmt/format.h>

#include <cmath>

#include "twhin/base/file.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"
#include "twhin/graph/table_writer.h"

namespace twhin::bench {
namespace fs = std::filesystem;
namespace {

void write_file(const TableOptions& options, const fs::path& path, std::uint64_t begin,
                std::uint64_t end) {
  const ColumnType type = options.text ? ColumnType::text : ColumnType::integer;
  TableWriter table(path, {{"lhs", type}, {"rhs", type}});
  const Permutation number_of(options.num_entities, Rng(options.seed, RngPurpose::generate, 1));
  const auto n = static_cast<double>(options.num_entities);
  Rng rng(options.seed, RngPurpose::generate, 2, begin);
  const auto put = [&](double rank) {
    const std::uint64_t number = number_of(static_cast<std::uint64_t>(n * rank));
    if (options.text) {
      table.text(fmt::format("user_{:07}", number));
    } else {
      table.integer(static_cast<std::int64_t>(number));
    }
  };
  for (std::uint64_t k = begin; k < end; ++k) {
    put(std::pow(rng.uniform(), 2));
    put(std::pow(rng.uniform(), 4));
  }
  table.commit();
}

}  // namespace

fs::path power_law_table(const TableOptions& options, const fs::path& cache) {
  const fs::path directory =
      cache / fmt::format("table.{}.{}.{}.s{}.{}", options.num_entities, options.num_edges,
                          options.num_files, options.seed, options.text ? "tsv" : "parquet");
  if (fs::exists(directory)) return directory;
  fs::path partial = directory;
  partial += ".partial";
  fs::remove_all(partial);
  make_directories(partial);
  parallel_for(options.num_files, num_hardware_threads(), [&](std::size_t i) {
    const std::uint64_t begin = options.num_edges * i / options.num_files;
    const std::uint64_t end = options.num_edges * (i + 1) / options.num_files;
    write_file(options, partial / fmt::format("part-{:03}.{}", i, options.text ? "tsv" : "parquet"),
               begin, end);
  });
  fs::rename(partial, directory);
  return directory;
}

}  // namespace twhin::bench
