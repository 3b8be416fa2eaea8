// mixture/fold_in_terms.h -- what all lists share of the loss of one relation at one of its ends.
#pragma once

#include <span>
#include <vector>

#include "mixture/fold_in.h"

namespace twhin {

/// See fold_in.h. "Known": scores of x with replacements of its edge's other end. "Replaced": those
/// in which x is the end that is looked for. They differ in operators where the relation is
/// reciprocal.
struct FoldInModel::Terms {
  Transform known_own, known_other;
  Transform replaced_own, replaced_other;
  bool known = false, replaced = false;  ///< which sides are trained
  bool two_steps = false;                ///< reciprocal: each side has the true edge to itself
  double relation_weight = 1.0;
  double positive = 1.0;  ///< m of logistic

  FrozenRows negatives;  ///< of the known side, uniform ones first
  std::vector<double> negative_weights;
  FrozenRows others;                ///< other ends of sampled edges, for the replaced side
  double as_uniform = 0.0;          ///< how much x counts as a uniform negative, in an epoch
  double as_batch = 0.0;            ///< as a batch negative, for each of its own edges
  std::vector<double> others_rest;  ///< softmax: log of the denominators of the sampled edges
  FrozenRows replacements;          ///< softmax: rows that replace x
  std::vector<double> replacement_weights;
  float row_length = 0.0f;  ///< root mean square of the lengths of rows of the type
};

/// log sum_k w_k e^(s_k / T); -infinity for nothing.
double log_sum(std::span<const float> scores, std::span<const double> weights, double temperature);
/// log(e^a + e^b)
double log_add(double a, double b);

}  // namespace twhin
