#include "kernel/group.h"

#include "kernel/elementwise.h"
#include "kernel/matrix_product.h"
#include "kernel/shapes.h"
#include "kernel/transposed_rows.h"

namespace twhin::kernel {
namespace {

void check_group(std::string_view function, const GroupShape& shape, ConstMatrixView sources,
                 ConstMatrixView targets, ConstMatrixView scores) {
  check_size(function, "columns of targets", targets.cols, sources.cols);
  check_size(function, "rows of sources", sources.rows, shape.num_sources());
  check_size(function, "rows of targets", targets.rows, shape.num_targets());
  check_shape(function, "rows of scores", "columns of scores", scores, shape.num_sources(),
              shape.num_targets());
}

}  // namespace

void group_scores(const GroupShape& shape, ConstMatrixView sources, ConstMatrixView targets,
                  MatrixView scores, Scratch& scratch) {
  check_group("group_scores", shape, sources, targets, scores);
  const std::size_t p = shape.num_positives, targets_of_positives = shape.num_targets();
  const TransposedRows transposed(targets, shape.num_sources(), scratch);
  const ConstMatrixView positives = sources.middle_rows(0, p);
  if (shape.batch_negatives) {
    transposed.multiply(positives, 0, targets_of_positives,
                        scores.block(0, p, 0, targets_of_positives));
  } else {
    transposed.multiply(positives, p, shape.num_rhs_uniform,
                        scores.block(0, p, p, shape.num_rhs_uniform));
    for (std::size_t i = 0; i < p; ++i) {
      scores(i, i) = dot(sources.row(i), targets.row(i), sources.cols);
    }
  }
  transposed.multiply(sources.middle_rows(p, shape.num_lhs_uniform), 0, p,
                      scores.block(p, shape.num_lhs_uniform, 0, p));
}

void group_gradients(const GroupShape& shape, ConstMatrixView coefficients, ConstMatrixView sources,
                     ConstMatrixView targets, MatrixView d_sources, MatrixView d_targets) {
  check_group("group_gradients", shape, sources, targets, coefficients);
  check_shape("group_gradients", "rows of d_sources", "columns of d_sources", d_sources,
              sources.rows, sources.cols);
  check_shape("group_gradients", "rows of d_targets", "columns of d_targets", d_targets,
              targets.rows, targets.cols);
  const std::size_t p = shape.num_positives;
  const std::size_t ul = shape.num_lhs_uniform, ur = shape.num_rhs_uniform;
  const ConstMatrixView& c = coefficients;
  const ConstMatrixView rhs = targets.middle_rows(0, p), rhs_uniform = targets.middle_rows(p, ur);
  const ConstMatrixView lhs = sources.middle_rows(0, p), lhs_uniform = sources.middle_rows(p, ul);
  const MatrixView d_lhs = d_sources.middle_rows(0, p), d_rhs = d_targets.middle_rows(0, p);
  matrix_product(c.block(p, ul, 0, p), rhs, d_sources.middle_rows(p, ul), Onto::zero);
  transposed_product(c.block(0, p, p, ur), lhs, d_targets.middle_rows(p, ur), Onto::zero);
  if (shape.batch_negatives) {
    matrix_product(c.middle_rows(0, p), targets, d_lhs, Onto::zero);
    transposed_product(c.block(0, p + ul, 0, p), sources, d_rhs, Onto::zero);
  } else {
    matrix_product(c.block(0, p, p, ur), rhs_uniform, d_lhs, Onto::zero);
    transposed_product(c.block(p, ul, 0, p), lhs_uniform, d_rhs, Onto::zero);
    for (std::size_t i = 0; i < p; ++i) {
      axpy(c(i, i), targets.row(i), d_sources.row(i), sources.cols);
      axpy(c(i, i), sources.row(i), d_targets.row(i), targets.cols);
    }
  }
}

}  // namespace twhin::kernel
