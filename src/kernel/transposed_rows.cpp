#include "kernel/transposed_rows.h"

#include <algorithm>

#include "kernel/dot_tiles.h"
#include "kernel/tile_product.h"

namespace twhin::kernel {
namespace {

constexpr std::size_t kLaneSumCost = 7;     // of adding up the lanes of a score, see the header
constexpr std::size_t kCopyAdvantage = 12;  // kLaneSumCost / 0.6

bool tail_by_dots(std::size_t tail, std::size_t k, std::size_t lanes) {
  return tail * (k / lanes + kLaneSumCost) < k;
}

}  // namespace

TransposedRows::TransposedRows(ConstMatrixView b, std::size_t num_rows, Scratch& scratch) : b_(b) {
  if (b.rows == 0 || kCopyAdvantage * num_rows <= b.cols) return;
  // An odd number of cache lines: a stride of a large power of two would put all rows of a tile
  // into the same few sets of the cache.
  constexpr std::size_t kLine = 16;
  std::size_t lines = (padded_columns(b.rows) + kLine - 1) / kLine;
  lines += 1 - lines % 2;
  stride_ = lines * kLine;
  // A product that starts inside a vector reads up to one vector beyond its last column.
  float* copy = scratch.floats(stride_ * b.cols + vector_lanes());
  transpose_padded(b, copy, stride_);
  transposed_ = copy;
}

void TransposedRows::multiply(ConstMatrixView a, std::size_t first, std::size_t count,
                              MatrixView out) const {
  const std::size_t lanes = vector_lanes(), k = b_.cols;
  std::size_t by_tiles = 0;
  if (transposed_ != nullptr) {
    by_tiles = tail_by_dots(count % lanes, k, lanes) ? count - count % lanes : count;
    const ConstMatrixView columns(transposed_ + first, k, by_tiles, stride_);
    tile_product_padded({a.data, a.stride, 1}, columns, out.block(0, out.rows, 0, by_tiles),
                        Onto::zero);
  }
  if (by_tiles < count) {
    dot_tiles(a, b_.middle_rows(first + by_tiles, count - by_tiles),
              out.block(0, out.rows, by_tiles, count - by_tiles));
  }
}

}  // namespace twhin::kernel
