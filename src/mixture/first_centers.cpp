#include "mixture/first_centers.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "kernel/elementwise.h"
#include "twhin/base/checksum.h"
#include "twhin/base/error.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

// Rows that k-means++ looks at: enough that a cluster of one in some hundred rows is among them.
constexpr std::size_t kSeedingRows = 1 << 15;

std::uint64_t hash_of(ConstMatrixView rows, std::size_t i) {
  return checksum(rows.row(i), rows.cols * sizeof(float));
}

/// Up to `most` distinct rows in a random order.
std::vector<std::uint32_t> distinct_rows(ConstMatrixView rows, std::size_t most,
                                         std::uint64_t seed) {
  const Permutation order(rows.rows, Rng(seed, RngPurpose::sample, 1));
  std::unordered_set<std::uint64_t> seen;
  std::vector<std::uint32_t> out;
  for (std::uint64_t i = 0; i < rows.rows && out.size() < most; ++i) {
    const auto row = static_cast<std::uint32_t>(order(i));
    if (seen.insert(hash_of(rows, row)).second) out.push_back(row);
  }
  return out;
}

/// k-means++ among the given rows, which are distinct.
std::vector<std::uint32_t> plus_plus(ConstMatrixView rows, const std::vector<std::uint32_t>& among,
                                     const KMeansOptions& options) {
  constexpr std::size_t kRowsPerTask = 4096;
  const std::size_t n = among.size();
  std::vector<double> distances(n, std::numeric_limits<double>::infinity());
  Rng rng(options.seed, RngPurpose::sample, 2);
  std::vector<std::uint32_t> chosen;
  std::size_t next = static_cast<std::size_t>(rng.below(n));
  for (;;) {
    chosen.push_back(among[next]);
    if (chosen.size() == options.k) return chosen;
    const float* center = rows.row(among[next]);
    parallel_for((n + kRowsPerTask - 1) / kRowsPerTask, options.threads, [&](std::size_t task) {
      const std::size_t last = std::min(n, (task + 1) * kRowsPerTask);
      for (std::size_t i = task * kRowsPerTask; i < last; ++i) {
        float distance = 0.0f;
        kernel::squared_distances(ConstMatrixView(rows.row(among[i]), 1, rows.cols),
                                  ConstMatrixView(center, 1, rows.cols), &distance);
        distances[i] = std::min(distances[i], double{distance});
      }
    });
    distances[next] = 0.0;
    double sum = 0.0;
    for (const double each : distances) sum += each;
    double left = rng.uniform() * sum;
    std::size_t last = n;
    for (std::size_t i = 0; i < n && (last == n || left >= 0.0); ++i) {
      if (!(distances[i] > 0.0)) continue;
      last = i;
      left -= distances[i];
    }
    // Distances that are all too small for a float: any row that is not a centre yet.
    if (last == n) {
      last = 0;
      while (std::find(chosen.begin(), chosen.end(), among[last]) != chosen.end()) ++last;
    }
    next = last;
  }
}

}  // namespace

double squared_distance(const float* a, const float* b, std::size_t dim) {
  double sum = 0.0;
  for (std::size_t d = 0; d < dim; ++d) {
    const double difference = double{a[d]} - double{b[d]};
    sum += difference * difference;
  }
  return sum;
}

std::vector<std::uint32_t> first_centers(ConstMatrixView rows, const KMeansOptions& options) {
  const bool seeded = options.k <= kSeededClusters;
  const std::size_t wanted = seeded ? std::max(options.k, kSeedingRows) : options.k;
  const std::vector<std::uint32_t> distinct = distinct_rows(rows, wanted, options.seed);
  if (distinct.size() < options.k) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.too_many_clusters")
        .what("there are more clusters than different rows")
        .found(fmt::format("{} clusters, {} different rows among {}", options.k, distinct.size(),
                           rows.rows))
        .hint("use a smaller k")
        .build();
  }
  return seeded ? plus_plus(rows, distinct, options) : distinct;
}

}  // namespace twhin
