// evaluate/candidate_sample.h -- the sampled mode's candidates: some entities instead of all.
#pragma once

#include <vector>

#include "evaluate/query_set.h"

namespace twhin {

/// Candidates for one side of a relation, ascending.
///
///   uniform      min(num_candidates, size of the type) entities without replacement
///   prevalence   the ends of num_candidates training edges of the relation, drawn with
///   replacement:
///                an entity may be there several times, and then competes several times
///
/// Depends on (seed, relation, side) only.
/// Errors    invalid_argument "evaluate.no_prevalence" if the relation has no training edges.
std::vector<FlatId> sample_candidates(const EdgeSource& source, std::uint32_t relation, Side side,
                                      const EvalOptions& options);

}  // namespace twhin
