// mixture/nearest_centers.h -- the centre that is nearest to each of many rows.
//
//     argmin_c |x - y_c|^2 = argmax_c ( <x - o, y_c - o> - |y_c - o|^2 / 2 )
//
// One matrix product, block by block, as exact search does it (model/score_blocks.h); for
// centres of length 1 the same c has the largest cosine. Of equal ones the first.
//
// The right side is the same for every origin o; it is the mean of the centres. A score is rounded
// to about 1e-7 of |x - o| |y_c - o|, so that what all rows have in common, however long it is,
// does not hide what sets them apart.
//
// Exact     a row's centre does not depend on the rows beside it, nor on the threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/score_blocks.h"
#include "twhin/base/matrix_view.h"

namespace twhin {

class NearestCenters {
 public:
  /// No centre: the row, or all centres, are not finite.
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  /// Room of one thread.
  class Workspace {
    friend class NearestCenters;
    std::vector<float> rows_, scores_, best_;
  };

  /// Copies the centres [k, dim].
  explicit NearestCenters(ConstMatrixView centers);

  /// centers[i] = the nearest of row i. Rows of any number; by the caller's thread alone.
  void find(ConstMatrixView rows, std::span<std::uint32_t> centers, Workspace& workspace) const;

  static std::uint64_t memory_bytes(std::size_t k, std::size_t dim) {
    return std::uint64_t{k} * (dim + 1) * sizeof(float);
  }

 private:
  void find_block(ConstMatrixView rows, std::span<std::uint32_t> centers,
                  Workspace& workspace) const;
  /// out [dim] = row - o
  void shift(const float* row, float* out) const;

  std::size_t dim_;
  std::vector<float> origin_;             // o
  std::vector<PackedCandidates> chunks_;  // of kCentersPerChunk centres each
};

}  // namespace twhin
