// evaluate/ranker.h -- the rank of every target of a query set, by one pass over the candidates.
//
// For query q with targets t_1, t_2, … and their scores, each candidate is compared with each of
// them as its block of scores goes by. The known answers of q are struck out of the block before it
// is counted for the filtered rank; the scores of targets come from the same products, so that
// equal rows tie.
#pragma once

#include <vector>

#include "evaluate/query_set.h"
#include "twhin/base/progress.h"
#include "twhin/metrics/rank.h"

namespace twhin {

/// Counts of each target, aligned with QuerySet::answer; a protocol that was not asked for is
/// empty.
struct TargetRanks {
  std::vector<metrics::RankCounts> filtered, raw;
  std::uint64_t num_scores = 0;
  double seconds = 0.0;
};

/// Exact, or among samples if options.candidates says so; then train edges of `source` give the
/// prevalence.
TargetRanks rank_targets(const ScoringView& model, const EdgeSource& source, const QuerySet& set,
                         const EvalOptions& options, const Observer& observer,
                         const StopFlag& stop);

/// options.threads, or those of the machine if that is 0.
std::size_t num_threads(const EvalOptions& options);

}  // namespace twhin
