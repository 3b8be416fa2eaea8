#include "mixture/clusters.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "kernel/elementwise.h"
#include "mixture/check_stop.h"
#include "mixture/first_centers.h"
#include "mixture/nearest_centers.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

constexpr std::size_t kRowsPerTask = 4096;
constexpr float kShortestNorm = 1e-12f;

/// Rows as k-means takes them: of length 1 if it is spherical; no negative zeros, so that equal
/// rows have equal bits.
void prepare(bool spherical, MatrixView rows) {
  if (spherical) {
    std::vector<float> norms(rows.rows);
    kernel::normalize_rows(rows, kShortestNorm, rows, norms.data());
  }
  for (std::size_t i = 0; i < rows.rows * rows.cols; ++i) rows.data[i] += 0.0f;
}

/// The sampled entities, ascending.
std::vector<FlatId> sample(std::uint64_t num, std::uint64_t of, std::uint64_t seed) {
  std::vector<FlatId> ids(num);
  const Permutation order(of, Rng(seed, RngPurpose::sample, 0));
  for (std::uint64_t i = 0; i < num; ++i) {
    ids[i] = static_cast<FlatId>(num == of ? i : order(i));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

class Clustering {
 public:
  Clustering(const Rows& rows, const EntityType& type, const MixtureOptions& options,
             std::size_t threads, const Observer& observer, const StopFlag& stop)
      : rows_(rows),
        layout_(type),
        options_(options),
        threads_(threads),
        observer_(observer),
        stop_(stop) {
    out_.k = options.k;
    out_.dim = rows.dim();
  }

  Clusters run() {
    learn();
    assign_all();
    describe_clusters();
    return std::move(out_);
  }

 private:
  void learn() {
    out_.num_sampled = num_sampled_rows(options_, layout_.size());
    const std::vector<FlatId> ids = sample(out_.num_sampled, layout_.size(), options_.seed);
    HugeFloats floats(ids.size() * out_.dim);
    const MatrixView rows(floats.data(), ids.size(), out_.dim);
    for_each_task(ids.size(), [&](std::size_t first, std::size_t count) {
      for (std::size_t i = first; i < first + count; ++i) {
        rows_.read(layout_.id(ids[i]), rows.row(i));
      }
      prepare(options_.spherical, rows.middle_rows(first, count));
    });
    Progress progress{"k-means", 0, options_.iterations + 1, "iterations", {}};
    KMeansResult result = k_means(
        rows, {options_.k, options_.iterations, options_.spherical, options_.seed, threads_},
        [&](std::size_t done) {
          progress.done = done;
          observer_.report(progress);
        },
        stop_);
    out_.centers = std::move(result.centers);
    out_.num_refilled = result.num_refilled;
    for (const double each : result.objective) {
      out_.objective.push_back(each / static_cast<double>(ids.size()));
    }
  }

  void assign_all() {
    const NearestCenters nearest(ConstMatrixView(out_.centers.data(), out_.k, out_.dim));
    out_.assigned.resize(layout_.size());
    for_each_task(layout_.size(), [&](std::size_t first, std::size_t count) {
      thread_local NearestCenters::Workspace workspace;
      thread_local std::vector<float> buffer;
      buffer.resize(kRowsPerTask * out_.dim);
      const MatrixView rows(buffer.data(), count, out_.dim);
      read(first, rows);
      prepare(options_.spherical, rows);
      const auto clusters = std::span(out_.assigned).subspan(first, count);
      nearest.find(rows, clusters, workspace);
      const auto none = std::find(clusters.begin(), clusters.end(), NearestCenters::kNone);
      if (none != clusters.end()) {
        const EntityId id = layout_.id(static_cast<FlatId>(first + (none - clusters.begin())));
        throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.not_finite")
            .what("a row that is to be clustered holds a NaN or an infinity")
            .at(fmt::format("partition {}, row {}", id.partition, id.row))
            .build();
      }
    });
  }

  // Rows of consecutive entities, across partitions.
  void read(std::size_t first, MatrixView rows) const {
    for (std::size_t i = 0; i < rows.rows;) {
      const EntityId id = layout_.id(static_cast<FlatId>(first + i));
      const auto count = static_cast<std::uint32_t>(
          std::min<std::size_t>(rows.rows - i, rows_.size(id.partition) - id.row));
      rows_.read(id.partition, id.row, count, rows.row(i));
      i += count;
    }
  }

  void describe_clusters() {
    const RowsByCluster members(out_.assigned, out_.k);
    out_.centroids.resize(out_.k * out_.dim);
    out_.medoid_rows.resize(out_.k * out_.dim);
    out_.medoids.resize(out_.k);
    out_.sizes.resize(out_.k);
    parallel_for(out_.k, threads_, [&](std::size_t c) {
      check_mixture_stop(stop_);
      out_.sizes[c] = members.size(c);
      if (out_.sizes[c] == 0) throw_too_alike(out_.k, 1, layout_.size());
      describe(c, members.of(c));
    });
  }

  void describe(std::size_t c, std::span<const std::uint32_t> members) {
    const std::size_t dim = out_.dim;
    std::vector<float> row(dim);
    std::vector<double> sum(dim), prepared_sum(dim);
    for (const FlatId member : members) {
      rows_.read(layout_.id(member), row.data());
      for (std::size_t d = 0; d < dim; ++d) sum[d] += row[d];
      prepare(options_.spherical, MatrixView(row.data(), 1, dim));
      for (std::size_t d = 0; d < dim; ++d) prepared_sum[d] += row[d];
    }
    const double scale = 1.0 / static_cast<double>(members.size());
    float* centroid = out_.centroids.data() + c * dim;
    std::vector<float> mean(dim);
    for (std::size_t d = 0; d < dim; ++d) {
      centroid[d] = static_cast<float>(sum[d] * scale);
      mean[d] = static_cast<float>(prepared_sum[d] * scale);
    }
    // Prepared rows of length 1: the nearest to their mean has the largest product with it.
    double best = std::numeric_limits<double>::infinity();
    float* medoid = out_.medoid_rows.data() + c * dim;
    std::vector<float> prepared(dim);
    for (const FlatId member : members) {
      rows_.read(layout_.id(member), row.data());
      prepared = row;
      prepare(options_.spherical, MatrixView(prepared.data(), 1, dim));
      const double distance = squared_distance(prepared.data(), mean.data(), dim);
      if (!(distance < best)) continue;
      best = distance;
      out_.medoids[c] = member;
      std::copy(row.begin(), row.end(), medoid);
    }
  }

  void for_each_task(std::size_t num_rows,
                     const std::function<void(std::size_t first, std::size_t count)>& body) const {
    parallel_for((num_rows + kRowsPerTask - 1) / kRowsPerTask, threads_, [&](std::size_t task) {
      check_mixture_stop(stop_);
      const std::size_t first = task * kRowsPerTask;
      body(first, std::min(kRowsPerTask, num_rows - first));
    });
  }

  const Rows& rows_;
  TypeLayout layout_;
  const MixtureOptions& options_;
  std::size_t threads_;
  const Observer& observer_;
  const StopFlag& stop_;
  Clusters out_;
};

}  // namespace

std::uint64_t num_sampled_rows(const MixtureOptions& options, std::uint64_t num_targets) {
  constexpr std::uint32_t kManyClusters = 10'000;
  const std::uint64_t per_cluster =
      options.rows_per_cluster.value_or(options.k <= kManyClusters ? 256 : 64);
  return std::min(num_targets, per_cluster * options.k);
}

Clusters cluster_rows(const Rows& rows, const EntityType& type, const MixtureOptions& options,
                      std::size_t threads, const Observer& observer, const StopFlag& stop) {
  if (type.num_entities() == 0) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.no_targets")
        .what(fmt::format("type {} has no entities to cluster", quote(type.name)))
        .build();
  }
  return Clustering(rows, type, options, threads, observer, stop).run();
}

}  // namespace twhin
