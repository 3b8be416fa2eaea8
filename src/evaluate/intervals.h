// evaluate/intervals.h -- how far the figures may move with other held-out edges of the same kind.
#pragma once

#include <span>
#include <vector>

#include "evaluate/summary.h"
#include "twhin/base/progress.h"
#include "twhin/base/stop.h"

namespace twhin {

struct Intervals {
  metrics::RankingIntervals micro;
  std::vector<std::vector<GroupIntervals>> groups;  ///< by division, by group; none of a large one
};

/// By bootstrap over edges: the ranked ends of an edge are drawn together. All figures come from
/// the same resamples. Memory    72 bytes an edge, 24 a target, 16 a group and resample.
/// With `minus`, of as many ranks: of the differences of the figures, ranks minus those.
/// Errors    cancelled "evaluate.cancelled".
Intervals intervals_over_edges(const QuerySet& set, const EvalOptions& options,
                               const std::vector<Division>& divisions,
                               std::span<const metrics::RankCounts> ranks, const Observer& observer,
                               const StopFlag& stop,
                               std::span<const metrics::RankCounts> minus = {});

}  // namespace twhin
