#include "kernel/shapes.h"

#include <string>

#include "twhin/base/error.h"

namespace twhin::kernel {

void throw_shape(std::string_view function, std::string_view operand, std::size_t found,
                 std::size_t expected) {
  throw ErrorBuilder(ErrorKind::invalid_argument, "kernel.shape")
      .what("operands of " + std::string(function) + " do not fit each other")
      .at(operand)
      .found(std::to_string(found))
      .expected(std::to_string(expected))
      .build();
}

}  // namespace twhin::kernel
