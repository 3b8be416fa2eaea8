// twhin/model/losses.h -- what training minimises.
//
// A positive edge has a score s and two sides; on each enabled side it has n negatives with scores
// n_j: on the rhs side its rhs is replaced, on the lhs side its lhs. Every negative has a weight
// w_j, the edge has a weight w (its own times its relation's):
//
//   logistic   w ( m softplus(-s) + sum over sides, j of w_j softplus(n_j) )
//   softmax    w sum over sides of ( log( e^(s/T) + sum_j w_j e^(n_j/T) ) - s/T )
//   ranking    w sum over sides, j of w_j max(0, margin - s + n_j)
//
// with softplus(x) = log(1 + e^x), T = temperature, and
//
//   negative_weight   w_j             m (times the positive counts in `logistic`)
//   sum               f               1
//   mean              f / n           number of enabled sides
//
// f is batch_factor or uniform_factor, by the kind of the negative. n counts the side's negatives
// before any is masked, the edge itself not among them. A masked negative counts nothing.
//
// `sum` with logistic is Eq. 2 of the paper: the positive once, each negative with weight 1. With
// `mean` each side is a loss of its own, which has the positive once: PyTorch-BigGraph's logistic
// loss, whose n counts the edge itself too (n + 1). Its softmax and ranking losses are `sum` here.
//
// self_adversarial (logistic, ranking): the weights of an edge's negatives on a side are
// distributed anew, their sum kept: w_j becomes W q_j with a = adversarial_temperature and
//
//   W = sum_j w_j,   q_j = w_j e^(a n_j) / sum_k w_k e^(a n_k), a constant to the gradient.
//
// RotatE's loss is `mean` with this.
//
// score_offset is added to every score before `logistic`; it matters where scores cannot be
// positive (RotatE's gamma with l2). The other losses see only differences of scores.
//
// Sources: Eq. 2 of El-Kishky et al., TwHIN, KDD 2022; the losses of PyTorch-BigGraph;
// self-adversarial weighting from Sun et al., RotatE, ICLR 2019, Eq. 5.
#pragma once

#include <string>

#include "twhin/config/field.h"

namespace twhin {

enum class Loss { logistic, softmax, ranking };
enum class NegativeWeight { sum, mean };

template <>
struct EnumNames<Loss> {
  static constexpr EnumName<Loss> values[] = {
      {"logistic", Loss::logistic, "True edge or not, each by itself (Eq. 2 of the paper)."},
      {"softmax", Loss::softmax, "The true edge among its negatives."},
      {"ranking", Loss::ranking, "Every negative at least the margin below the true edge."},
  };
};

template <>
struct EnumNames<NegativeWeight> {
  static constexpr EnumName<NegativeWeight> values[] = {
      {"sum", NegativeWeight::sum, "Each counts as much as the true edge (the paper)."},
      {"mean", NegativeWeight::mean, "Those of a side count together as much (PyTorch-BigGraph)."},
  };
};

/// Head of the file. Fields of the `train` section.
struct LossOptions {
  Loss loss = Loss::logistic;
  NegativeWeight negative_weight = NegativeWeight::sum;
  float batch_factor = 1.0f;
  float uniform_factor = 1.0f;
  float temperature = 1.0f;
  float margin = 0.1f;
  float score_offset = 0.0f;
  bool self_adversarial = false;
  float adversarial_temperature = 1.0f;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("loss", &LossOptions::loss, "What training minimises.");
    f("negative_weight", &LossOptions::negative_weight, "How much the negatives of an edge count.");
    f("batch_factor", &LossOptions::batch_factor, "Factor on the weight of batch negatives.",
      greater_than(0));
    f("uniform_factor", &LossOptions::uniform_factor,
      "Factor on the weight of uniform negatives, also if they are `all`.", greater_than(0));
    f("temperature", &LossOptions::temperature, "softmax: scores are divided by it.",
      greater_than(0));
    f("margin", &LossOptions::margin, "ranking: how far a negative must be below the true edge.",
      at_least(0));
    f("score_offset", &LossOptions::score_offset,
      "logistic: added to every score, for comparators whose scores are never positive.");
    f("self_adversarial", &LossOptions::self_adversarial,
      "logistic, ranking: negatives with larger scores count more.");
    f("adversarial_temperature", &LossOptions::adversarial_temperature,
      "How much more: the factor on the scores in the softmax of the weights.", greater_than(0));
  }

  /// Errors    invalid_argument "model.self_adversarial_softmax": softmax weights its negatives by
  ///           their scores already.
  void validate(const std::string& at) const;
};

}  // namespace twhin
