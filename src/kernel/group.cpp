#include "kernel/group.h"

#include "kernel/elementwise.h"
#include "kernel/shapes.h"
#include "kernel/tile_product.h"
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
  const auto rows_of_c = [&](std::size_t row, std::size_t column) {
    return LeftOperand{c.data + row * c.stride + column, c.stride, 1};
  };
  const auto columns_of_c = [&](std::size_t row, std::size_t column) {
    return LeftOperand{c.data + row * c.stride + column, 1, c.stride};
  };
  tile_product(rows_of_c(p, 0), targets.middle_rows(0, p), d_sources.middle_rows(p, ul),
               Onto::zero);
  tile_product(columns_of_c(0, p), sources.middle_rows(0, p), d_targets.middle_rows(p, ur),
               Onto::zero);
  if (shape.batch_negatives) {
    tile_product(rows_of_c(0, 0), targets, d_sources.middle_rows(0, p), Onto::zero);
    tile_product(columns_of_c(0, 0), sources, d_targets.middle_rows(0, p), Onto::zero);
  } else {
    tile_product(rows_of_c(0, p), targets.middle_rows(p, ur), d_sources.middle_rows(0, p),
                 Onto::zero);
    tile_product(columns_of_c(p, 0), sources.middle_rows(p, ul), d_targets.middle_rows(0, p),
                 Onto::zero);
    for (std::size_t i = 0; i < p; ++i) {
      axpy(c(i, i), targets.row(i), d_sources.row(i), sources.cols);
      axpy(c(i, i), sources.row(i), d_targets.row(i), targets.cols);
    }
  }
}

}  // namespace twhin::kernel
