// kernel/tile_product.h -- the one product kernel: out = A B in register tiles.
//
// A tile is a few rows of out and a few vectors of its columns, kept in registers while the inner
// index runs: one row of B is loaded, each element of A is broadcast. So B lies with its columns
// side by side, and A may lie in any way: c b and c' a of kernel/products.h take it as it is, and
// a b' transposes b once.
#pragma once

#include <cstddef>

#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

/// The left operand A [m, k]: element (i, p) lies at data[i * row_stride + p * step].
struct LeftOperand {
  const float* data = nullptr;
  std::size_t row_stride = 0;
  std::size_t step = 0;
};

/// Whether a product replaces its output or is added to it.
enum class Onto { zero, output };

/// out [m, n] = or += A [m, k] b [k, n]. With k = 0 and Onto::zero, out becomes 0.
void tile_product(LeftOperand a, ConstMatrixView b, MatrixView out, Onto onto);

/// As above with out [m, n] for the first n of b's columns, whose rows may be read up to the next
/// multiple of padded_columns(1) floats (as transpose_padded writes them).
void tile_product_padded(LeftOperand a, ConstMatrixView b, MatrixView out, Onto onto);

/// Floats of a vector of the CPU at hand.
std::size_t vector_lanes();

/// n rounded up to whole vectors.
std::size_t padded_columns(std::size_t n);

/// The transpose of x, in rows of `stride` >= padded_columns(x.rows) floats: out[j * stride + i] =
/// x(i, j). What lies in the padding means nothing.
void transpose_padded(ConstMatrixView x, float* out, std::size_t stride);

}  // namespace twhin::kernel
