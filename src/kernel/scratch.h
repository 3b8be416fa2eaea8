// kernel/scratch.h -- room for packed operands, owned by the caller, one for each thread.
#pragma once

#include <cstddef>

#include "twhin/base/huge_buffer.h"

namespace twhin::kernel {

/// Grows when a kernel asks for more than it was ever asked for, and keeps its size: after the
/// first call with the largest shapes (or after reserve) a loop of kernels allocates nothing.
/// Not for two threads at once. Its content means nothing between two calls.
class Scratch {
 public:
  Scratch() = default;
  explicit Scratch(std::size_t num_floats) { reserve(num_floats); }

  void reserve(std::size_t num_floats) {
    if (num_floats > floats_.size()) floats_ = HugeFloats(num_floats);
  }
  /// At least `num_floats` floats, aligned to 64 bytes.
  float* floats(std::size_t num_floats) {
    reserve(num_floats);
    return floats_.data();
  }
  std::size_t size() const { return floats_.size(); }

 private:
  HugeFloats floats_;
};

}  // namespace twhin::kernel
