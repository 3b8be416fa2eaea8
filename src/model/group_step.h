// model/group_step.h -- the loss of one group of edges and its gradients: the batch step of
// training.
//
// A group is P positive edges of one relation that share their negatives (twhin/model/negatives.h).
// Its rows are gathered into two matrices, positives first:
//
//     lhs [P + Ul, dim]   lhs row of each edge, then the Ul uniform negatives for the lhs
//     rhs [P + Ur, dim]   rhs row of each edge, then the Ur uniform negatives for the rhs
//
// all as they are in the tables. One step:
//
//     sources = prepare( g_r(lhs) )      operator on every lhs row, true or negative
//     targets = prepare( rhs )           prepare: x / |x| for cos, otherwise x
//     S       = comparator( sources targets' )
//     C       = d loss / d S             twhin/model/losses.h
//     and back through comparator, prepare and operator to lhs, rhs and the relation's parameters.
//
// The step sees rows, never a table, a partition or a thread, and updates nothing: that is the
// trainer's, with the gradients of entities that occur several times added up (kernel/coalesce.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel/group.h"
#include "kernel/scratch.h"
#include "model/group_loss.h"
#include "twhin/base/matrix_view.h"
#include "twhin/model/comparators.h"
#include "twhin/model/losses.h"
#include "twhin/model/negatives.h"
#include "twhin/model/operators.h"
#include "twhin/model/regularization.h"

namespace twhin {

/// What all groups of a run have in common. max_norm is not this step's (limit_norms is).
struct GroupStepOptions {
  Comparator comparator = Comparator::dot;
  LossOptions loss;
  RegularizationOptions regularization;
};

/// One group. Borrows everything.
struct Group {
  std::size_t num_positives = 0;           ///< P
  ConstMatrixView lhs;                     ///< [P + Ul, dim]; Ul = 0 unless the lhs side has them
  ConstMatrixView rhs;                     ///< [P + Ur, dim]
  std::span<const std::uint32_t> lhs_ids;  ///< [P + Ul] row ids in the resident partition
  std::span<const std::uint32_t> rhs_ids;  ///< [P + Ur]
  Operator op = Operator::none;
  std::span<const float> params;  ///< [num_operator_params(op, dim)]
  float relation_weight = 1.0f;
  std::span<const float> edge_weights;  ///< [P], or empty: all 1
  SideNegatives lhs_negatives = SideNegatives::sampled;
  SideNegatives rhs_negatives = SideNegatives::sampled;
  /// Further entries (source row, target row) to mask, e.g. known edges: distinct, no positive,
  /// none with two uniform rows. Own endpoints are found and need not be among them.
  std::span<const kernel::MaskedEntry> known_edges;
};

/// Where the gradients go; all of it is overwritten. Overlaps neither inputs nor each other.
struct GroupGradients {
  MatrixView lhs;           ///< [P + Ul, dim]
  MatrixView rhs;           ///< [P + Ur, dim]
  std::span<float> params;  ///< [num_operator_params(op, dim)]
};

struct GroupResult {
  double loss = 0.0;           ///< weighted sum over the group's edges, without the penalty
  double penalty = 0.0;        ///< of n3 and l2; the trainer adds that of a pull
  std::size_t num_masked = 0;  ///< entries of S that count for no side
};

/// One for each thread. Allocates only for groups larger than all before.
class GroupStep {
 public:
  /// Errors    invalid_argument "model.self_adversarial_softmax".
  explicit GroupStep(const GroupStepOptions& options);

  /// Makes room for such groups; the kernels make theirs in the first step.
  void reserve(std::size_t num_positives, std::size_t num_lhs_uniform, std::size_t num_rhs_uniform,
               std::size_t dim);

  /// See the head of the file. P may be 0; a side may have no negatives.
  ///
  /// Errors    invalid_argument "model.shape", "model.odd_dim", "model.mask" (a known edge
  ///           that is no negative of the group); then nothing has been written.
  /// Exact     float products and sums in an order of the kernel's choosing: the same bits for the
  ///           same group on one machine. No finite score overflows a loss; a NaN or an infinity in
  ///           a row makes the loss NaN or infinite.
  /// Cost      3 products of 2 dim (P (P + Ur) + P Ul) operations, the operator's 3 on P + Ul rows.
  GroupResult run(const Group& group, const GroupGradients& gradients);

 private:
  struct Prepared {
    ConstMatrixView sources, targets;
  };

  Prepared prepare(const Group& group);
  void products_to_scores(const kernel::GroupShape& shape, const Prepared& rows, MatrixView scores);
  void find_masked(const kernel::GroupShape& shape, const Group& group);
  void to_product_gradients(const kernel::GroupShape& shape, ConstMatrixView scores,
                            MatrixView coefficients);
  void through_comparator(const kernel::GroupShape& shape, const Prepared& rows,
                          const GroupGradients& gradients);

  GroupStepOptions options_;
  GroupLoss loss_;
  std::vector<kernel::MaskedEntry> masked_;
  kernel::Scratch kernel_scratch_;
  kernel::Scratch sources_, targets_;      // prepared rows, where they differ from the group's
  kernel::Scratch scores_, coefficients_;  // [P + Ul, P + Ur]
  kernel::Scratch source_norms_, target_norms_;  // inverse norms (cos) or squared norms (distances)
  kernel::Scratch source_sums_, target_sums_;    // minus the sums of d loss / d products
};

}  // namespace twhin
