#include "model/top_candidates.h"

#include <algorithm>
#include <limits>

#include "kernel/count.h"

namespace twhin {

void BestPlaces::offer(const ScoredPlace& one) {
  if (heap_.size() == k_) {
    if (k_ == 0 || !is_better(one, heap_.front())) return;
    std::pop_heap(heap_.begin(), heap_.end(), is_better);
    heap_.pop_back();
  }
  heap_.push_back(one);
  std::push_heap(heap_.begin(), heap_.end(), is_better);
}

void BestPlaces::offer(const float* scores, std::size_t n, std::uint32_t first) {
  // Once there are k, few blocks have anything better than the worst of them.
  if (heap_.size() == k_ && k_ > 0) {
    const kernel::Comparison found = kernel::compare(scores, n, heap_.front().score);
    if (found.greater + found.equal == 0) return;
  }
  // Most of a block is below the worst of k, or struck out (NaN): told by one comparison.
  const auto least = [&] {
    return heap_.size() == k_ && k_ > 0 ? heap_.front().score
                                        : -std::numeric_limits<float>::infinity();
  };
  float worst = least();
  for (std::size_t i = 0; i < n; ++i) {
    if (!(scores[i] >= worst)) continue;
    offer({scores[i], first + static_cast<std::uint32_t>(i)});
    worst = least();
  }
}

void BestPlaces::merge(const BestPlaces& other) {
  for (const ScoredPlace& each : other.heap_) offer(each);
}

std::vector<ScoredPlace> BestPlaces::sorted() const {
  std::vector<ScoredPlace> out = heap_;
  std::sort(out.begin(), out.end(), is_better);
  return out;
}

std::vector<std::vector<ScoredPlace>> top_candidates(
    const ScoreJob& job, std::size_t k,
    const std::function<std::span<const std::uint32_t>(std::size_t)>& excluded) {
  const std::size_t num_queries = job.queries.rows;
  std::vector<std::vector<BestPlaces>> best(job.threads,
                                            std::vector<BestPlaces>(num_queries, BestPlaces(k)));
  for_each_score_block(job, [&](const ScoreBlock& block) {
    for (std::size_t row = 0; row < block.scores.rows; ++row) {
      const std::size_t query = block.first_query + row;
      float* scores = block.scores.row(row);
      strike_out(scores, block.scores.cols, block.first_candidate, excluded(query));
      best[block.thread][query].offer(scores, block.scores.cols,
                                      static_cast<std::uint32_t>(block.first_candidate));
    }
  });
  std::vector<std::vector<ScoredPlace>> out;
  for (std::size_t q = 0; q < num_queries; ++q) {
    for (std::size_t t = 1; t < job.threads; ++t) best[0][q].merge(best[t][q]);
    out.push_back(best[0][q].sorted());
  }
  return out;
}

}  // namespace twhin
