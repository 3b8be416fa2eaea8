// evaluate/query_set.h -- held-out edges as questions with their answers, and what is known of
// each.
//
// Query (r, rhs, l): which t make (l, r, t) an edge? Query (r, lhs, t): which l do? Held-out edges
// that share relation and fixed end are answers to one query, so their candidates are scored once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/edge_source.h"
#include "evaluate/id_lists.h"
#include "twhin/evaluate/evaluate.h"

namespace twhin {

/// `side` is the end that is ranked; `fixed` the other one.
struct Query {
  std::uint32_t relation;
  Side side;
  FlatId fixed;
};

/// Type of the entities that a query ranks.
inline std::uint32_t candidate_type(const Schema& schema, const Query& query) {
  const RelationType& relation = schema.relations[query.relation];
  return query.side == Side::rhs ? relation.rhs : relation.lhs;
}

/// Type of the end that a query is given.
inline std::uint32_t fixed_type(const Schema& schema, const Query& query) {
  const RelationType& relation = schema.relations[query.relation];
  return query.side == Side::rhs ? relation.lhs : relation.rhs;
}

struct HeldOutEdge {
  std::uint32_t relation;
  FlatId lhs, rhs;
  std::int64_t timestamp;
};

struct QuerySet {
  std::vector<HeldOutEdge> edges;  ///< ascending by relation
  std::uint64_t num_edges_in_split = 0;
  std::uint64_t num_unknown = 0;  ///< edges left out: the model lacks one of their ends

  /// Ascending by (side, relation, fixed). Query q has targets [first_target[q],
  /// first_target[q+1]).
  std::vector<Query> queries;
  std::vector<std::uint64_t> first_target;
  /// The edge of each target, and the end of it that is ranked. Targets of a query are ascending.
  std::vector<std::uint32_t> target_edge;
  std::vector<FlatId> answer;
  /// Answers of each query in any split of the graph; the targets are among them.
  IdLists known;

  std::size_t num_queries() const { return queries.size(); }
  std::size_t num_targets() const { return answer.size(); }
  std::span<const FlatId> answers_of(std::size_t query) const {
    return {answer.data() + first_target[query], first_target[query + 1] - first_target[query]};
  }
};

/// Errors    not_found "evaluate.unknown_split", "schema.unknown_relation"; invalid_argument
///           "evaluate.no_edges" if nothing is left to rank; cancelled "evaluate.cancelled".
QuerySet make_queries(const EdgeSource& source, const EvalOptions& options, const StopFlag& stop);

/// Indices into the model's schema that the options name: all relations if they name none.
std::vector<std::uint32_t> selected_relations(const Schema& schema, const EvalOptions& options);

}  // namespace twhin
