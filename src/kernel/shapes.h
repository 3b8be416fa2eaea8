// kernel/shapes.h -- one error for operands that do not fit each other.
#pragma once

#include <cstddef>
#include <string_view>

#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

/// Throws invalid_argument "kernel.shape", naming the function, the operand and both numbers.
[[noreturn]] void throw_shape(std::string_view function, std::string_view operand,
                              std::size_t found, std::size_t expected);

inline void check_size(std::string_view function, std::string_view operand, std::size_t found,
                       std::size_t expected) {
  if (found != expected) [[unlikely]] {
    throw_shape(function, operand, found, expected);
  }
}

inline void check_shape(std::string_view function, std::string_view rows_name,
                        std::string_view cols_name, ConstMatrixView view, std::size_t rows,
                        std::size_t cols) {
  check_size(function, rows_name, view.rows, rows);
  check_size(function, cols_name, view.cols, cols);
}

}  // namespace twhin::kernel
