// model/group_loss.h -- from the scores of a group to its loss and the gradients to the scores.
#pragma once

#include <span>
#include <vector>

#include "kernel/group.h"
#include "kernel/scratch.h"
#include "twhin/model/losses.h"
#include "twhin/model/negatives.h"

namespace twhin {

/// Which negatives a group's edges have on each side, and what its edges weigh.
struct GroupSides {
  SideNegatives lhs = SideNegatives::sampled;
  SideNegatives rhs = SideNegatives::sampled;
  float relation_weight = 1.0f;
  std::span<const float> edge_weights;  ///< [P] or empty: all 1
};

/// The shape of a group's matrix of scores.
kernel::GroupShape group_shape(const GroupSides& sides, std::size_t num_positives,
                               std::size_t num_lhs_uniform, std::size_t num_rhs_uniform);

/// w_j of the kinds of negatives and m of the positive (twhin/model/losses.h); without the
/// relation's weight.
kernel::GroupWeights group_weights(const LossOptions& options, const GroupSides& sides,
                                   const kernel::GroupShape& shape);

/// The losses of twhin/model/losses.h on the matrix of kernel/group.h. One for each thread;
/// allocates only for groups larger than all before.
class GroupLoss {
 public:
  explicit GroupLoss(const LossOptions& options) : options_(options) {}

  /// Makes room for groups of that shape.
  void reserve(const kernel::GroupShape& shape);

  /// Writes C = d loss / d S to `coefficients` and returns the loss. `coefficients` may be `scores`
  /// itself unless needs_copy(); otherwise they do not overlap, and scores keep their values, of
  /// masked entries excepted.
  /// Shapes    scores, coefficients [P + Ul, P + Ur]; masked: distinct entries, no diagonal.
  double coefficients(const kernel::GroupShape& shape, const GroupSides& sides,
                      std::span<const kernel::MaskedEntry> masked, MatrixView scores,
                      MatrixView coefficients);

  /// Whether the loss of such groups reads scores after it has begun to write coefficients.
  bool needs_copy(const kernel::GroupShape& shape, const GroupSides& sides) const;

 private:
  double by_kernel(const kernel::GroupShape& shape, const GroupSides& sides,
                   std::span<const kernel::MaskedEntry> masked, MatrixView entries);
  double by_sides(const kernel::GroupShape& shape, const GroupSides& sides,
                  std::span<const kernel::MaskedEntry> masked, MatrixView scores,
                  MatrixView coefficients);
  double add_rhs_sides(const kernel::GroupShape& shape, const GroupSides& sides, MatrixView scores,
                       MatrixView coefficients);
  double add_lhs_sides(const kernel::GroupShape& shape, const GroupSides& sides, MatrixView scores,
                       MatrixView coefficients);

  float offset() const { return options_.loss == Loss::logistic ? options_.score_offset : 0.0f; }

  LossOptions options_;
  kernel::Scratch kernel_scratch_;
  kernel::Scratch panel_;
  kernel::Scratch work_;
};

}  // namespace twhin
