// kernel/transposed_rows.h -- a b' for one b and one or more a, by the better of two kernels.
//
// kernel/tile_product.h needs a transposed copy of b and whole vectors of columns;
// kernel/dot_tiles.h needs neither, and pays for adding up the lanes of each score. Counted in
// fused multiply-adds of a vector, with k / lanes for the product of two rows:
//
//     one score by dots      k / lanes + 7
//     one row of a vector of columns by tiles, full or not      k
//     the transposed copy, a row of b      0.6 k
//
// (measured with 16 lanes, k = 16 ... 512; bench/kernel).
#pragma once

#include <cstddef>

#include "kernel/scratch.h"
#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

/// b transposed, for products with several left operands. Lies in a Scratch.
class TransposedRows {
 public:
  /// Copies b [n, k] unless products of num_rows rows in all are better off without.
  TransposedRows(ConstMatrixView b, std::size_t num_rows, Scratch& scratch);

  /// out [m, count] = a [m, k] times the transpose of rows [first, first + count) of b.
  void multiply(ConstMatrixView a, std::size_t first, std::size_t count, MatrixView out) const;

 private:
  ConstMatrixView b_;
  const float* transposed_ = nullptr;  // null: by dots
  std::size_t stride_ = 0;
};

}  // namespace twhin::kernel
