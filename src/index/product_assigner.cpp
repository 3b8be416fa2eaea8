#include "index/product_assigner.h"

#include <algorithm>
#include <array>
#include <limits>

#include "index/check_stop.h"
#include "kernel/best_columns.h"
#include "kernel/elementwise.h"
#include "kernel/products.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

constexpr std::size_t kRows = 256;        // of a product
constexpr std::size_t kCentroids = 2048;  // of a product: 2 MiB of scores

}  // namespace

ProductAssigner::ProductAssigner(int width, std::size_t threads, const StopFlag& stop)
    : faiss::Index(width, faiss::METRIC_L2), threads_(threads), stop_(stop) {}

void ProductAssigner::reset() {
  centroids_.clear();
  half_squares_.clear();
  ntotal = 0;
}

void ProductAssigner::add(Id n, const float* x) {
  const auto width = static_cast<std::size_t>(d), count = static_cast<std::size_t>(n);
  centroids_.insert(centroids_.end(), x, x + count * width);
  const std::size_t before = half_squares_.size();
  half_squares_.resize(before + count);
  kernel::sums_of_squares(ConstMatrixView(x, count, width), half_squares_.data() + before);
  kernel::scale(0.5f, half_squares_.data() + before, count);
  ntotal += n;
}

void ProductAssigner::search(Id n, const float* x, Id, float* distances, Id* labels,
                             const faiss::SearchParameters*) const {
  const auto width = static_cast<std::size_t>(d), num_rows = static_cast<std::size_t>(n);
  const std::size_t num_centroids = half_squares_.size();
  parallel_for((num_rows + kRows - 1) / kRows, threads_, [&](std::size_t task) {
    check_index_stop(stop_);
    kernel::single_threaded_products();
    thread_local kernel::Scratch scratch;
    thread_local std::vector<float> scores;
    const std::size_t begin = task * kRows, count = std::min(kRows, num_rows - begin);
    scores.resize(kRows * kCentroids);
    std::array<float, kRows> best;
    std::array<std::uint32_t, kRows> nearest{};
    best.fill(-std::numeric_limits<float>::infinity());
    for (std::size_t first = 0; first < num_centroids; first += kCentroids) {
      const std::size_t block = std::min(kCentroids, num_centroids - first);
      const MatrixView out(scores.data(), count, block);
      kernel::multiply_abt(ConstMatrixView(x + begin * width, count, width),
                           ConstMatrixView(centroids_.data() + first * width, block, width), out,
                           scratch);
      for (std::size_t i = 0; i < count; ++i) {
        kernel::axpy(-1.0f, half_squares_.data() + first, out.row(i), block);
      }
      kernel::best_columns(out, static_cast<std::uint32_t>(first), std::span(best).first(count),
                           std::span(nearest).first(count));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const float* row = x + (begin + i) * width;
      labels[begin + i] = static_cast<Id>(nearest[i]);
      distances[begin + i] = std::max(0.0f, kernel::dot(row, row, width) - 2.0f * best[i]);
    }
  });
}

}  // namespace twhin
