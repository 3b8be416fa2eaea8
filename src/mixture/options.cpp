#include "twhin/mixture/options.h"

#include "twhin/base/error.h"

namespace twhin {

void MixtureOptions::validate(const std::string& at) const {
  for (const auto& [relation, weight] : relation_weights) {
    if (weight >= 0.0f) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "config.out_of_range")
        .what("a relation's weight is negative")
        .at(at)
        .found("relation_weights." + relation + ": " + to_text(weight))
        .expected("0 or more")
        .build();
  }
  if (half_life && !(half_life->value > 0.0)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "config.out_of_range")
        .what("a half-life is a time above 0")
        .at(at)
        .found("half_life " + to_text(*half_life))
        .hint("leave it out, and age does not matter")
        .build();
  }
}

}  // namespace twhin
