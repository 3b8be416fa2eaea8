// model/side_loss.h -- the loss of one side of one edge whose negatives have weights of their own.
//
// The kernels' losses know one weight for each kind of negative. This is what they cannot say: the
// self-adversarial weights, and the weighted denominators of softmax (twhin/model/losses.h).
#pragma once

#include <cstddef>
#include <span>

#include "twhin/model/losses.h"

namespace twhin {

/// One side of one edge.
struct SideScores {
  float positive = 0.0f;
  /// In: scores of the negatives, batch negatives first, -infinity where masked. Out: gradients.
  std::span<float> negatives;
  std::size_t num_batch = 0;
  float batch_weight = 1.0f;  ///< w_j of the first num_batch; 0: they are no negatives of this side
  float uniform_weight = 1.0f;  ///< w_j of the others
};

/// Returns the loss of the side times `edge_weight`: of softmax all of it, of logistic and ranking
/// the self-adversarially weighted negatives (the positive's own term of logistic is no side's).
/// Adds the gradient to the positive's score to `d_positive`.
/// Requires work [2 (n + 1)], n the number of negatives.
double side_loss(const LossOptions& options, float edge_weight, const SideScores& side,
                 float& d_positive, std::span<float> work);

}  // namespace twhin
