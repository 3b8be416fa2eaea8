// twhin/model/model_options.h -- the choices that make a model what it is.
//
// A model is s(l, r, t) = c( g_r(x[l]), x[t] ): the dimension and the comparator c are the model's,
// the operator g_r is the relation's. They are recorded in every version, since its vectors mean
// nothing without them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "twhin/config/field.h"
#include "twhin/model/comparators.h"
#include "twhin/model/negatives.h"
#include "twhin/model/operators.h"
#include "twhin/model/row_type.h"

namespace twhin {

/// Fields of the `train` section.
struct ModelOptions {
  std::uint32_t dim = 128;
  RowType row_type = RowType::f32;
  Comparator comparator = Comparator::dot;
  float init_scale = 0.1f;
  bool reciprocal = false;
  bool global_embedding = false;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("dim", &ModelOptions::dim, "Numbers in a row.", between(1, 4096));
    f("row_type", &ModelOptions::row_type,
      "How rows are stored, in memory and on disk; steps are rounded stochastically.");
    f("comparator", &ModelOptions::comparator, "Similarity of the transformed lhs and the rhs.");
    f("init_scale", &ModelOptions::init_scale,
      "Rows begin as independent normal numbers with this standard deviation.", greater_than(0));
    f("reciprocal", &ModelOptions::reciprocal,
      "Each relation has a second operator, which the rhs goes through when the lhs is wanted.");
    f("global_embedding", &ModelOptions::global_embedding,
      "Each entity type has a vector that is added to all its rows, trained like a relation's.");
  }
};

/// What the model needs to know of one relation. Fields of an entry of `relations`.
struct RelationOptions {
  Operator op = Operator::translation;
  float weight = 1.0f;
  std::optional<SideNegatives> lhs_negatives;
  std::optional<SideNegatives> rhs_negatives;
  std::optional<float> pull;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("operator", &RelationOptions::op, "Transform of the lhs row before it is compared.");
    f("weight", &RelationOptions::weight, "Factor on the loss of these edges.", greater_than(0));
    f("lhs_negatives", &RelationOptions::lhs_negatives,
      "What replaces the lhs of these edges; as in `train` if it is left out.");
    f("rhs_negatives", &RelationOptions::rhs_negatives,
      "What replaces the rhs of these edges; as in `train` if it is left out.");
    f("pull", &RelationOptions::pull,
      "Factor on the squared distance of the relation's parameters from those of the version that "
      "a "
      "warm start begins with; as in `train` if it is left out.",
      at_least(0));
  }
};

}  // namespace twhin
