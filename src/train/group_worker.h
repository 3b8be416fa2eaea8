// train/group_worker.h -- what one thread does with a group: take its edges, draw its negatives,
// compute its gradients, update its rows.
//
// The steps are separate so that a thread can prepare the next groups while one is computed: edges
// and rows lie at random places in memory, and are asked for before they are needed.
//
//   choose    places of the group's edges; asks for the edges
//   fill      ids of both ends and of the negatives; asks for the rows
//   compute   loss and gradients, summed up for entities that occur several times
//   apply     one step of the optimizer for each row, and for the relation
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel/coalesce.h"
#include "model/group_step.h"
#include "train/group_plan.h"
#include "train/relation_table.h"
#include "twhin/base/huge_buffer.h"

namespace twhin::training {

/// Sizes of the largest group of a run.
struct GroupLimits {
  std::size_t num_positives = 0;
  std::size_t num_lhs_uniform = 0;
  std::size_t num_rhs_uniform = 0;
  std::size_t dim = 0;
  std::size_t num_params = 0;
  bool pulled = false;  ///< whether rows are pulled toward what they were (model/pull.h)

  std::size_t num_rows() const { return 2 * num_positives + num_lhs_uniform + num_rhs_uniform; }
};

/// The edges and entities of one group. Used again for the next; allocates in the constructor only.
class GroupInput {
 public:
  explicit GroupInput(const GroupLimits& limits);

  /// See the head of the file. `options` says how many uniform negatives there are.
  void choose(const GroupPlan& plan, std::uint64_t n);
  void fill(const GroupPlan& plan, const NegativesOptions& options);

  const RelationEdges& edges() const { return *range_.edges; }
  std::uint64_t number() const { return number_; }
  std::size_t num_positives() const { return range_.count; }
  std::span<const std::uint32_t> lhs_ids() const { return {ids_.data(), num_lhs_}; }
  std::span<const std::uint32_t> rhs_ids() const { return {ids_.data() + num_lhs_, num_rhs_}; }
  std::span<const std::uint32_t> ids() const { return {ids_.data(), num_lhs_ + num_rhs_}; }
  std::span<const float> weights() const { return weights_; }

 private:
  GroupRange range_;
  std::uint64_t number_ = 0;
  std::vector<std::uint64_t> chosen_;  // edges of the file
  std::vector<std::uint32_t> ids_;  // lhs of the edges, for the lhs, rhs of the edges, for the rhs
  std::size_t num_lhs_ = 0, num_rhs_ = 0;
  std::vector<float> weights_;  // of the edges, or empty: all 1
};

/// Gradients of one group, until they are applied.
class GroupOutput {
 public:
  explicit GroupOutput(const GroupLimits& limits);

  GroupResult result;
  /// Sums for distinct rows. If both ends are of one type, `lhs` has all of them.
  kernel::RowGradients lhs, rhs;
  std::span<const float> params;
  /// Of the global embeddings of both types; if they are one type, `lhs_global` has all. Empty
  /// without them.
  std::span<const float> lhs_global, rhs_global;

 private:
  friend class GroupWorker;
  HugeFloats gradients_;
  std::vector<float> params_, globals_;
  kernel::Coalescer lhs_sums_, rhs_sums_;
};

/// How rows are updated in a run.
struct UpdateOptions {
  Optimizer optimizer = Optimizer::row_adagrad;
  std::optional<float> max_norm;
};

/// One thread's scratch for updates: allocates in the constructor only.
class RowUpdater {
 public:
  RowUpdater(const UpdateOptions& options, const GroupLimits& limits);

  void update(RowMemory& memory, const kernel::RowGradients& gradients, float learning_rate,
              kernel::RoundingBits bits);

 private:
  UpdateOptions options_;
  HugeFloats rows_;  // only with max_norm
};

/// One for each thread.
class GroupWorker {
 public:
  /// With `reciprocal` each side of a group is a step of its own, with its own operator.
  GroupWorker(const GroupStepOptions& step, bool reciprocal, const GroupLimits& limits);

  void compute(const GroupInput& input, const RelationTable& relations, GroupOutput& out);

 private:
  GroupResult run_reciprocal(const Group& group, const GroupGradients& gradients);
  void find_known(const GroupInput& input);
  double add_pulls(const GroupInput& input, const Group& group, const RelationTable& relations,
                   const GroupGradients& gradients);
  void add_globals(const TrainedRelation& relation, const RelationTable& relations,
                   const MatrixView& lhs, const MatrixView& rhs);

  GroupStep step_;
  bool reciprocal_;
  HugeFloats rows_;
  HugeFloats earlier_;          // with a pull: rows of one side, as they were
  HugeFloats known_gradients_;  // reciprocal: of the positives' rows as the end that is given
  std::vector<float> params_, global_;
  std::vector<float> pull_weights_;
  KnownEdgeFinder known_finder_;
  std::vector<kernel::MaskedEntry> known_rhs_, known_lhs_;  // by the side that is wanted
};

}  // namespace twhin::training
