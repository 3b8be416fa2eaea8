// model/group_runs.h -- the entries of a group's matrix that exist, in runs of consecutive ones.
#pragma once

#include <cstddef>

#include "kernel/group.h"

namespace twhin {

/// Calls visit(row, first column, count) for every run of entries that exist, by rows
/// (kernel/group.h: no corner of uniform rows; without batch negatives only the diagonal of the
/// block of positives).
template <class Visit>
void for_each_run(const kernel::GroupShape& shape, const Visit& visit) {
  const std::size_t p = shape.num_positives;
  for (std::size_t i = 0; i < p; ++i) {
    if (shape.batch_negatives) {
      visit(i, std::size_t{0}, shape.num_targets());
    } else {
      visit(i, i, std::size_t{1});
      visit(i, p, shape.num_rhs_uniform);
    }
  }
  for (std::size_t k = p; k < shape.num_sources(); ++k) visit(k, std::size_t{0}, p);
}

}  // namespace twhin
