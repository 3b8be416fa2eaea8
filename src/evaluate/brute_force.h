// The plain twin of exact ranking: the definition as loops, in double precision. For tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evaluate/small_graph.h"
#include "twhin/evaluate/evaluate.h"

namespace twhin {

/// One held-out end by numbers of entities, and scores of all candidates with it.
struct BruteQuery {
  std::uint32_t relation;
  Side side;
  std::uint32_t lhs, rhs;
  std::vector<double> scores;          ///< of every entity of the ranked type
  std::vector<std::uint8_t> is_known;  ///< answers of any split, the target among them

  std::uint32_t target() const { return side == Side::rhs ? rhs : lhs; }
  /// Candidates whose score differs by at most `tolerance` count as equal.
  metrics::RankCounts counts(bool filtered, double tolerance = 0.0) const;
};

/// s(l, r, t) by the definitions of twhin/model/{operators,comparators}.h.
double brute_score(const SmallGraph& graph, const SmallRelation& relation, std::uint32_t lhs,
                   std::uint32_t rhs);

/// All ends of the edges of a split that `sides` asks for.
std::vector<BruteQuery> brute_queries(const SmallGraph& graph, const std::string& split,
                                      Sides sides);

}  // namespace twhin
