#include "graph/estimate_sizes.h"

#include <algorithm>
#include <cmath>

namespace twhin {
namespace {

constexpr double kMiB = 1 << 20;

std::uint64_t rounded(double x) { return static_cast<std::uint64_t>(std::llround(x)); }

// Names in memory: 16 bytes a slot, whose number doubles at a load of 0.7 (name_set.cpp), and an
// entry of the arena with its length, count and what it has grown ahead.
double name_set_bytes(const Sizes::Type& type, std::uint32_t min_shards, double share) {
  const double names = type.names.distinct(share), total = std::max(1.0, type.names.total());
  const double shards =
      std::ceil(static_cast<double>(min_shards) / type.num_partitions) * type.num_partitions;
  double slots = 16.0;
  while (names / shards > 0.7 * slots) slots *= 2.0;
  const double length = type.names_bytes / total;
  return shards * slots * 16.0 + names * (length + 2.0) * 1.2;
}

// Runs of names: whenever the budget is used up, what is in memory goes to disk; a name that comes
// again goes again.
double spilled_name_bytes(const Sizes& sizes) {
  const auto budget = static_cast<double>(sizes.plan.name_budget());
  const auto in_memory = [&](double share) {
    double bytes = 0.0;
    for (const Sizes::Type& type : sizes.types) {
      bytes += name_set_bytes(type, sizes.plan.num_shards, share);
    }
    return bytes;
  };
  if (in_memory(1.0) <= budget) return 0.0;
  double low = 0.0, high = 1.0;  // the share of the rows that fills the budget
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    (in_memory(middle) <= budget ? low : high) = middle;
  }
  double run = 0.0, all = 0.0;
  for (const Sizes::Type& type : sizes.types) {
    const double length = type.names_bytes / std::max(1.0, type.names.total());
    run += type.names.distinct(high) * (length + 20.0);
    all += type.names.total() * (length + 12.0);  // sorted, on their way to the vocabulary
  }
  return run / std::max(1e-3, high) + std::max(0.0, all - budget);
}

}  // namespace

void find_sizes(const Sizes& sizes, ImportEstimate& estimate) {
  const ImportPlan& plan = sizes.plan;
  const auto threads = static_cast<double>(plan.num_threads);
  const auto name_budget = static_cast<double>(plan.name_budget());
  const auto row_budget = static_cast<double>(plan.row_budget());
  const auto types = static_cast<double>(sizes.types.size());

  double entities = 0.0, names_bytes = 0.0, largest = 0.0, names = 0.0;
  for (const Sizes::Type& type : sizes.types) {
    entities += type.names.total();
    names_bytes += type.names_bytes;
    largest = std::max(largest, type.names.total() / type.num_partitions);
    names += name_set_bytes(type, plan.num_shards, 1.0);
  }
  names = std::min(names, name_budget);
  const double pages = threads * std::exp2(plan.log2_ranges) *
                       static_cast<double>(plan.page_bytes) / 2;  // half full at the end
  const auto record = static_cast<double>(sizes.layout.record_bytes());
  const double all_rows = sizes.rows * record + std::min(pages, sizes.rows * record);
  const double rows = std::min(all_rows, row_budget);
  const double all_edges = sizes.edges * sizes.edge_bytes;
  const double edges = std::min(all_edges, row_budget);
  const double index = kIndexBytesPerEntity * entities;
  const double rows_of_range =
      std::min(sizes.rows / std::exp2(plan.log2_ranges), static_cast<double>(plan.rows_at_once));
  const double sorting =
      std::min(threads * rows_of_range, sizes.rows) * (kSortBytesPerRow + 2.0 * record);

  // The program, with the libraries' code that reading touches, and what each thread reads into.
  const double program = static_cast<double>(sizes.program_bytes) +
                         (sizes.reads_parquet ? kParquetCodeBytes : kTextCodeBytes);
  const double per_piece = std::min(1.0, sizes.rows / threads / 65536.0);
  const double readers =
      threads * (per_piece * (sizes.reads_parquet ? kParquetReaderBytes : kTextReaderBytes) +
                 types * per_piece * kCollectorBytes);
  const double in_reading = readers + names + std::min(rows + pages, sizes.rows * record + pages);
  // Rows leave while edges come; what has left goes back to the machine an eighth at a time.
  const double in_sorting = index + std::max(rows, edges) + std::min(rows, edges) / 8 + sorting;
  const double in_coverage = threads * 8.0 * largest;
  estimate.program_bytes = sizes.program_bytes;
  estimate.memory_bytes = rounded(program + std::max({in_reading, in_sorting, in_coverage}));
  estimate.granted_memory_bytes = plan.memory_bytes;
  estimate.least_memory_bytes =
      plan.fixed_bytes + rounded(std::max(16.0 * kMiB, index / 2.0 * 5.0));

  constexpr double kFileBytes = 4096.0;  // manifest, statistics, heads of files
  estimate.graph_bytes = rounded(16.0 * entities + names_bytes + all_edges + kFileBytes);
  estimate.spilled_bytes =
      rounded(std::max(0.0, all_rows - row_budget) + std::max(0.0, all_edges - row_budget) +
              spilled_name_bytes(sizes));
  estimate.disk_bytes = estimate.graph_bytes + estimate.spilled_bytes;
}

}  // namespace twhin
