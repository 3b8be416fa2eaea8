// A group as the trainer holds it: rows, scores and gradients in one buffer each.
#pragma once

#include <string>
#include <vector>

#include "kernel/group.h"
#include "twhin/base/huge_buffer.h"

namespace twhin::bench {

struct GroupBuffers {
  kernel::GroupShape shape;
  std::size_t dim;
  HugeFloats rows, gradients, scores;
  std::size_t score_stride;

  GroupBuffers(std::size_t batch, std::size_t uniform, std::size_t dimension)
      : shape{batch, uniform, uniform},
        dim(dimension),
        rows(2 * (batch + uniform) * dimension),
        gradients(2 * (batch + uniform) * dimension),
        // Rows of scores start at a cache line, and at an odd number of lines from each other.
        score_stride(((batch + uniform + 15) / 16 | 1) * 16) {
    scores = HugeFloats((batch + uniform) * score_stride);
  }

  std::size_t num_rows() const { return shape.num_sources() + shape.num_targets(); }
  MatrixView all(HugeFloats& x) { return {x.data(), num_rows(), dim}; }
  MatrixView sources(HugeFloats& x) { return all(x).middle_rows(0, shape.num_sources()); }
  MatrixView targets(HugeFloats& x) {
    return all(x).middle_rows(shape.num_sources(), shape.num_targets());
  }
  MatrixView score_matrix() {
    return {scores.data(), shape.num_sources(), shape.num_targets(), score_stride};
  }
};

/// Operations of an edge as they are counted for the ceiling: scores and both gradients, 2 dim
/// each, against all negatives of both sides, as if shared scores were computed twice.
inline double flops_counted(std::size_t batch, std::size_t uniform, std::size_t dim) {
  return 12.0 * double(dim) * double(batch + uniform);
}
/// Operations that are done: shared scores once.
inline double flops_done(std::size_t batch, std::size_t uniform, std::size_t dim) {
  return 6.0 * double(dim) * double(batch + 2 * uniform);
}

inline std::string group_name(std::size_t batch, std::size_t uniform, std::size_t dim) {
  return "d" + std::to_string(dim) + ".n" + std::to_string(batch) + "+" + std::to_string(uniform);
}

}  // namespace twhin::bench
