// mixture/k_means.h -- k-means by Lloyd's iterations.
//
//     minimise  sum_i |x_i - y_{c(i)}|^2,   c(i) = argmin_c |x_i - y_c|^2
//
//   spherical   rows and centres have length 1, so that the sum is 2 sum_i (1 - cos(x_i, y_c(i)))
//
// First centres: up to kSeededClusters of them drawn one after the other, each row with
// probability proportional to its squared distance to the centres before it (k-means++, Arthur and
// Vassilvitskii, SODA 2007), from a sample; more of them are distinct rows drawn evenly.
//
// No cluster stays empty: one that loses its last row takes the row that is farthest from its
// centre. That needs at least as many distinct rows as clusters, which the rounding of scores
// (mixture/nearest_centers.h) can tell apart.
//
// Exact     the same rows, options and CPU type give the same bits, for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "twhin/base/huge_buffer.h"
#include "twhin/base/matrix_view.h"
#include "twhin/base/stop.h"

namespace twhin {

struct KMeansOptions {
  std::size_t k = 0;
  std::size_t iterations = 20;
  bool spherical = false;
  std::uint64_t seed = 1;
  std::size_t threads = 1;
};

struct KMeansResult {
  HugeFloats centers;                  ///< [k, dim]
  std::vector<std::uint32_t> members;  ///< c(i) of each row
  /// Of the first centres, and after each iteration.
  std::vector<double> objective;
  std::uint64_t num_refilled = 0;  ///< times that an empty cluster got a row
};

inline constexpr std::size_t kSeededClusters = 1000;

/// rows [n, dim]; for spherical, of length 1 (or 0). `progress` hears how many assignments of all
/// rows are done, of iterations + 1.
///
/// Memory    k dim floats twice, 8 bytes a row.
/// Errors    invalid_argument "mixture.too_many_clusters" if there are fewer distinct rows than
///           clusters, or rows too alike for so many, "mixture.not_finite"; cancelled
///           "mixture.cancelled".
KMeansResult k_means(ConstMatrixView rows, const KMeansOptions& options,
                     const std::function<void(std::size_t done)>& progress, const StopFlag& stop);

/// Of clusters that stay empty, since rounding decides between centres that are so near each other.
[[noreturn]] void throw_too_alike(std::size_t k, std::size_t num_empty, std::size_t num_rows);

/// Rows by cluster: those of cluster c are order[first[c]], …, order[first[c + 1] - 1], ascending.
struct RowsByCluster {
  std::vector<std::uint64_t> first;  ///< [k + 1]
  std::vector<std::uint32_t> order;

  RowsByCluster(std::span<const std::uint32_t> members, std::size_t k);
  std::span<const std::uint32_t> of(std::size_t cluster) const {
    return std::span(order).subspan(first[cluster], first[cluster + 1] - first[cluster]);
  }
  std::uint64_t size(std::size_t cluster) const { return first[cluster + 1] - first[cluster]; }
};

}  // namespace twhin
