#include "model/check.h"

#include <fmt/format.h>

#include "twhin/base/error.h"

namespace twhin {

void check_size(std::string_view what, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "model.shape")
      .what(fmt::format("{}: the size does not fit", what))
      .found(fmt::format("{}", found))
      .expected(fmt::format("{}", expected))
      .build();
}

}  // namespace twhin
