// candidates/merge.h -- the lists of a user's components become one list.
//
//   1. Component c may fill quotas(weights, k)[c] places.
//   2. The next place goes to the component that is furthest behind its share of the places so far
//      (equal ones: the earlier), so that the first n of the list are shared out like the whole. It
//      gives the best entity of its list that is not in the merged one yet.
//   3. Places whose component has run out are shared out among those that have not, by their
//      weights, in the same way, until the list is full or all have run out.
//
// An entity that several components found stands once, with the score and the number of the one
// that gave it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "twhin/candidates/candidates.h"
#include "twhin/index/index.h"

namespace twhin {

/// What one component found, the best first, without repetition.
struct ComponentHits {
  std::span<const Hit> hits;
  double weight = 1.0;
  std::int64_t component = kNoComponent;
};

/// At most k candidates in the order of 2. and 3. above.
std::vector<Candidate> merge(std::span<const ComponentHits> components, std::size_t k);

/// Puts the larger score first, equal ones by entity.
void sort_by_score(std::vector<Candidate>& list);

}  // namespace twhin
