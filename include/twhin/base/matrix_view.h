// twhin/base/matrix_view.h -- rows of floats that somebody else owns.
//
// Row-major: element (i, j) lies at data[i * stride + j], stride >= cols. A view is two words wider
// than a pointer and is passed by value. rows or cols may be 0; then data may be null.
#pragma once

#include <cstddef>

namespace twhin {

/// Rows that may be written.
struct MatrixView {
  float* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;

  MatrixView() = default;
  /// Rows that lie one after another.
  MatrixView(float* first, std::size_t num_rows, std::size_t num_cols)
      : MatrixView(first, num_rows, num_cols, num_cols) {}
  MatrixView(float* first, std::size_t num_rows, std::size_t num_cols, std::size_t row_stride)
      : data(first), rows(num_rows), cols(num_cols), stride(row_stride) {}

  float* row(std::size_t i) const { return data + i * stride; }
  float& operator()(std::size_t i, std::size_t j) const { return data[i * stride + j]; }

  /// Rows [first, first + count) and columns [col, col + num_cols) of this view.
  MatrixView block(std::size_t first, std::size_t count, std::size_t col,
                   std::size_t num_cols) const {
    return {data + first * stride + col, count, num_cols, stride};
  }
  MatrixView middle_rows(std::size_t first, std::size_t count) const {
    return block(first, count, 0, cols);
  }
};

/// Rows that are only read.
struct ConstMatrixView {
  const float* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;

  ConstMatrixView() = default;
  ConstMatrixView(const float* first, std::size_t num_rows, std::size_t num_cols)
      : ConstMatrixView(first, num_rows, num_cols, num_cols) {}
  ConstMatrixView(const float* first, std::size_t num_rows, std::size_t num_cols,
                  std::size_t row_stride)
      : data(first), rows(num_rows), cols(num_cols), stride(row_stride) {}
  ConstMatrixView(const MatrixView& view)  // NOLINT(google-explicit-constructor): as T* to const T*
      : data(view.data), rows(view.rows), cols(view.cols), stride(view.stride) {}

  const float* row(std::size_t i) const { return data + i * stride; }
  const float& operator()(std::size_t i, std::size_t j) const { return data[i * stride + j]; }

  ConstMatrixView block(std::size_t first, std::size_t count, std::size_t col,
                        std::size_t num_cols) const {
    return {data + first * stride + col, count, num_cols, stride};
  }
  ConstMatrixView middle_rows(std::size_t first, std::size_t count) const {
    return block(first, count, 0, cols);
  }
};

}  // namespace twhin
