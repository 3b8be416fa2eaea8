// kernel/coalesce.h -- adds up the gradients of an entity that occurs several times in a group.
//
// Adagrad is not linear: two updates by g and one by 2g differ. So a row is updated once per group,
// by the sum of its gradients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel/rows.h"
#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

/// Owns its tables; allocates only when a group is larger than all before. Not for two threads.
class Coalescer {
 public:
  Coalescer() = default;
  /// Room for groups of up to max_rows rows.
  explicit Coalescer(std::size_t max_rows);

  /// Adds to the first row of `gradient` [ids.size(), dim] of each id all its later rows, in their
  /// order. Returns the distinct ids in the order of their first occurrence, with the rows where
  /// their sums now are; the other rows are left as they were. The result points into this object
  /// and into `gradient`, until the next call.
  RowGradients coalesce(std::span<const std::uint32_t> ids, MatrixView gradient);

 private:
  void reserve(std::size_t max_rows);

  std::vector<std::uint64_t> slots_;  // (number of the call, place in ids_), by hash of the id
  std::vector<std::uint32_t> ids_;    // distinct ids
  std::vector<std::uint32_t> rows_;   // their first occurrences
  std::uint32_t call_ = 0;            // slots of earlier calls count as empty
};

}  // namespace twhin::kernel
