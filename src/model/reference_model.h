// model/reference_model.h -- the whole group loss in double precision, by its definition, edge by
// edge.
//
// For tests: no matrices, no kernels, no code in common with what is tested. Gradients are taken
// from it by central differences.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "model/group_step.h"
#include "twhin/model/side.h"

namespace twhin::test {

/// A group with its rows, all owned, and the options of the step.
struct GroupCase {
  GroupStepOptions options;
  Operator op = Operator::none;
  std::size_t num_positives = 4, num_lhs_uniform = 3, num_rhs_uniform = 2, dim = 4;
  SideNegatives lhs_negatives = SideNegatives::sampled;
  SideNegatives rhs_negatives = SideNegatives::sampled;
  float relation_weight = 1.0f;
  std::vector<float> lhs, rhs, params, edge_weights;
  std::vector<std::uint32_t> lhs_ids, rhs_ids;
  std::vector<kernel::MaskedEntry> known_edges;

  std::size_t num_sources() const { return num_positives + num_lhs_uniform; }
  std::size_t num_targets() const { return num_positives + num_rhs_uniform; }
  /// Fills rows and parameters with normal numbers of that size, ids with distinct ones.
  void fill(std::uint64_t seed, double scale = 0.7);
  Group view() const;
};

/// Gradients of a step, owned.
struct GroupOutput {
  GroupResult result;
  std::vector<float> lhs, rhs, params;
};
GroupOutput run_step(const GroupCase& c);

/// The numbers that a gradient is taken by.
struct Numbers {
  std::vector<double> lhs, rhs, params;
  explicit Numbers(const GroupCase& c);
};

/// Score of (source row, target row): comparator of the transformed lhs row and the rhs row.
double reference_score(const GroupCase& c, const Numbers& x, std::size_t source,
                       std::size_t target);

/// Whether that entry counts as a negative.
bool reference_counts(const GroupCase& c, std::size_t source, std::size_t target);

/// Loss plus penalty at x. Self-adversarial weights are those at `weights_at`: constants to the
/// gradient.
double reference_loss(const GroupCase& c, const Numbers& x, const Numbers& weights_at);

/// Central differences of reference_loss by each number, in the layout of GroupOutput.
struct ReferenceGradients {
  std::vector<double> lhs, rhs, params;
  double largest = 0.0;  ///< in magnitude
};
ReferenceGradients reference_gradients(const GroupCase& c);

}  // namespace twhin::test
