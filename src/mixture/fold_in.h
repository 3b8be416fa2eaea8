// mixture/fold_in.h -- a row for an entity that training did not know, all other rows frozen.
//
// The loss of training (twhin/model/losses.h) as a function of that row x alone. Let x stand at one
// end of its edges i of relation r, with y_i at the other, W_i the weight of an edge:
//
//   its own edges       sum_i W_i l( s(x, y_i); scores of x with replacements of y_i )
//                     + the same with x replaced by others
//   as a replacement    x is drawn as a uniform negative E U / N times an epoch, for edges of
//                       others, and is a batch negative of those in the group of its own edges
//   penalties           W_i ( l2 |x|^2 + n3 |x|_3^3 )
//
// E edges of the relation, U uniform negatives for x's end, N entities of its type. Expectations
// are taken over samples that all lists share: of uniform entities, and of training edges
// (mixture/edge_sample.h) for what is distributed by prevalence. The result is a smooth function of
// x, convex for logistic and softmax with dot; steps of row-wise Adagrad go down its gradient.
//
// Source: TwHIN, section 4.4 (inductive use); the objective is this program's own training loss.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "mixture/edge_sample.h"
#include "mixture/one_row.h"
#include "mixture/trained_options.h"
#include "twhin/mixture/infer.h"

namespace twhin {

/// Whether fold_in() knows the loss: logistic and softmax, not self-adversarial.
bool can_fold_in(const LossOptions& loss);

/// Threads   const members may be called concurrently.
class FoldInModel {
 public:
  FoldInModel(const ModelVersion& version, std::vector<SampledEdges> edges, std::size_t samples,
              std::uint64_t seed);
  ~FoldInModel();

  /// sum_i w_i pull(y_i) / sum_i w_i: of a lhs A'(y - b), for x -> A x + b the operator; of a rhs
  /// the operator's own value. Weights of the engagements, all above 0.
  std::vector<float> mean(Side own, std::span<const Engagement> engagements) const;

  /// The row after `steps` steps from the mean; `own` is the end of all the edges.
  std::vector<float> fold_in(Side own, std::span<const Engagement> engagements,
                             std::size_t steps) const;

  /// Loss and its gradient at x, for tests. gradient [dim].
  double loss(Side own, std::span<const Engagement> engagements, const float* x,
              float* gradient) const;

 private:
  struct Terms;  // of one relation and end
  class Problem;

  const Terms& terms(std::uint32_t relation, Side own) const;
  std::unique_ptr<Terms> make_terms(std::uint32_t relation, Side own) const;
  std::vector<float> read(std::uint32_t type, std::span<const EntityId> ids) const;

  const ModelVersion& version_;
  TrainedOptions options_;
  std::vector<SampledEdges> edges_;
  std::size_t samples_;
  std::uint64_t seed_;
  std::vector<std::unique_ptr<Rows>> rows_;  // by type
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Terms>> terms_;  // by 2 relation + end
};

}  // namespace twhin
