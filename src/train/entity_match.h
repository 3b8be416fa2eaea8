// train/entity_match.h -- which entities of a version are those of a graph.
//
// Names decide, so that the version's graph may have had other partitions, other ids and another
// hash seed. Where the seeds are the same, both sides lie in the order of their hashes and are
// gone through once, side by side; otherwise each name is looked up.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "twhin/storage/vocabulary.h"

namespace twhin::training {

/// Of each row of a partition the id that the entity had before, or none. 8 bytes a row.
class EntityMatch {
 public:
  EntityMatch(const Vocabulary& now, std::uint32_t partition, const Vocabulary& before);
  /// None had one.
  explicit EntityMatch(std::size_t num_rows) : ids_(num_rows, kNone) {}

  std::size_t size() const { return ids_.size(); }
  bool has(std::size_t row) const { return ids_[row] != kNone; }
  /// Requires has(row).
  EntityId operator[](std::size_t row) const {
    return {static_cast<std::uint32_t>(ids_[row] >> 32), static_cast<std::uint32_t>(ids_[row])};
  }
  std::uint64_t count() const;
  /// How many rows from `row` on, at most `most`, are one after the other in one partition before.
  std::size_t run_length(std::size_t row, std::size_t most) const;

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  std::vector<std::uint64_t> ids_;  // partition << 32 | row
};

}  // namespace twhin::training
