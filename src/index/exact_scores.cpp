#include <algorithm>

#include "kernel/elementwise.h"
#include "model/check.h"
#include "model/comparator_scores.h"
#include "twhin/index/index.h"

namespace twhin {
namespace {

float score_of_rows(Comparator comparator, const float* query, const float* candidate,
                    std::size_t dim) {
  if (!is_distance(comparator)) return kernel::dot(query, candidate, dim);
  float squared = 0.0f;
  kernel::squared_distances(ConstMatrixView(query, 1, dim), ConstMatrixView(candidate, 1, dim),
                            &squared);
  return score_of_distance(comparator, squared);
}

}  // namespace

void exact_scores(const ScoreFunction& function, const Queries& queries, std::size_t query,
                  const Rows& rows, std::span<const EntityId> ids, std::span<float> out) {
  const std::size_t dim = function.dim();
  check_size("columns of the queries", queries.rows().cols, dim);
  check_size("columns of the rows", rows.dim(), dim);
  check_size("scores of the entities", out.size(), ids.size());
  // One candidate at a time: an operator may be a product, whose bits depend on its shape.
  thread_local std::vector<float> row;
  thread_local Candidates candidate;
  row.resize(dim);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    rows.read(ids[i], row.data());
    function.prepare_candidates(queries.wanted(), ConstMatrixView(row.data(), 1, dim), candidate);
    out[i] = score_of_rows(function.comparator(), queries.rows().row(query),
                           candidate.rows().row(0), dim) +
             queries.bias()[query];
  }
}

}  // namespace twhin
