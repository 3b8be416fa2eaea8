// model/check.h -- sizes that must agree.
#pragma once

#include <cstddef>
#include <string_view>

namespace twhin {

/// Throws invalid_argument "model.shape" unless found == expected: "rows of lhs: found 3, expected
/// 4".
void check_size(std::string_view what, std::size_t found, std::size_t expected);

}  // namespace twhin
