// candidates/ends.h -- who asks for what, as entity types and score functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "twhin/candidates/options.h"
#include "twhin/mixture/mixture.h"
#include "twhin/model/score_function.h"
#include "twhin/storage/schema.h"

namespace twhin {

struct Ends {
  std::optional<std::uint32_t> relation;
  Side wanted = Side::rhs;                   ///< of the relation; rhs without one
  std::uint32_t asking = 0, candidates = 0;  ///< entity types
};

/// `mixture` is nullptr unless it is asked by.
/// Errors    as CandidateGenerator's constructor.
Ends resolve_ends(const Schema& schema, const CandidateOptions& options,
                  const MixtureInfo* mixture);

/// The end of a relation at which who asks stands, if it joins the two types; where both ends fit,
/// that which leaves `wanted` to the candidates.
std::optional<Side> asking_side(const RelationType& relation, const Ends& ends);

}  // namespace twhin
