// evaluate/summary.h -- from ranks to the figures of EvalResult.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/query_set.h"
#include "twhin/evaluate/evaluate.h"

namespace twhin {

/// How the targets of a query set are divided, independent of any model.
struct Division {
  std::string by;
  std::vector<std::string> names;        ///< of the groups
  std::vector<std::uint32_t> of_target;  ///< group of each target
};

/// By relation, side, relation and side, types, degree and time, as the options ask. A division
/// that says no more than those before it is left out, except that by relation.
std::vector<Division> divide(const EdgeSource& source, const QuerySet& set,
                             const EvalOptions& options, std::span<const std::int64_t> degrees);

/// Quantile groups of one value a target, named by their range; those that ties leave empty are
/// left out.
Division divide_by_quantile(std::string by, std::span<const std::int64_t> values,
                            std::size_t num_groups);

/// Figures of one protocol. Baselines may be empty.
ProtocolResult summarise(Protocol protocol, const QuerySet& set, const EvalOptions& options,
                         const std::vector<Division>& divisions,
                         std::span<const metrics::RankCounts> ranks,
                         std::span<const metrics::RankCounts> popularity,
                         const Observer& observer = {}, const StopFlag& stop = {});

}  // namespace twhin
