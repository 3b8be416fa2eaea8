// model/operator_inverse.h -- the lhs row that an operator takes to a given rhs row.
//
// The inverse of every operator is one of the same kind:
//
//     translation       b        -b                linear    A       A^-1
//     diagonal          d        1 / d             affine    A, b    A^-1, -A^-1 b
//     complex_diagonal  z        1 / z             rotation  phi     -phi
//
// An inverse whose largest number times the operator's largest one is above kLargestStretch counts
// as none: it exists on paper, and what it makes of a row is noise. (Numbers of complex_diagonal
// are moduli; of affine those of A; of translation and rotation none are too large.)
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "twhin/model/operators.h"

namespace twhin {

/// See the head of the file.
inline constexpr double kLargestStretch = 100.0;

/// Parameters p' of the operator with g'(g(x)) = x.
/// Shapes    params [num_operator_params(op, dim)]
std::optional<std::vector<float>> inverse_params(Operator op, std::span<const float> params,
                                                 std::size_t dim);

}  // namespace twhin
