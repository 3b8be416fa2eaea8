// kernel/group.h -- the inner loop of training: all scores of one group and their gradients.
//
// A group is P positive edges of one relation that share their negatives. Its rows lie in two
// matrices, the operator already applied to every lhs row:
//
//     sources [P + Ul, dim]   the P lhs rows, then Ul uniform negatives for the lhs
//     targets [P + Ur, dim]   the P rhs rows, then Ur uniform negatives for the rhs
//
//     S = sources targets'    [P + Ul, P + Ur]
//
//                 P targets             Ur uniform
//     P sources   S_ii  positive i      S_ik: source i against a uniform negative rhs
//                 S_ij  batch negative
//     Ul uniform  S_kj: a uniform       (not computed, not read, not written)
//                 negative lhs against target j
//
// A batch negative S_ij serves twice: edge i with its rhs replaced by that of edge j, and edge j
// with its lhs replaced by that of edge i. It is computed once, and the two coefficients
// C = d loss / d S are added before the gradients are:
//
//     d_sources = C targets,    d_targets = C' sources
//
// Three calls make a step: group_scores; then a function that turns S into C in place and returns
// the loss (one of those below, or the caller's own); then group_gradients.
//
// Source: Eq. 1 and 2 of TwHIN; the shared negatives are those of PyTorch-BigGraph.
// Threads, aliasing, errors and exactness as in kernel/products.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/scratch.h"
#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

/// How many rows of each kind a group has.
struct GroupShape {
  std::size_t num_positives = 0;    ///< P
  std::size_t num_lhs_uniform = 0;  ///< Ul
  std::size_t num_rhs_uniform = 0;  ///< Ur
  /// false: of the block of positives only the diagonal is computed, read and written.
  bool batch_negatives = true;

  std::size_t num_sources() const { return num_positives + num_lhs_uniform; }
  std::size_t num_targets() const { return num_positives + num_rhs_uniform; }
};

/// An entry of S that is no negative: an entity that is the edge's own endpoint, a known edge. It
/// has no loss and coefficient 0. Naming a positive, or an entry that is not computed, is the error
/// invalid_argument "kernel.mask".
struct MaskedEntry {
  std::uint32_t source;
  std::uint32_t target;
};

/// Weights of the terms of a loss. Eq. 2 of the paper is {1, 1, 1, 1, 1}: the positive once, every
/// negative with weight 1. PyTorch-BigGraph counts the positive once for each side and averages a
/// side's negatives: {2, 1/n_rhs, 1/n_lhs, 1/n_rhs, 1/n_lhs} with n_rhs = P - 1 + Ur.
struct GroupWeights {
  float positive = 1.0f;
  float batch_rhs = 1.0f;  ///< S_ij read as edge i with another rhs
  float batch_lhs = 1.0f;  ///< S_ij read as edge j with another lhs
  float uniform_rhs = 1.0f;
  float uniform_lhs = 1.0f;
  /// One factor for all terms of an edge, or empty: all 1. [P]
  std::span<const float> edges = {};
};

/// scores [P + Ul, P + Ur] = S, without the corner (and, without batch negatives, with nothing but
/// the diagonal of the block of positives).
void group_scores(const GroupShape& shape, ConstMatrixView sources, ConstMatrixView targets,
                  MatrixView scores, Scratch& scratch);

/// Overwrites d_sources [P + Ul, dim] and d_targets [P + Ur, dim] with C targets and C' sources.
void group_gradients(const GroupShape& shape, ConstMatrixView coefficients, ConstMatrixView sources,
                     ConstMatrixView targets, MatrixView d_sources, MatrixView d_targets);

/// Logistic loss, Eq. 2. With softplus(s) = log(1 + e^s) and w_i the factor of edge i:
///
///     loss = sum_i w_i ( positive softplus(-S_ii)
///                      + sum_j batch_rhs softplus(S_ij)   + sum_j batch_lhs softplus(S_ji)
///                      + sum_k uniform_rhs softplus(S_ik) + sum_k uniform_lhs softplus(S_ki) )
///
/// over all negatives that are not masked. Replaces S by C and returns the loss.
/// Exact     no overflow for any finite score; a coefficient is within 10 eps times its weight, the
///           loss within 24 eps of itself. A NaN score gives a NaN coefficient there and a NaN
///           loss.
double logistic_coefficients(const GroupShape& shape, const GroupWeights& weights,
                             std::span<const MaskedEntry> masked, MatrixView scores);

/// Weights of the two sides of the softmax loss; PyTorch-BigGraph has 1 and 1.
struct SoftmaxWeights {
  float rhs = 1.0f;
  float lhs = 1.0f;
  /// One factor for both terms of an edge, or empty: all 1. [P]
  std::span<const float> edges = {};
};

/// Softmax loss: cross entropy of each positive among the negatives of its side, both sides. With
/// the factor w_i of edge i, N_i the unmasked negatives of its side and i itself among them:
///
///     loss = sum_i w_i ( rhs ( log sum_{j in row i}    e^(S_ij / T) - S_ii / T )
///                      + lhs ( log sum_{j in column i} e^(S_ji / T) - S_ii / T ) )
///
/// Replaces S by C and returns the loss. A side whose weight is 0 is left out; uniform negatives
/// of that side then have coefficient 0.
/// Errors    invalid_argument "kernel.temperature" unless T is positive and finite.
double softmax_coefficients(const GroupShape& shape, const SoftmaxWeights& weights,
                            float temperature, std::span<const MaskedEntry> masked,
                            MatrixView scores, Scratch& scratch);

/// Ranking loss: the sum over all unmasked negatives of weight * max(0, margin - S_ii + negative),
/// with the weights of GroupWeights (its `positive` is not read). Replaces S by C, returns the
/// loss.
double ranking_coefficients(const GroupShape& shape, const GroupWeights& weights, float margin,
                            std::span<const MaskedEntry> masked, MatrixView scores);

}  // namespace twhin::kernel
