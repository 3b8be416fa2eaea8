// evaluate/baselines.h -- what needs no model: the measure that every figure is read against.
#pragma once

#include <span>
#include <vector>

#include "evaluate/query_set.h"
#include "evaluate/ranker.h"
#include "twhin/metrics/ranking.h"

namespace twhin {

/// Training edges of the ranked end of each target: over all relations of the model, both ends.
std::vector<std::int64_t> answer_degrees(const EdgeSource& source, const QuerySet& set);

/// Ranks with a candidate's number of training edges of the query's relation, on the ranked side,
/// as its score: exact, against all candidates. Cost: a sort of the degrees for each relation and
/// side.
TargetRanks popularity_ranks(const EdgeSource& source, const QuerySet& set,
                             const EvalOptions& options, const StopFlag& stop);

/// Expected metrics if each query's candidates (RankCounts::candidates of them, with the target)
/// are put in random order: with n = candidates + 1 places,
///
///     E rank = (n + 1) / 2,   E 1/rank = (1 + 1/2 + … + 1/n) / n,   P(rank <= k) = min(k, n) / n
metrics::RankingMetrics random_metrics(std::span<const metrics::RankCounts> targets);

}  // namespace twhin
