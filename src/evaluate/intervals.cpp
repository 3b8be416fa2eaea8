#include "evaluate/intervals.h"

#include <algorithm>
#include <array>

#include "evaluate/check_stop.h"
#include "evaluate/ranker.h"

namespace twhin {
namespace {

using metrics::RankCounts;

constexpr std::size_t kMr = 0, kMrr = 1, kAuc = 2, kHits = 3;
constexpr std::size_t kMicro = kHits + metrics::kHitsAt.size();
constexpr std::size_t kHitsAt10 = 2;  // of kHitsAt

bool has_intervals(const Division& division) {
  return division.names.size() <= kMostGroupsWithIntervals;
}

/// Sums over the ranked ends of one edge.
struct EdgeTerms {
  double num = 0.0, rank = 0.0, reciprocal = 0.0, num_with_auc = 0.0, auc = 0.0;
  std::array<double, metrics::kHitsAt.size()> hits = {};

  static EdgeTerms of(const RankCounts& counts) {
    EdgeTerms out{1.0, counts.rank(), 1.0 / counts.rank(), 0.0, 0.0, {}};
    if (const auto value = counts.auc()) {
      out.num_with_auc = 1.0;
      out.auc = *value;
    }
    for (std::size_t i = 0; i < out.hits.size(); ++i) {
      out.hits[i] = counts.rank() <= metrics::kHitsAt[i] ? 1.0 : 0.0;
    }
    return out;
  }
  /// Numbers of queries stay: a mean of differences is a difference of means.
  void subtract(const EdgeTerms& other) {
    rank -= other.rank;
    reciprocal -= other.reciprocal;
    auc -= other.auc;
    for (std::size_t i = 0; i < hits.size(); ++i) hits[i] -= other.hits[i];
  }
  void add(double weight, const EdgeTerms& other) {
    num += weight * other.num;
    rank += weight * other.rank;
    reciprocal += weight * other.reciprocal;
    num_with_auc += weight * other.num_with_auc;
    auc += weight * other.auc;
    for (std::size_t i = 0; i < hits.size(); ++i) hits[i] += weight * other.hits[i];
  }
};

/// What one ranked end adds to the groups that it is in.
struct GroupTerms {
  double num = 0.0, reciprocal = 0.0, hits_at_10 = 0.0;

  void add(double weight, const GroupTerms& other) {
    num += weight * other.num;
    reciprocal += weight * other.reciprocal;
    hits_at_10 += weight * other.hits_at_10;
  }
};

class Resampled {
 public:
  Resampled(const QuerySet& set, const std::vector<Division>& divisions,
            std::span<const RankCounts> ranks, std::span<const RankCounts> minus)
      : edge_of_(set.target_edge), divisions_(divisions), edges_(set.edges.size()) {
    for (std::size_t t = 0; t < ranks.size(); ++t) {
      EdgeTerms terms = EdgeTerms::of(ranks[t]);
      if (!minus.empty()) terms.subtract(EdgeTerms::of(minus[t]));
      edges_[edge_of_[t]].add(1.0, terms);
      targets_.push_back({1.0, terms.reciprocal, terms.hits[kHitsAt10]});
    }
    for (const Division& division : divisions) {
      if (has_intervals(division)) num_groups_ += division.names.size();
    }
  }

  std::size_t num_edges() const { return edges_.size(); }
  std::size_t num_figures() const { return kMicro + 2 * num_groups_; }

  /// The figures of one resample: the micro means, then MRR and Hits@10 of each group.
  void operator()(std::span<const std::uint32_t> counts, std::span<double> out) const {
    EdgeTerms sum;
    for (std::size_t e = 0; e < edges_.size(); ++e) sum.add(counts[e], edges_[e]);
    out[kMr] = sum.rank / sum.num;
    out[kMrr] = sum.reciprocal / sum.num;
    out[kAuc] = sum.auc / sum.num_with_auc;
    for (std::size_t i = 0; i < sum.hits.size(); ++i) out[kHits + i] = sum.hits[i] / sum.num;
    double* figure = out.data() + kMicro;
    for (const Division& division : divisions_) {
      if (!has_intervals(division)) continue;
      for (const GroupTerms& group : sums_of(division, counts)) {
        *figure++ = group.reciprocal / group.num;  // NaN of a group that was not drawn
        *figure++ = group.hits_at_10 / group.num;
      }
    }
  }

 private:
  std::vector<GroupTerms> sums_of(const Division& division,
                                  std::span<const std::uint32_t> counts) const {
    // Neighbours are mostly in one group: a sum that waits for the one before it would be slow.
    constexpr std::size_t kLanes = 4;
    const std::size_t num_groups = division.names.size();
    std::vector<GroupTerms> sums(kLanes * num_groups);
    for (std::size_t t = 0; t < targets_.size(); ++t) {
      sums[t % kLanes * num_groups + division.of_target[t]].add(counts[edge_of_[t]], targets_[t]);
    }
    for (std::size_t i = num_groups; i < sums.size(); ++i) sums[i % num_groups].add(1.0, sums[i]);
    sums.resize(num_groups);
    return sums;
  }

  std::span<const std::uint32_t> edge_of_;
  const std::vector<Division>& divisions_;
  std::vector<EdgeTerms> edges_;
  std::vector<GroupTerms> targets_;
  std::size_t num_groups_ = 0;
};

}  // namespace

Intervals intervals_over_edges(const QuerySet& set, const EvalOptions& options,
                               const std::vector<Division>& divisions,
                               std::span<const RankCounts> ranks, const Observer& observer,
                               const StopFlag& stop, std::span<const RankCounts> minus) {
  const Resampled resampled(set, divisions, ranks, minus);
  metrics::BootstrapOptions bootstrap{options.seed, options.resamples};
  bootstrap.threads = num_threads(options);
  bootstrap.progress = [&](std::uint32_t done) {
    check_stop(stop);
    observer.report({"intervals", done, options.resamples, "resamples", {}});
  };
  const auto found = metrics::bootstrap(resampled.num_edges(), resampled.num_figures(),
                                        std::cref(resampled), bootstrap);
  Intervals out{{found[kMr], found[kMrr], found[kAuc], {}}, {}};
  std::copy_n(found.begin() + kHits, out.micro.hits.size(), out.micro.hits.begin());
  auto next = found.begin() + kMicro;
  for (const Division& division : divisions) {
    out.groups.emplace_back();
    if (!has_intervals(division)) continue;
    for (std::size_t g = 0; g < division.names.size(); ++g, next += 2) {
      out.groups.back().push_back({next[0], next[1]});
    }
  }
  return out;
}

}  // namespace twhin
