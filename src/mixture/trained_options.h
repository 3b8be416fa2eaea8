// mixture/trained_options.h -- what a version was trained to minimise, from what it records.
#pragma once

#include <vector>

#include "twhin/model/losses.h"
#include "twhin/model/model_options.h"
#include "twhin/model/negatives.h"
#include "twhin/model/regularization.h"
#include "twhin/model/version.h"

namespace twhin {

struct TrainedOptions {
  LossOptions loss;
  NegativesOptions negatives;
  RegularizationOptions regularization;
  std::vector<RelationOptions> relations;  ///< by relation of the version; weights are balanced
  Comparator comparator = Comparator::dot;

  /// What the config lacks has its default, and a relation without options those of "*", as in
  /// training.
  /// Errors    corrupt_data "model.bad_meta".
  static TrainedOptions of(const ModelVersion& version);
};

}  // namespace twhin
