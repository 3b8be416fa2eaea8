#include "twhin/generate/options.h"

#include <fmt/format.h>

#include "twhin/base/error.h"

namespace twhin {

void GenerateOptions::validate(const std::string& at) const {
  if (min_interests > max_interests || max_interests > communities) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "config.out_of_range")
        .what("a user cannot have so many interests")
        .at(at)
        .found(fmt::format("min_interests {}, max_interests {}, communities {}", min_interests,
                           max_interests, communities))
        .expected("min_interests <= max_interests <= communities")
        .build();
  }
}

}  // namespace twhin
