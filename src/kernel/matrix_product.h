// kernel/matrix_product.h -- a product by the better of our tiles and oneDNN, by its size.
#pragma once

#include <cstddef>

#include "kernel/tile_product.h"
#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

/// Whether oneDNN takes a product of 2 m n k operations: its blocking for the second-level cache,
/// and its threads, then win over our tiles.
bool is_large(std::size_t m, std::size_t n, std::size_t k);

/// out = or += c b.
void matrix_product(ConstMatrixView c, ConstMatrixView b, MatrixView out, Onto onto);

/// out = or += c' a.
void transposed_product(ConstMatrixView c, ConstMatrixView a, MatrixView out, Onto onto);

/// out = a b', by oneDNN whatever its size.
void large_score_product(ConstMatrixView a, ConstMatrixView b, MatrixView out);

}  // namespace twhin::kernel
