// twhin/model/comparators.h -- how alike two rows are; larger is likelier.
//
//   comparator   c(a, b)
//   dot          <a, b>
//   cos          <a, b> / (|a| |b|)
//   l2           -sqrt( max(|a - b|^2, 1e-30) )
//   squared_l2   -|a - b|^2
//
// All four come from one matrix product: |a - b|^2 = |a|^2 + |b|^2 - 2 <a, b>. In floats that
// difference is exact to about 1e-7 (|a|^2 + |b|^2), so distances below some 1e-3 of the rows'
// length are noise; squared_l2 may then be slightly positive. At the clamp the gradient of l2 is 0.
// A row shorter than 1e-12 counts as one of length 1e-12 for cos, and its gradient is 0.
//
// Source: PyTorch-BigGraph's comparators of the same names; the paper uses dot.
#pragma once

#include "twhin/config/types.h"

namespace twhin {

enum class Comparator { dot, cos, l2, squared_l2 };

template <>
struct EnumNames<Comparator> {
  static constexpr EnumName<Comparator> values[] = {
      {"dot", Comparator::dot, "Dot product."},
      {"cos", Comparator::cos, "Cosine of the angle."},
      {"l2", Comparator::l2, "Minus the Euclidean distance."},
      {"squared_l2", Comparator::squared_l2, "Minus the squared Euclidean distance."},
  };
};

}  // namespace twhin
