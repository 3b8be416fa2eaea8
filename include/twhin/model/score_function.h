// twhin/model/score_function.h -- scores of one relation over many rows, for whoever asks a model.
//
//     s(l, r, t) = c( g_r(x[l]), x[t] )                                          (Eq. 1)
//
// A query asks for one side of an edge, given the other:
//
//     rhs wanted:  candidates t, score = c(query, x[t]) with the query g_r(x[l])
//     lhs wanted:  candidates l, score = c(g_r(x[l]), x[t]): the operator is the candidate's
//
// g_r(x) = A x + b for every operator, so most lhs queries need no transformed candidates either:
//
//     dot, any operator               <A x + b, t> = <x, A' t> + <b, t>     query A' t, bias <b, t>
//     rotation, any comparator        |A x - t| = |x - A' t|, the same for the angle
//     translation, l2 and squared_l2  |x + b - t| = |x - (t - b)|
//
// In the other cases (transforms_candidates) prepare_candidates() applies the operator to the
// candidate rows. Either way a score is the same function of the two rows as in training, up to
// rounding.
//
// A reciprocal relation has parameters h for a second operator of the same kind, and was trained on
// c(h_r(x[t]), x[l]) for the lhs side (as if each edge had a twin in the other direction; Lacroix
// et al., ICML 2018; dynamic relations of PyTorch-BigGraph):
//
//     lhs wanted:  candidates l, score = c(h_r(x[t]), x[l])
//
// Without a relation (raw) the operator is `none`, and score is plain similarity of two rows.
//
// An index of raw rows may be asked directly when transforms_candidates(side) is false: the rows of
// `Queries`, with the comparator as the index's metric, give the right order; scores need the bias.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "twhin/base/matrix_view.h"
#include "twhin/model/comparators.h"
#include "twhin/model/operators.h"
#include "twhin/model/side.h"

namespace twhin {

class ModelVersion;

/// Prepared rows of one kind of query; made by ScoreFunction, used again and again by it.
class Queries {
 public:
  std::size_t size() const { return num_; }
  Side wanted() const { return wanted_; }
  /// [size(), dim]; of length 1 for cos.
  ConstMatrixView rows() const { return {rows_.data(), num_, dim_}; }
  /// What a score has beyond c(row, candidate): [size()].
  std::span<const float> bias() const { return {bias_.data(), num_}; }

 private:
  friend class ScoreFunction;
  Side wanted_ = Side::rhs;
  std::size_t num_ = 0, dim_ = 0;
  std::vector<float> rows_, bias_;
  std::vector<float> norms_;  // inverse for cos, squared for distances
};

/// A prepared block of candidate rows, with the room that scoring needs: one for each thread. Used
/// again, it allocates only for blocks larger than all before.
class Candidates {
 public:
  Candidates();
  ~Candidates();
  Candidates(Candidates&&) noexcept;
  Candidates& operator=(Candidates&&) noexcept;

  std::size_t size() const { return rows_.rows; }
  /// As the comparator sees them: the caller's own rows where nothing had to be done.
  ConstMatrixView rows() const { return rows_; }

 private:
  friend class ScoreFunction;
  struct Work;
  Side wanted_ = Side::rhs;
  ConstMatrixView rows_;
  std::unique_ptr<Work> work_;
};

/// Threads   const members may be called concurrently, each caller with its own Candidates.
/// Errors    all: invalid_argument "model.shape" if sizes or sides do not fit together; then no
///           output has been written. A NaN in a row comes out in the scores of that row only.
class ScoreFunction {
 public:
  /// Copies the parameters, in the layout of operators.h; `reciprocal` is empty or of the same
  /// size. Errors    "model.odd_dim".
  ScoreFunction(Comparator comparator, std::size_t dim, Operator op, std::span<const float> params,
                std::span<const float> reciprocal = {});
  /// Without a relation.
  static ScoreFunction raw(Comparator comparator, std::size_t dim) {
    return {comparator, dim, Operator::none, {}};
  }
  /// That of a relation of a version.
  /// Errors    corrupt_data "model.bad_meta" if the version names an operator or a comparator that
  ///           does not exist; "model.wrong_shape" if its parameters do not fit the operator.
  static ScoreFunction of(const ModelVersion& model, std::uint32_t relation);
  static ScoreFunction raw(const ModelVersion& model);

  Comparator comparator() const { return comparator_; }
  Operator op() const { return op_; }
  std::size_t dim() const { return dim_; }

  /// Whether candidates for that side must be transformed, so that an index of raw rows cannot
  /// answer.
  bool transforms_candidates(Side wanted) const;

  /// Queries for the side `wanted`, from rows [n, dim] of the other one.
  void prepare_queries(Side wanted, ConstMatrixView known, Queries& out) const;
  Queries prepare_queries(Side wanted, ConstMatrixView known) const;

  /// Candidates for the side `wanted`. `rows` [n, dim] must outlive their use.
  void prepare_candidates(Side wanted, ConstMatrixView rows, Candidates& out) const;

  /// out[q][k] = score of query q with candidate k. out [queries.size(), candidates.size()].
  /// Exact     |error| <= (dim + 2) eps |query| |candidate| for dot, less for cos; for distances
  /// see
  ///           comparators.h. Bits may depend on the shape of the block: compare scores of one
  ///           block.
  /// Cost      2 dim operations a pair, one matrix product for the block.
  void score(const Queries& queries, Candidates& candidates, MatrixView out) const;

  /// out[i] = s(lhs_i, r, rhs_i), the score by which the rhs is ranked. lhs, rhs [n, dim]; out [n].
  /// Distances are computed from differences, so they are exact also where score() has noise.
  void score_pairs(ConstMatrixView lhs, ConstMatrixView rhs, std::span<float> out) const;

 private:
  bool moves_to_query() const;

  Comparator comparator_;
  std::size_t dim_;
  Operator op_;
  std::vector<float> params_, reciprocal_;
};

}  // namespace twhin
