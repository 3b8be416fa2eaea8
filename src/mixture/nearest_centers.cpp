#include "mixture/nearest_centers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernel/best_columns.h"
#include "kernel/elementwise.h"

namespace twhin {
namespace {

// A chunk of packed centres, a block of rows and their scores lie in the second-level cache.
constexpr std::size_t kCentersPerChunk = 512;

/// The mean; 0 where it is not finite, so that one such row does not spoil the others.
std::vector<float> finite_mean(ConstMatrixView rows) {
  std::vector<double> sum(rows.cols);
  for (std::size_t i = 0; i < rows.rows; ++i) {
    for (std::size_t d = 0; d < rows.cols; ++d) sum[d] += rows.row(i)[d];
  }
  std::vector<float> out(rows.cols);
  for (std::size_t d = 0; d < rows.cols; ++d) {
    const auto mean = static_cast<float>(sum[d] / static_cast<double>(rows.rows));
    out[d] = std::isfinite(mean) ? mean : 0.0f;
  }
  return out;
}

}  // namespace

NearestCenters::NearestCenters(ConstMatrixView centers)
    : dim_(centers.cols), origin_(finite_mean(centers)) {
  chunks_.resize((centers.rows + kCentersPerChunk - 1) / kCentersPerChunk);
  std::vector<float> shifted, extension;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const std::size_t first = i * kCentersPerChunk;
    const std::size_t count = std::min(kCentersPerChunk, centers.rows - first);
    shifted.resize(count * dim_);
    for (std::size_t c = 0; c < count; ++c) {
      shift(centers.row(first + c), shifted.data() + c * dim_);
    }
    const ConstMatrixView rows(shifted.data(), count, dim_);
    extension.resize(rows.rows);
    kernel::sums_of_squares(rows, extension.data());
    for (float& each : extension) each *= -0.5f;
    chunks_[i].pack({rows, extension});
  }
}

void NearestCenters::shift(const float* row, float* out) const {
  for (std::size_t d = 0; d < dim_; ++d) out[d] = row[d] - origin_[d];
}

void NearestCenters::find_block(ConstMatrixView rows, std::span<std::uint32_t> centers,
                                Workspace& w) const {
  const std::size_t width = dim_ + 1;
  w.rows_.resize(kQueryBlock * width);
  w.scores_.resize(kQueryBlock * kCentersPerChunk);
  w.best_.assign(rows.rows, -std::numeric_limits<float>::infinity());
  std::fill(centers.begin(), centers.end(), kNone);
  for (std::size_t i = 0; i < rows.rows; ++i) {
    shift(rows.row(i), w.rows_.data() + i * width);
    w.rows_[i * width + dim_] = 1.0f;
  }
  const ConstMatrixView queries(w.rows_.data(), rows.rows, width);
  for (std::size_t c = 0; c < chunks_.size(); ++c) {
    const MatrixView scores(w.scores_.data(), rows.rows, chunks_[c].size(), kCentersPerChunk);
    chunks_[c].multiply(queries, scores);
    kernel::best_columns(scores, static_cast<std::uint32_t>(c * kCentersPerChunk), w.best_,
                         centers);
  }
}

void NearestCenters::find(ConstMatrixView rows, std::span<std::uint32_t> centers,
                          Workspace& workspace) const {
  for (std::size_t first = 0; first < rows.rows; first += kQueryBlock) {
    const std::size_t count = std::min(kQueryBlock, rows.rows - first);
    find_block(rows.middle_rows(first, count), centers.subspan(first, count), workspace);
  }
}

}  // namespace twhin
