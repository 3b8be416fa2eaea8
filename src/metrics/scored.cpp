#include "metrics/scored.h"

#include <fmt/format.h>

#include <cmath>

#include "twhin/base/error.h"

namespace twhin::metrics {
namespace {

Error bad_example(const char* id, const char* what, std::size_t i, double found,
                  const char* expected) {
  return ErrorBuilder(ErrorKind::invalid_argument, id)
      .what(what)
      .at(fmt::format("example {}", i))
      .found(fmt::format("{}", found))
      .expected(expected)
      .build();
}

}  // namespace

void check_scored(const Scored& scored) {
  const std::size_t n = scored.scores.size();
  if (scored.labels.size() != n || (!scored.weights.empty() && scored.weights.size() != n)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.size_mismatch")
        .what("scores, labels and weights differ in number")
        .found(fmt::format("{} scores, {} labels, {} weights", n, scored.labels.size(),
                           scored.weights.size()))
        .build();
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (std::isnan(scored.scores[i])) {
      throw bad_example("metrics.nan_score", "a score is not a number", i, scored.scores[i],
                        "scores that can be ordered");
    }
    if (scored.labels[i] > 1) {
      throw bad_example("metrics.bad_label", "a label is neither 0 nor 1", i, scored.labels[i],
                        "0 or 1");
    }
    if (const double weight = weight_of(scored, i); !(weight >= 0.0) || std::isinf(weight)) {
      throw bad_example("metrics.bad_weight", "a weight is negative or not finite", i, weight,
                        "a finite number of at least 0");
    }
  }
}

void check_probabilities(const Scored& probabilities) {
  check_scored(probabilities);
  for (std::size_t i = 0; i < probabilities.scores.size(); ++i) {
    const double p = probabilities.scores[i];
    if (p >= 0.0 && p <= 1.0) continue;
    throw bad_example("metrics.bad_probability", "a predicted probability is outside [0, 1]", i, p,
                      "a number from 0 to 1; apply the sigmoid to logits first");
  }
}

}  // namespace twhin::metrics
