// model/product_space.h -- every comparator as a dot product of prepared rows.
//
// Ranking needs no more than the order of the candidates of a query. With the prepared rows of
// twhin/model/score_function.h, q of the query and y of the candidate,
//
//   dot, cos     <q, y>                               has the order of the score
//   distances    <q, y> - |y|^2 / 2 = <[q, 1], [y, -|y|^2 / 2]>
//                = |q|^2 / 2 - |q - y|^2 / 2          has it too
//
// so one matrix product serves all; -|y|^2 / 2 is the row's extension.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "model/layout.h"
#include "twhin/base/matrix_view.h"
#include "twhin/model/rows.h"
#include "twhin/model/score_function.h"

namespace twhin {

/// Candidates that are prepared together, at most.
inline constexpr std::size_t kChunk = 256;

/// Prepared candidates, valid until the workspace that they lie in is used again.
struct PreparedRows {
  ConstMatrixView rows;              ///< [n, dim]
  std::span<const float> extension;  ///< [n], or empty: none
};

/// Rows of one entity type as candidates, and the queries that rank them.
/// Threads   const members may be called concurrently, each caller with its own Workspace.
class ProductSpace {
 public:
  /// Room for one block of candidates.
  class Workspace {
    friend class ProductSpace;
    std::vector<float> rows_, squares_, extension_, padded_;
    Candidates candidates_;
  };

  /// Candidates for the end `wanted` of what `function` scores. Borrows rows and type.
  ProductSpace(const Rows& rows, const EntityType& type, ScoreFunction function, Side wanted);

  /// Floats that are multiplied: dim, or dim + 1 with an extension.
  std::size_t width() const { return dim_ + (extended_ ? 1 : 0); }
  FlatId num_candidates() const { return layout_.size(); }

  /// Candidates [first, first + count), or those with the given ids; at most kChunk. The bits of a
  /// prepared row do not depend on the rows beside it.
  /// Errors    invalid_argument "model.not_finite", naming the row.
  PreparedRows candidates(FlatId first, std::size_t count, Workspace& workspace) const;
  PreparedRows candidates(std::span<const FlatId> ids, Workspace& workspace) const;

  /// out [known.rows, width()] = q of queries for the end `wanted` of a relation's edges, from the
  /// rows known [n, dim] of the other end.
  /// Errors    invalid_argument "model.not_finite", with describe(i) as the place.
  void queries(const ScoreFunction& relation, Side wanted, ConstMatrixView known,
               const std::function<std::string(std::size_t)>& describe, MatrixView out) const;
  /// out [width()] = q of one prepared query [dim], whose numbers are finite.
  void query(const float* prepared, float* out) const;

 private:
  template <class IdOf>
  PreparedRows prepare(ConstMatrixView rows, const IdOf& id_of, Workspace& workspace) const;

  const Rows& rows_;
  const EntityType& type_;
  TypeLayout layout_;
  ScoreFunction function_;
  Side wanted_;
  std::size_t dim_;
  bool extended_;
};

/// "user, partition 1, row 17", for messages.
std::string describe_row(const EntityType& type, EntityId id);

}  // namespace twhin
