#include "graph/import_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "graph/range_sorter.h"
#include "twhin/base/error.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
// What is fixed, as measured by ImportMemory tests: code and data of the program with its
// libraries; what a thread reads into and takes apart; what it collects of the names of a type.
constexpr std::uint64_t kProgramBytes = 40 * kMiB;
constexpr std::uint64_t kReaderBytes = 12 * kMiB;
constexpr std::uint64_t kCollectorBytes = 2 * kMiB;
constexpr std::uint64_t kLeastWorkingBytes = 16 * kMiB;

constexpr std::uint64_t kRowsPerRange = 1 << 18;  // sorts within the cache
constexpr unsigned kMostLog2Ranges = 12;
constexpr std::uint64_t kSmallestPage = 4 << 10, kLargestPage = 64 << 10;
constexpr std::uint64_t kFewestShards = 256;

// A row's share of all arrays while it is sorted, looked up and divided over buckets.
std::uint64_t row_bytes_in_sort(const EdgeStore::Layout& layout) {
  return 120 + (layout.weights ? 44 : 0) + (layout.timestamps ? 64 : 0);
}

std::uint64_t round_up_to_mib(std::uint64_t bytes) { return (bytes + kMiB - 1) / kMiB * kMiB; }

[[noreturn]] void fail(const ImportPlan& plan, bool set, std::uint64_t least, const char* what) {
  throw ErrorBuilder(set ? ErrorKind::invalid_argument : ErrorKind::unavailable,
                     "graph.not_enough_memory")
      .what(what)
      .at(set ? "import.memory" : "")
      .found(format_bytes(plan.memory_bytes))
      .expected("at least " + format_bytes(round_up_to_mib(least)))
      .hint(plan.num_threads > 1 ? "fewer threads (import.threads) need less" : "")
      .build();
}

}  // namespace

std::uint64_t most_rows(const std::vector<InputFile>& files) {
  std::uint64_t rows = 0;
  for (const InputFile& file : files) {
    const std::string ending = file.path.extension().string();
    const bool dense = file.format == TableFormat::parquet || file.format == TableFormat::arrow ||
                       ending == ".gz" || ending == ".zst";
    rows += file.num_bytes / (dense ? 3 : 10) + 1;
  }
  return rows;
}

std::uint64_t granted_memory(const ImportSettings& settings) {
  return settings.memory ? settings.memory->value : available_memory_bytes() / 2;
}

void check_dictionary_memory(const ImportSettings& settings, std::uint64_t granted_bytes,
                             std::uint64_t bytes) {
  ImportPlan plan;
  plan.memory_bytes = granted_bytes;
  plan.fixed_bytes = kProgramBytes + bytes;
  if (plan.fixed_bytes <= granted_bytes) return;
  fail(plan, settings.memory.has_value(), plan.fixed_bytes,
       "the dictionaries of a folder take more memory while they are read");
}

ImportPlan make_plan(const ImportSettings& settings, std::uint64_t rows, std::size_t types,
                     const EdgeStore::Layout& layout, std::uint64_t held_bytes) {
  ImportPlan plan;
  plan.num_threads = settings.threads == 0 ? num_hardware_threads() : settings.threads;
  plan.memory_bytes = granted_memory(settings);
  plan.fixed_bytes =
      kProgramBytes + held_bytes + plan.num_threads * (kReaderBytes + types * kCollectorBytes);
  const std::uint64_t least = plan.fixed_bytes + kLeastWorkingBytes;
  if (plan.memory_bytes < least) {
    fail(plan, settings.memory.has_value(), least,
         "an import with these threads and entity types needs more memory");
  }
  const std::uint64_t working = plan.working_bytes();
  plan.rows_at_once = working * 3 / 20 / plan.num_threads / row_bytes_in_sort(layout);
  plan.part_page_bytes = static_cast<std::size_t>(std::clamp<std::uint64_t>(
      (working / 20 / plan.num_threads) >> RangeSorter::kLog2FanOut, 1 << 10, kLargestPage));
  // The files may hold fewer or more rows than that, or very many of one lhs: then ranges are
  // divided again.
  const std::uint64_t ranges = rows / std::min(kRowsPerRange, plan.rows_at_once / 2);
  const std::uint64_t most_ranges = working / 10 / plan.num_threads / kSmallestPage;
  plan.log2_ranges = std::min({kMostLog2Ranges, static_cast<unsigned>(std::bit_width(ranges)),
                               static_cast<unsigned>(std::bit_width(most_ranges)) - 1});
  plan.page_bytes = static_cast<std::size_t>(std::clamp(
      working / 10 / (plan.num_threads << plan.log2_ranges), kSmallestPage, kLargestPage));
  // A shard is sorted as a whole; if there are many, each writes small runs.
  constexpr std::uint64_t kRowsPerName = 4, kBytesPerName = 100, kSmallestShard = 4 << 10;
  const std::uint64_t names_at_once = working / 5 / plan.num_threads / kBytesPerName;
  plan.num_shards = static_cast<std::uint32_t>(std::clamp(
      std::min(rows / kRowsPerName / names_at_once,
               plan.name_budget() / 4 / std::max<std::uint64_t>(1, types) / kSmallestShard),
      kFewestShards, kFewestShards * 64));
  return plan;
}

void check_index_memory(const ImportPlan& plan, std::uint64_t num_entities) {
  const auto bytes =
      static_cast<std::uint64_t>(kIndexBytesPerEntity * static_cast<double>(num_entities));
  if (bytes <= plan.name_budget()) return;
  fail(plan, true, plan.fixed_bytes + bytes / 2 * 5 + kMiB,
       "so many entities need more memory: 8.5 bytes of each are in use while edges are sorted");
}

}  // namespace twhin
