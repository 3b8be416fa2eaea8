// graph/import_plan.h -- how an import is sized, before anything is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "graph/input_files.h"
#include "twhin/graph/options.h"

namespace twhin {

struct ImportPlan {
  std::size_t num_threads = 1;
  std::uint64_t memory_bytes = 0;
  unsigned log2_ranges = 0;    ///< of the lhs hash, into which rows are divided
  std::size_t page_bytes = 0;  ///< of a range's rows that a thread holds back

  std::uint64_t name_budget() const { return memory_bytes / 5 * 2; }
  std::uint64_t row_budget() const { return memory_bytes / 5 * 2; }
};

ImportPlan make_plan(const ImportSettings& settings, const std::vector<InputFile>& files);

}  // namespace twhin
