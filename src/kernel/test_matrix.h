// Random operands for the tests of this folder.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "twhin/base/matrix_view.h"

namespace twhin::kernel {

/// Uniform floats in [-1, 1), scaled.
inline std::vector<float> random_floats(std::size_t count, std::uint32_t seed, float scale = 1.0f) {
  std::mt19937 bits(seed);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  std::vector<float> out(count);
  for (float& x : out) x = uniform(bits);
  return out;
}

/// A matrix with room for `gap` floats after each row and after the last, all kUntouched at first.
/// untouched_gaps() says whether somebody wrote there.
class TestMatrix {
 public:
  static constexpr float kUntouched = -77.0f;

  TestMatrix(std::size_t rows, std::size_t cols, std::size_t gap = 0)
      : rows_(rows),
        cols_(cols),
        stride_(cols + gap),
        floats_(rows * stride_ + gap + 1, kUntouched) {}
  static TestMatrix random(std::size_t rows, std::size_t cols, std::uint32_t seed,
                           std::size_t gap = 0, float scale = 1.0f) {
    TestMatrix out(rows, cols, gap);
    const auto values = random_floats(rows * cols, seed, scale);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < cols; ++j) out(i, j) = values[i * cols + j];
    }
    return out;
  }

  MatrixView view() { return {floats_.data(), rows_, cols_, stride_}; }
  ConstMatrixView view() const { return {floats_.data(), rows_, cols_, stride_}; }
  float& operator()(std::size_t i, std::size_t j) { return floats_[i * stride_ + j]; }
  float operator()(std::size_t i, std::size_t j) const { return floats_[i * stride_ + j]; }
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }

  bool untouched_gaps() const {
    for (std::size_t at = 0; at < floats_.size(); ++at) {
      const bool inside = at / stride_or_one() < rows_ && at % stride_or_one() < cols_;
      if (!inside && floats_[at] != kUntouched) return false;
    }
    return true;
  }

 private:
  std::size_t stride_or_one() const { return stride_ == 0 ? 1 : stride_; }

  std::size_t rows_, cols_, stride_;
  std::vector<float> floats_;
};

}  // namespace twhin::kernel
