// versions/answer_drift.h -- what consumers get of two versions: nearest entities, candidates.
#pragma once

#include <vector>

#include "twhin/evaluate/scoring_view.h"
#include "versions/row_drift.h"

namespace twhin {

class AnswerComparison {
 public:
  AnswerComparison(const ModelVersion& older, const ModelVersion& newer,
                   const DriftOptions& options, std::size_t threads, const Observer& observer,
                   const StopFlag& stop);

  /// Fills type.overlap, unless options want none.
  void compare_neighbors(const DriftSample& sample, TypeDrift& type) const;
  /// Fills result.candidates. The lhs entities that ask are those of the samples; relations whose
  /// lhs type has none are left out.
  void compare_candidates(const std::vector<DriftSample>& samples, DriftResult& result) const;

 private:
  ShareFigures figures_of(std::vector<double> shares, std::size_t k) const;

  const ModelVersion& older_;
  const ModelVersion& newer_;
  const OpenModel old_model_, new_model_;
  const DriftOptions& options_;
  std::size_t threads_;
  const Observer& observer_;
  const StopFlag& stop_;
};

}  // namespace twhin
