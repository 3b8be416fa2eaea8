// kernel/best_columns.h -- the largest number of each row of a matrix, and where it stands: the
// nearest of many centres, from scores that come block by block.
#pragma once

#include <cstdint>
#include <span>

#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

/// For each row i: if some x(i, j) > best[i], then best[i] = max_j x(i, j) and
/// columns[i] = first_column + the smallest j that has it. Called for blocks of columns from left
/// to right it finds the leftmost of the largest.
///
/// A NaN is larger than nothing.
/// Shapes    best, columns [x.rows]; first_column + x.cols <= 2^31.
/// Errors    invalid_argument "kernel.shape".
void best_columns(ConstMatrixView x, std::uint32_t first_column, std::span<float> best,
                  std::span<std::uint32_t> columns);

}  // namespace twhin::kernel
