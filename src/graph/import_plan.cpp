#include "graph/import_plan.h"

#include <algorithm>
#include <bit>

#include "twhin/base/memory.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

// What the files hold at most, about: the division into ranges is made for it, and only costs time
// if it is wrong.
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
}  // namespace

ImportPlan make_plan(const ImportSettings& settings, const std::vector<InputFile>& files) {
  constexpr std::uint64_t kRowBytesInSort = 120;    // a row's share of all arrays of a range
  constexpr std::uint64_t kRowsPerRange = 1 << 18;  // sorts within the cache
  constexpr unsigned kMostRanges = 12;              // 4096
  ImportPlan plan;
  plan.num_threads = settings.threads == 0 ? num_hardware_threads() : settings.threads;
  plan.memory_bytes = settings.memory ? settings.memory->value : available_memory_bytes() / 2;
  const std::uint64_t rows = most_rows(files);
  const std::uint64_t in_flight = plan.num_threads * rows * kRowBytesInSort;
  const std::uint64_t ranges = std::max(rows / kRowsPerRange, in_flight * 8 / plan.memory_bytes);
  plan.log2_ranges = std::min(kMostRanges, static_cast<unsigned>(std::bit_width(ranges)));
  const std::uint64_t pages = plan.num_threads << plan.log2_ranges;
  plan.page_bytes = static_cast<std::size_t>(
      std::clamp<std::uint64_t>(plan.memory_bytes / 10 / pages, 2u << 10, 64u << 10));
  return plan;
}

}  // namespace twhin
