// twhin/model/regularization.h -- what keeps rows short.
//
//     n3 sum_i w_i ( |x_i|_3^3 + |y_i|_3^3 + |p|_3^3 )
//   + l2 sum_i w_i ( |x_i|^2   + |y_i|^2   + |p|^2 )
//
//   x_i, y_i   lhs and rhs row of true edge i as they lie in the table, before the operator;
//              negatives are not penalised
//   p          the relation's parameters, once for each of its edges: they are kept as short as an
//              entity with as many edges is
//   w_i        weight of the edge times weight of the relation: an edge of weight 2 is two edges
//
// |x|_3^3 = sum_d |x_d|^3; for complex_diagonal and rotation the sum of the cubes of the dim/2
// moduli. The angles of rotation are not penalised, every turn being as long as any other.
//
// max_norm: rows longer than it are scaled down to it after their update.
//
// Sources: N3 from Lacroix et al., ICML 2018, as in PyTorch-BigGraph; max_norm from the latter.
#pragma once

#include <cstddef>
#include <optional>

#include "twhin/base/matrix_view.h"
#include "twhin/config/field.h"

namespace twhin {

/// Head of the file. Fields of the `train` section.
struct RegularizationOptions {
  float n3 = 0.0f;
  float l2 = 0.0f;
  std::optional<float> max_norm;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("n3", &RegularizationOptions::n3, "Factor on the cubes of the rows of true edges.",
      at_least(0));
    f("l2", &RegularizationOptions::l2, "Factor on the squares of the rows of true edges.",
      at_least(0));
    f("max_norm", &RegularizationOptions::max_norm, "Rows are kept at most this long.",
      greater_than(0));
  }
};

/// Scales rows longer than max_norm down to it; returns how many there were.
std::size_t limit_norms(MatrixView rows, float max_norm);

}  // namespace twhin
