// mixture/one_row.h -- scores of one row that is looked for with many that are frozen, and the way
// back from the scores to that row.
//
//     s_k = c( p(x), q(y_k) )      p, q: operators of the relation, at most one of them not `none`
//
// Rows y_k are prepared once: moved by q and, for cos, of length 1.
#pragma once

#include <span>
#include <vector>

#include "kernel/scratch.h"
#include "twhin/base/matrix_view.h"
#include "twhin/model/comparators.h"
#include "twhin/model/operators.h"

namespace twhin {

/// An operator with its parameters.
struct Transform {
  Operator op = Operator::none;
  std::span<const float> params;
};

struct FrozenRows {
  std::vector<float> rows;     ///< [n, dim]
  std::vector<float> squares;  ///< [n] squared lengths, for distances
  std::size_t dim = 0;

  std::size_t size() const { return dim == 0 ? 0 : rows.size() / dim; }
  ConstMatrixView view() const { return {rows.data(), size(), dim}; }
};

/// q(y) prepared. rows [n, dim].
FrozenRows freeze(Comparator comparator, const Transform& q, ConstMatrixView rows);

/// out [a.size(), b.size()]: scores of prepared rows with each other.
void frozen_scores(Comparator comparator, const FrozenRows& a, const FrozenRows& b, MatrixView out);

/// Not for two threads at once.
class OneRow {
 public:
  OneRow(Comparator comparator, Transform p, std::size_t dim);

  /// scores[k] for x [dim].
  void scores(const float* x, const FrozenRows& rows, std::span<float> scores);
  /// gradient += sum_k coefficients[k] d s_k / d x, at the x of the last call of scores().
  void add_gradient(const float* x, const FrozenRows& rows, std::span<const float> scores,
                    std::span<const float> coefficients, float* gradient);

 private:
  Comparator comparator_;
  Transform p_;
  std::size_t dim_;
  std::vector<float> moved_;       // p(x), of length 1 for cos
  std::vector<float> back_;        // gradient to it
  std::vector<float> parameters_;  // gradient to p's parameters: not wanted, has to go somewhere
  float norm_ = 0.0f;              // |p(x)|
  kernel::Scratch scratch_;
};

}  // namespace twhin
