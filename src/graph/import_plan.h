// graph/import_plan.h -- how an import is sized, before anything is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "graph/edge_store.h"
#include "graph/input_files.h"
#include "twhin/graph/options.h"

namespace twhin {

/// Shares of the memory that ImportSettings::memory grants to the process. What is fixed comes
/// first: the program, and what each thread reads into. Of the rest, 2/5 hold names (later the
/// hashes that edges are looked up in), 2/5 rows and edges, and 1/5 is what threads work on: rows
/// held back by range, rows being sorted, names of a shard being sorted.
struct ImportPlan {
  std::size_t num_threads = 1;
  std::uint64_t memory_bytes = 0;
  std::uint64_t fixed_bytes = 0;
  unsigned log2_ranges = 0;         ///< of the lhs hash, into which rows are divided
  std::size_t page_bytes = 0;       ///< of a range's rows that a thread holds back
  std::size_t part_page_bytes = 0;  ///< the same where a range is divided again
  std::uint64_t rows_at_once = 0;   ///< that a thread sorts
  std::uint32_t num_shards = 0;     ///< of the names of a type, at least

  std::uint64_t working_bytes() const { return memory_bytes - fixed_bytes; }
  std::uint64_t name_budget() const { return working_bytes() / 5 * 2; }
  std::uint64_t row_budget() const { return working_bytes() / 5 * 2; }
};

/// At most about `rows` of that layout, between that many types of entities, beside what the
/// dictionaries of other programs hold.
/// Errors    invalid_argument "graph.not_enough_memory" if import.memory is less than what is fixed
///           and 16 MiB; unavailable with the same id if the machine has not that much.
ImportPlan make_plan(const ImportSettings& settings, std::uint64_t rows, std::size_t types,
                     const EdgeStore::Layout& layout, std::uint64_t held_bytes = 0);

/// What import.memory grants, or half of what the machine has left.
std::uint64_t granted_memory(const ImportSettings& settings);
/// Errors    as make_plan, if dictionaries that take so much while they are read, and the program,
///           are more than is granted.
void check_dictionary_memory(const ImportSettings& settings, std::uint64_t granted_bytes,
                             std::uint64_t bytes);

/// Bytes that looking an entity up takes while edges are sorted: its hash, mapped from the
/// vocabulary, and its share of the index.
inline constexpr double kIndexBytesPerEntity = 8.5;
/// Errors    as make_plan, if the indexes of that many entities take more than the names' share.
void check_index_memory(const ImportPlan& plan, std::uint64_t num_entities);

/// What the files hold at most, about.
std::uint64_t most_rows(const std::vector<InputFile>& files);

}  // namespace twhin
