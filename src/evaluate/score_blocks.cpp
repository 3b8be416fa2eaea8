#include "evaluate/score_blocks.h"

#include <algorithm>
#include <atomic>

#include "kernel/products.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

constexpr std::size_t kPanel = 64;  // candidates in a panel
// Queries of one task: enough to make packing a chunk cheap, few enough to share work evenly.
constexpr std::size_t kTaskQueries = 4096;

/// out [m, n <= kPanel] = queries [m, width] panel [width, kPanel]. Each score is one sum over the
/// columns in ascending order.
void multiply_panel(ConstMatrixView queries, const float* panel, MatrixView out) {
  for (std::size_t i = 0; i < out.rows; ++i) {
    float sums[kPanel] = {};
    const float* query = queries.row(i);
    for (std::size_t d = 0; d < queries.cols; ++d) {
      for (std::size_t j = 0; j < kPanel; ++j) sums[j] += query[d] * panel[d * kPanel + j];
    }
    std::copy_n(sums, out.cols, out.row(i));
  }
}

}  // namespace

void PackedCandidates::pack(const PreparedRows& prepared) {
  const ConstMatrixView rows = prepared.rows;
  size_ = rows.rows;
  width_ = rows.cols + (prepared.extension.empty() ? 0 : 1);
  const std::size_t num_panels = (size_ + kPanel - 1) / kPanel;
  panels_.resize(std::max(panels_.size(), num_panels * kPanel * width_));
  for (std::size_t p = 0; p < num_panels; ++p) {
    float* panel = panels_.data() + p * kPanel * width_;
    const std::size_t count = std::min(kPanel, size_ - p * kPanel);
    if (count < kPanel) std::fill_n(panel, kPanel * width_, 0.0f);
    for (std::size_t j = 0; j < count; ++j) {
      const float* row = rows.row(p * kPanel + j);
      for (std::size_t d = 0; d < rows.cols; ++d) panel[d * kPanel + j] = row[d];
      if (width_ > rows.cols) panel[rows.cols * kPanel + j] = prepared.extension[p * kPanel + j];
    }
  }
}

void PackedCandidates::multiply(ConstMatrixView queries, MatrixView out) const {
  for (std::size_t first = 0; first < size_; first += kPanel) {
    multiply_panel(queries, panels_.data() + first * width_,
                   out.block(0, out.rows, first, std::min(kPanel, size_ - first)));
  }
}

PreparedRows prepare_candidates(const ProductSpace& space, const CandidateList& list,
                                std::size_t first, std::size_t count,
                                ProductSpace::Workspace& workspace) {
  if (list.all) return space.candidates(static_cast<FlatId>(first), count, workspace);
  return space.candidates(list.ids.subspan(first, count), workspace);
}

void for_each_task(std::size_t count, std::size_t threads,
                   const std::function<void(std::size_t, std::size_t)>& body) {
  std::atomic<std::size_t> next{0};
  run_threads(std::clamp<std::size_t>(count, 1, threads), [&](std::size_t thread) {
    for (std::size_t task; (task = next.fetch_add(1)) < count;) {
      try {
        body(task, thread);
      } catch (...) {
        next.store(count);
        throw;
      }
    }
  });
}

void for_each_score_block(const ScoreJob& job,
                          const std::function<void(const ScoreBlock&)>& visit) {
  const std::size_t num_candidates = job.num_candidates();
  const std::size_t num_chunks = (num_candidates + kChunk - 1) / kChunk;
  const std::size_t num_parts = (job.queries.rows + kTaskQueries - 1) / kTaskQueries;
  std::vector<ProductSpace::Workspace> workspaces(job.threads);
  std::vector<PackedCandidates> packed(job.threads);
  std::vector<std::vector<float>> scores(job.threads);
  std::atomic<std::uint64_t> num_scores{0};

  for_each_task(num_chunks * num_parts, job.threads, [&](std::size_t task, std::size_t thread) {
    if (job.stop != nullptr) check_stop(*job.stop);
    kernel::single_threaded_products();
    const std::size_t first = task / num_parts * kChunk;
    const std::size_t count = std::min(kChunk, num_candidates - first);
    packed[thread].pack(
        prepare_candidates(job.space, job.candidates, first, count, workspaces[thread]));
    scores[thread].resize(kQueryBlock * kChunk);

    const std::size_t begin = task % num_parts * kTaskQueries;
    const std::size_t end = std::min(begin + kTaskQueries, job.queries.rows);
    for (std::size_t q = begin; q < end; q += kQueryBlock) {
      const std::size_t rows = std::min(kQueryBlock, end - q);
      const MatrixView block(scores[thread].data(), rows, count, kChunk);
      packed[thread].multiply(job.queries.middle_rows(q, rows), block);
      visit({thread, q, first, block});
    }
    const std::uint64_t done = num_scores.fetch_add(count * (end - begin)) + count * (end - begin);
    if (thread == 0 && job.progress) job.progress(done);
  });
}

}  // namespace twhin
