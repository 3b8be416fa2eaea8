#include "model/score_blocks.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "kernel/products.h"
#include "kernel/tile_product.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

// Candidates in a panel: as many columns as the widest tile has, so that a panel lies in one piece.
constexpr std::size_t kPanel = 64;
// Queries of one task: enough to make packing a chunk cheap, few enough to share work evenly.
constexpr std::size_t kTaskQueries = 4096;

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
    kernel::transpose_padded(rows.middle_rows(p * kPanel, count), panel, kPanel);
    if (width_ > rows.cols) {
      std::copy_n(prepared.extension.data() + p * kPanel, count, panel + rows.cols * kPanel);
    }
  }
}

void PackedCandidates::multiply(ConstMatrixView queries, MatrixView out) const {
  for (std::size_t first = 0; first < size_; first += kPanel) {
    const std::size_t count = std::min(kPanel, size_ - first);
    kernel::tile_product_padded(
        {queries.data, queries.stride, 1},
        ConstMatrixView(panels_.data() + first * width_, width_, count, kPanel),
        out.block(0, out.rows, first, count), kernel::Onto::zero);
  }
}

float PackedCandidates::score(const float* query, std::size_t j) const {
  float out = 0.0f;
  const float* column = panels_.data() + j / kPanel * kPanel * width_ + j % kPanel;
  kernel::tile_product({query, width_, 1}, ConstMatrixView(column, width_, 1, kPanel),
                       MatrixView(&out, 1, 1), kernel::Onto::zero);
  return out;
}

std::pair<std::uint32_t, std::uint32_t> CandidateList::places_of(FlatId id) const {
  if (all) return {id, id + 1};
  const auto [begin, end] = std::equal_range(ids.begin(), ids.end(), id);
  return {static_cast<std::uint32_t>(begin - ids.begin()),
          static_cast<std::uint32_t>(end - ids.begin())};
}

PlaceLists::PlaceLists(const CandidateList& candidates, std::size_t num_lists,
                       std::function<std::span<const FlatId>(std::size_t)> ids)
    : ids_(std::move(ids)) {
  if (candidates.all) return;
  first_.push_back(0);
  for (std::size_t i = 0; i < num_lists; ++i) {
    for (const FlatId id : ids_(i)) {
      const auto [begin, end] = candidates.places_of(id);
      for (std::uint32_t place = begin; place < end; ++place) places_.push_back(place);
    }
    first_.push_back(places_.size());
  }
}

PreparedRows prepare_candidates(const ProductSpace& space, const CandidateList& list,
                                std::size_t first, std::size_t count,
                                ProductSpace::Workspace& workspace) {
  if (list.all) return space.candidates(static_cast<FlatId>(first), count, workspace);
  return space.candidates(list.ids.subspan(first, count), workspace);
}

void strike_out(float* scores, std::size_t n, std::size_t first,
                std::span<const std::uint32_t> places) {
  for (auto at = std::lower_bound(places.begin(), places.end(), first);
       at != places.end() && *at < first + n; ++at) {
    scores[*at - first] = std::numeric_limits<float>::quiet_NaN();
  }
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
    if (job.check_stop) job.check_stop();
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
