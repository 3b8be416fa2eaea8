// metrics/scored.h -- what the functions of prediction.h check before they compute.
#pragma once

#include "twhin/metrics/prediction.h"

namespace twhin::metrics {

/// Weight of example i.
inline double weight_of(const Scored& scored, std::size_t i) {
  return scored.weights.empty() ? 1.0 : scored.weights[i];
}

/// Throws the errors that prediction.h names for every function.
void check_scored(const Scored& scored);
/// The same, and "metrics.bad_probability".
void check_probabilities(const Scored& probabilities);

}  // namespace twhin::metrics
