// kernel/dot_tiles.h -- scores of few rows: out = a b' without a transposed copy of b.
//
// Each score is a dot product along both rows; a tile of 4 x 4 of them shares its loads. Adding up
// the lanes of every sum makes it slower than kernel/tile_product.h from a handful of rows on.
#pragma once

#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

/// out [m, n] = a [m, k] times the transpose of b [n, k].
void dot_tiles(ConstMatrixView a, ConstMatrixView b, MatrixView out);

}  // namespace twhin::kernel
