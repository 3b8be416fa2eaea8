// model/pull.h -- the pull of a group's rows toward what they were in the version before.
//
//     lambda sum_k w_k |x_k - y_k|^2          to x_k the gradient 2 lambda w_k (x_k - y_k)
//
//   x_k   the k-th row of one side of a group, y_k the same entity's in the version before
//   w_k   of the end of positive i         w_i, its edge's weight times the relation's
//         of each of the side's K others   W / K,  W = sum_i w_i
//         of an entity that is new         0
//
// So a side's negatives weigh together what its positives do, however many there are, and an epoch
// adds up to
//
//     lambda sum_v (d_v + E / n) |x_v - y_v|^2
//
// over the entities v, with d_v the weight of v's edges, E that of all, n the entities that uniform
// negatives are drawn from: neither the size of a group nor the number of its negatives matters. A
// relation is pulled by W in each group, by the weight of its edges in an epoch.
//
// Source: El-Kishky et al., TwHIN, KDD 2022, section 7.2, which states an L2 penalty on the change
// and neither its weight nor its scaling.
#pragma once

#include <cstddef>
#include <span>

#include "twhin/base/matrix_view.h"

namespace twhin {

/// w_k of the head of the file for one side, as if no entity were new. Returns W.
/// Shapes    edge_weights [num_positives] or empty: all 1; weights [num_positives + K].
float pull_weights(float relation_weight, std::span<const float> edge_weights,
                   std::size_t num_positives, std::span<float> weights);

/// Adds the gradients to `gradients` and returns the penalty.
/// Shapes    weights [n]; rows, previous, gradients [n, dim].
double add_pull(float lambda, std::span<const float> weights, ConstMatrixView rows,
                ConstMatrixView previous, MatrixView gradients);

}  // namespace twhin
