// graph/estimate_sizes.h -- memory and disk of an import whose rows and names are known or guessed:
// the sizes of what its stages keep, from their own layouts.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/edge_store.h"
#include "graph/growth.h"
#include "graph/import_plan.h"
#include "twhin/graph/estimate.h"

namespace twhin {

/// As measured (scripts/bench planner.import): code and tables of the libraries that reading brings
/// into memory, and what a thread holds of a piece and of a type's names.
inline constexpr double kTextCodeBytes = 1e6, kParquetCodeBytes = 16e6;
inline constexpr double kTextReaderBytes = 4e6, kParquetReaderBytes = 8e6;
inline constexpr double kCollectorBytes = 1.3e6;
/// Ranks, keys and splits of a row in a sort; its columns come in and go out beside them.
inline constexpr double kSortBytesPerRow = 60.0;
/// What goes to temporary files is written once and read once, through the page cache.
inline constexpr double kSpillBytesPerSecond = 0.7e9;
/// Time that reading spends on a name that it has not met before, in rows.
inline constexpr double kRowsPerNewName = 1.5;

struct Sizes {
  struct Type {
    Growth names;
    double names_bytes = 0.0;
    std::uint32_t num_partitions = 1;
  };
  ImportPlan plan;  ///< of the whole import
  std::uint64_t program_bytes = 0;
  bool reads_parquet = false;
  EdgeStore::Layout layout;
  double rows = 0.0;        ///< that become edges or duplicates
  double edges = 0.0;       ///< of all splits
  double edge_bytes = 8.0;  ///< on disk
  std::vector<Type> types;
};

/// Fills in memory, the least of it, graph, spilled and disk.
void find_sizes(const Sizes& sizes, ImportEstimate& estimate);

}  // namespace twhin
