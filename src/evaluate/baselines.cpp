#include "evaluate/baselines.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "evaluate/check_stop.h"

namespace twhin {
namespace {

/// Training edges of one relation by the entity at one end.
std::vector<std::uint32_t> degrees_of(const EdgeSource& source, std::uint32_t relation, Side side) {
  const bool rhs = side == Side::rhs;
  const TypeLayout& layout = rhs ? source.rhs_layout(relation) : source.lhs_layout(relation);
  std::vector<std::uint32_t> degrees(layout.size(), 0);
  source.scan(relation, kTrainSplit, [&](const EdgeSource::Edge& edge) {
    const FlatId end = rhs ? edge.rhs : edge.lhs;
    if (end != kNoEntity) ++degrees[end];
  });
  return degrees;
}

/// How many of some degrees are greater than, or equal to, another.
class DegreeCounts {
 public:
  /// Entities without an edge are most of them, and need no sorting.
  explicit DegreeCounts(std::span<const std::uint32_t> degrees) {
    for (const std::uint32_t d : degrees) {
      if (d > 0) {
        ascending_.push_back(d);
      } else {
        ++num_zero_;
      }
    }
    std::sort(ascending_.begin(), ascending_.end());
  }
  metrics::RankCounts of(std::uint32_t degree) const {
    const auto [begin, end] = std::equal_range(ascending_.begin(), ascending_.end(), degree);
    metrics::RankCounts counts;
    counts.greater = static_cast<std::uint64_t>(ascending_.end() - end);
    counts.equal = degree == 0 ? num_zero_ : static_cast<std::uint64_t>(end - begin);
    counts.candidates = num_zero_ + ascending_.size();
    return counts;
  }

 private:
  std::vector<std::uint32_t> ascending_;
  std::uint64_t num_zero_ = 0;
};

metrics::RankCounts without(const metrics::RankCounts& all, const metrics::RankCounts& some) {
  return {all.greater - some.greater, all.equal - some.equal, all.candidates - some.candidates};
}

/// 1 + 1/2 + … + 1/n.
double harmonic(std::uint64_t n) {
  if (n > 100) {  // the next term of the expansion is below 1e-18
    const double x = static_cast<double>(n);
    return std::log(x) + std::numbers::egamma + 1.0 / (2.0 * x) - 1.0 / (12.0 * x * x) +
           1.0 / (120.0 * x * x * x * x) - 1.0 / (252.0 * x * x * x * x * x * x);
  }
  double sum = 0.0;
  for (std::uint64_t i = n; i > 0; --i) sum += 1.0 / static_cast<double>(i);
  return sum;
}

}  // namespace

std::vector<std::int64_t> answer_degrees(const EdgeSource& source, const QuerySet& set) {
  const Schema& schema = source.schema();
  std::vector<std::vector<std::uint32_t>> of_type;
  for (std::uint32_t t = 0; t < schema.entities.size(); ++t) {
    of_type.emplace_back(source.layout(t).size(), 0);
  }
  for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
    std::vector<std::uint32_t>& lhs = of_type[schema.relations[r].lhs];
    std::vector<std::uint32_t>& rhs = of_type[schema.relations[r].rhs];
    source.scan(r, kTrainSplit, [&](const EdgeSource::Edge& edge) {
      if (edge.lhs != kNoEntity) ++lhs[edge.lhs];
      if (edge.rhs != kNoEntity) ++rhs[edge.rhs];
    });
  }
  std::vector<std::int64_t> out;
  for (std::size_t q = 0; q < set.num_queries(); ++q) {
    const auto& degrees = of_type[candidate_type(schema, set.queries[q])];
    for (const FlatId answer : set.answers_of(q)) out.push_back(degrees[answer]);
  }
  return out;
}

TargetRanks popularity_ranks(const EdgeSource& source, const QuerySet& set,
                             const EvalOptions& options, const StopFlag& stop) {
  TargetRanks out;
  if (options.protocol != Protocol::raw) out.filtered.resize(set.num_targets());
  if (options.protocol != Protocol::filtered) out.raw.resize(set.num_targets());
  std::vector<std::uint32_t> degrees, of_known;
  DegreeCounts all({});
  for (std::size_t q = 0; q < set.num_queries(); ++q) {
    const Query& query = set.queries[q];
    if (q == 0 || query.relation != set.queries[q - 1].relation ||
        query.side != set.queries[q - 1].side) {
      check_stop(stop);
      degrees = degrees_of(source, query.relation, query.side);
      all = DegreeCounts(degrees);
    }
    of_known.clear();
    for (const FlatId id : set.known[q]) of_known.push_back(degrees[id]);
    const DegreeCounts known(of_known);
    for (std::uint64_t t = set.first_target[q]; t < set.first_target[q + 1]; ++t) {
      const std::uint32_t degree = degrees[set.answer[t]];
      const metrics::RankCounts counts = all.of(degree);
      if (!out.filtered.empty()) out.filtered[t] = without(counts, known.of(degree));
      if (!out.raw.empty()) out.raw[t] = without(counts, {0, 1, 1});  // itself
    }
  }
  return out;
}

metrics::RankingMetrics random_metrics(std::span<const metrics::RankCounts> targets) {
  metrics::RankingMetrics out;
  out.num_queries = targets.size();
  if (targets.empty()) return out;
  double rank = 0.0, reciprocal = 0.0;
  std::array<double, metrics::kHitsAt.size()> hits = {};
  for (const metrics::RankCounts& target : targets) {
    const double n = static_cast<double>(target.candidates + 1);
    out.num_with_candidates += target.candidates > 0 ? 1 : 0;
    rank += (n + 1.0) / 2.0;
    reciprocal += harmonic(target.candidates + 1) / n;
    for (std::size_t i = 0; i < hits.size(); ++i) hits[i] += std::min(1.0, metrics::kHitsAt[i] / n);
  }
  const double num = static_cast<double>(targets.size());
  out.mr = rank / num;
  out.mrr = reciprocal / num;
  for (std::size_t i = 0; i < hits.size(); ++i) out.hits[i] = hits[i] / num;
  if (out.num_with_candidates > 0) out.auc = 0.5;
  return out;
}

}  // namespace twhin
