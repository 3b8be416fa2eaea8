// twhin/evaluate/neighbors.h -- the entities that a model holds nearest to one.
//
// With a relation: the entities that score highest at one end of its edges, the given one being at
// the other. For the rhs of follow and user 17 that is whom user 17 is likely to follow:
//
//     score(t) = c( g_r(x[17]), x[t] )
//
// Without: those whose rows are alike, by cosine unless another comparator is wanted (by the dot
// product, entities with many edges are near to everything). Exact: all entities of the type are
// compared. The asking entity itself is never among them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "twhin/base/stop.h"
#include "twhin/evaluate/scoring_view.h"

namespace twhin {

struct NeighborQuery {
  std::uint32_t type = 0;  ///< of the asking entity
  EntityId entity;
  std::optional<std::uint32_t> relation;
  /// Of the relation: the end that is looked for. The asking entity has the type of the other one.
  Side wanted = Side::rhs;
  /// Without a relation: the type that is looked for, and how rows are compared.
  std::uint32_t wanted_type = 0;
  Comparator comparator = Comparator::cos;
  std::size_t k = 10;
  std::size_t threads = 0;  ///< 0: as many as the machine has
};

struct Neighbor {
  EntityId id;
  float score = 0.0f;
};

/// At most k of them, the best first, equal scores by id.
/// Errors    invalid_argument "evaluate.wrong_end" if the asking entity's type is not that of the
///           relation's other end; "model.not_finite"; cancelled "evaluate.cancelled".
std::vector<Neighbor> neighbors(const ScoringView& model, const NeighborQuery& query,
                                const StopFlag& stop = {});

/// An entity by its written name, "user:17".
struct FoundEntity {
  std::uint32_t type = 0;
  EntityId id;
};
/// Errors    invalid_argument "schema.bad_entity"; not_found "schema.unknown_entity_type",
///           "evaluate.unknown_entity" with the nearest name.
FoundEntity find_entity(const ModelVersion& version, const std::string& text);

}  // namespace twhin
