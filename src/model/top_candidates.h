// model/top_candidates.h -- the k best candidates of each of many queries.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "model/score_blocks.h"

namespace twhin {

struct ScoredPlace {
  float score;
  std::uint32_t place;  ///< of the job's candidates
};

/// True if a comes before b: the larger score, of equal ones the earlier place.
inline bool is_better(const ScoredPlace& a, const ScoredPlace& b) {
  return a.score > b.score || (a.score == b.score && a.place < b.place);
}

/// The k best of what is offered, in any order.
class BestPlaces {
 public:
  explicit BestPlaces(std::size_t k) : k_(k) {}
  /// Scores of the places from `first` on; NaN counts as no candidate.
  void offer(const float* scores, std::size_t n, std::uint32_t first);
  void merge(const BestPlaces& other);
  /// The best first.
  std::vector<ScoredPlace> sorted() const;

 private:
  void offer(const ScoredPlace& one);

  std::size_t k_;
  std::vector<ScoredPlace> heap_;  // the worst of them on top
};

/// For each query of the job its k best candidates, the best first; fewer if there are fewer.
/// `excluded(query)` gives places that do not compete, ascending. Ties go by place, so the result
/// does not depend on threads. Memory    queries * threads * k * 8 bytes beside the job's.
std::vector<std::vector<ScoredPlace>> top_candidates(
    const ScoreJob& job, std::size_t k,
    const std::function<std::span<const std::uint32_t>(std::size_t query)>& excluded);

}  // namespace twhin
