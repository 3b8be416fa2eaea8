#include "mixture/k_means.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_set>

#include "mixture/check_stop.h"
#include "mixture/first_centers.h"
#include "mixture/nearest_centers.h"
#include "twhin/base/checksum.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

constexpr std::size_t kRowsPerTask = 4096;

class Lloyd {
 public:
  Lloyd(ConstMatrixView rows, const KMeansOptions& options, const StopFlag& stop)
      : rows_(rows), options_(options), stop_(stop), dim_(rows.cols) {
    result_.centers = HugeFloats(options.k * dim_);
    result_.members.resize(rows.rows);
    const std::vector<std::uint32_t> first = first_centers(rows, options);
    for (std::size_t c = 0; c < options.k; ++c) move_center(c, first[c]);
  }

  KMeansResult run(const std::function<void(std::size_t)>& progress) {
    for (std::size_t i = 0; i <= options_.iterations; ++i) {
      result_.objective.push_back(assign());
      if (progress) progress(i + 1);
      if (i < options_.iterations) {
        give_rows_to_empty();
        update();
      }
    }
    fill_all();
    return std::move(result_);
  }

 private:
  // The last centres must be those that the last members are nearest to, with none empty. Each
  // round lowers the objective, unless rounding decides between centres: then rows that empty
  // clusters were given go back to where they came from.
  void fill_all() {
    constexpr std::size_t kPatience = 10;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t idle = 0; give_rows_to_empty();) {
      const double objective = result_.objective.back() = assign();
      idle = objective < least ? 0 : idle + 1;
      least = std::min(least, objective);
      if (idle == kPatience) throw_too_alike(options_.k, empty_clusters().size(), rows_.rows);
    }
  }

  MatrixView centers() { return {result_.centers.data(), options_.k, dim_}; }
  void move_center(std::size_t c, std::uint32_t row) {
    std::copy_n(rows_.row(row), dim_, centers().row(c));
  }

  void for_each_task(const std::function<void(std::size_t first, std::size_t count)>& body) {
    const std::size_t num = (rows_.rows + kRowsPerTask - 1) / kRowsPerTask;
    parallel_for(num, options_.threads, [&](std::size_t task) {
      check_mixture_stop(stop_);
      const std::size_t first = task * kRowsPerTask;
      body(first, std::min(kRowsPerTask, rows_.rows - first));
    });
  }

  // Members of the nearest centres; returns the objective.
  double assign() {
    const NearestCenters nearest(centers());
    std::vector<double> sums((rows_.rows + kRowsPerTask - 1) / kRowsPerTask);
    for_each_task([&](std::size_t first, std::size_t count) {
      thread_local NearestCenters::Workspace workspace;
      const auto members = std::span(result_.members).subspan(first, count);
      nearest.find(rows_.middle_rows(first, count), members, workspace);
      double sum = 0.0;
      for (std::size_t i = 0; i < count; ++i) {
        if (members[i] == NearestCenters::kNone) throw_not_finite(first + i);
        sum += squared_distance(rows_.row(first + i), centers().row(members[i]), dim_);
      }
      sums[first / kRowsPerTask] = sum;
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
  }

  [[noreturn]] static void throw_not_finite(std::size_t row) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.not_finite")
        .what("a row that is to be clustered holds a NaN or an infinity")
        .at("row " + std::to_string(row) + " of the sample")
        .build();
  }

  std::vector<std::uint32_t> sizes_of_clusters() const {
    std::vector<std::uint32_t> sizes(options_.k);
    for (const std::uint32_t c : result_.members) ++sizes[c];
    return sizes;
  }

  std::vector<std::uint32_t> empty_clusters() const {
    const std::vector<std::uint32_t> sizes = sizes_of_clusters();
    std::vector<std::uint32_t> empty;
    for (std::uint32_t c = 0; c < options_.k; ++c) {
      if (sizes[c] == 0) empty.push_back(c);
    }
    return empty;
  }

  // The farthest rows become the only members of clusters without any. False if there were none.
  bool give_rows_to_empty() {
    const std::vector<std::uint32_t> empty = empty_clusters();
    if (empty.empty()) return false;

    std::vector<std::uint32_t> sizes = sizes_of_clusters();
    std::vector<double> distances(rows_.rows);
    for_each_task([&](std::size_t first, std::size_t count) {
      for (std::size_t i = first; i < first + count; ++i) {
        distances[i] = squared_distance(rows_.row(i), centers().row(result_.members[i]), dim_);
      }
    });
    std::vector<std::uint32_t> farthest(rows_.rows);
    std::iota(farthest.begin(), farthest.end(), 0u);
    std::stable_sort(farthest.begin(), farthest.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return distances[a] > distances[b]; });
    std::unordered_set<std::uint64_t> taken;  // rows that are alike make one cluster
    auto at = farthest.begin();
    std::size_t filled = 0;
    for (; at != farthest.end() && filled < empty.size(); ++at) {
      std::uint32_t& member = result_.members[*at];
      if (!(distances[*at] > 0.0) || sizes[member] == 1) continue;
      if (!taken.insert(checksum(rows_.row(*at), dim_ * sizeof(float))).second) continue;
      --sizes[member];
      member = empty[filled++];
      sizes[member] = 1;
      move_center(member, *at);
    }
    result_.num_refilled += filled;
    // There are k different rows, so some do not lie on their centre; if each of those is the only
    // member of its cluster, their centres move there first.
    if (filled == 0) update();
    return true;
  }

  void update() {
    const RowsByCluster rows(result_.members, options_.k);
    constexpr std::size_t kClustersPerTask = 64;
    parallel_for((options_.k + kClustersPerTask - 1) / kClustersPerTask, options_.threads,
                 [&](std::size_t task) {
                   check_mixture_stop(stop_);
                   std::vector<double> sum(dim_);
                   const std::size_t last = std::min(options_.k, (task + 1) * kClustersPerTask);
                   for (std::size_t c = task * kClustersPerTask; c < last; ++c) {
                     if (rows.size(c) > 0) update_center(c, rows.of(c), sum);
                   }
                 });
  }

  void update_center(std::size_t c, std::span<const std::uint32_t> members,
                     std::vector<double>& sum) {
    std::fill(sum.begin(), sum.end(), 0.0);
    for (const std::uint32_t row : members) {
      const float* x = rows_.row(row);
      for (std::size_t d = 0; d < dim_; ++d) sum[d] += x[d];
    }
    double scale = 1.0 / static_cast<double>(members.size());
    if (options_.spherical) {
      double squares = 0.0;
      for (const double each : sum) squares += each * each;
      if (!(squares > 0.0)) return;  // rows that cancel out have no direction: the centre stays
      scale = 1.0 / std::sqrt(squares);
    }
    float* center = centers().row(c);
    for (std::size_t d = 0; d < dim_; ++d) center[d] = static_cast<float>(sum[d] * scale);
  }

  ConstMatrixView rows_;
  const KMeansOptions& options_;
  const StopFlag& stop_;
  std::size_t dim_;
  KMeansResult result_;
};

}  // namespace

void throw_too_alike(std::size_t k, std::size_t num_empty, std::size_t num_rows) {
  throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.too_many_clusters")
      .what("rows are too alike for so many clusters")
      .found(
          fmt::format("{} clusters, of which {} stay empty, for {} rows", k, num_empty, num_rows))
      .expected("rows that differ by more than the rounding of their distances")
      .hint("use a smaller k")
      .build();
}

RowsByCluster::RowsByCluster(std::span<const std::uint32_t> members, std::size_t k)
    : first(k + 1), order(members.size()) {
  for (const std::uint32_t c : members) ++first[c + 1];
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<std::uint64_t> next(first.begin(), first.end() - 1);
  for (std::size_t i = 0; i < members.size(); ++i) {
    order[next[members[i]]++] = static_cast<std::uint32_t>(i);
  }
}

KMeansResult k_means(ConstMatrixView rows, const KMeansOptions& options,
                     const std::function<void(std::size_t)>& progress, const StopFlag& stop) {
  return Lloyd(rows, options, stop).run(progress);
}

}  // namespace twhin
