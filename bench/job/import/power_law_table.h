// bench/job/import/power_law_table.h -- a table to measure import with: two columns, lhs and rhs.
//
// Row k joins the entities of popularity ranks floor(N u^2) (lhs) and floor(N v^4) (rhs), u and v
// uniform: out-degrees follow a power law of exponent 3, in-degrees one of exponent 7/3. Ranks are
// scattered over the names, so that popular entities are not neighbours.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace twhin::bench {

struct TableOptions {
  std::uint64_t num_entities = 1'000'000;
  std::uint64_t num_edges = 20'000'000;
  std::uint32_t num_files = 4;
  std::uint64_t seed = 1;
  bool text = false;  ///< TSV with names like "user_0123456", otherwise Parquet with int64
};

/// The directory below `cache` that holds the files, which are written if they are not there.
std::filesystem::path power_law_table(const TableOptions& options,
                                      const std::filesystem::path& cache);

}  // namespace twhin::bench
