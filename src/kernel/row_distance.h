// kernel/row_distance.h -- how far a query is from rows that lie anywhere in a table: the inner
// loop of a search along a graph.
//
//     negative_dot   -<q, x>
//     squared        |q - x|^2
//
// Rows are as long as the query, `width` floats, a multiple of kRowAlign: shorter ones are padded
// with zeros, so that no vector is partial.
//
// Exact     sums are reordered and fused, |error| <= width eps sum |terms|. The bits depend on the
//           two rows, the width and the CPU's vector width, not on what else is asked; both
//           functions give the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace twhin::kernel {

enum class RowDistance { negative_dot, squared };

/// Rows of `width` floats are padded to a multiple of it.
inline constexpr std::size_t kRowAlign = 16;
constexpr std::size_t padded_width(std::size_t dim) {
  return (dim + kRowAlign - 1) / kRowAlign * kRowAlign;
}

/// out[i] = distance of query [width] and the row at rows + ids[i] * stride.
void row_distances(RowDistance kind, const float* query, const float* rows, std::size_t stride,
                   std::size_t width, std::span<const std::uint32_t> ids, float* out);

/// The distance of two rows a, b [width] as hnswlib calls it; the third is a const std::size_t*
/// with the width.
using DistanceOfTwo = float (*)(const void* a, const void* b, const void* width);
DistanceOfTwo distance_of_two(RowDistance kind);

}  // namespace twhin::kernel
