#include "train/bucket_ranks.h"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <vector>

#include "kernel/elementwise.h"
#include "kernel/products.h"
#include "kernel/rows.h"
#include "train/validation.h"
#include "twhin/base/threads.h"
#include "twhin/metrics/ranking.h"
#include "twhin/model/score_function.h"

namespace twhin::training {
namespace {

// Queries and candidates that are scored together: 4 MiB of scores a thread, whatever the number of
// queries.
constexpr std::uint32_t kBlockQueries = 256, kBlockRows = 4096;

struct Matrix {
  std::size_t rows, cols;
  std::vector<float> values = std::vector<float>(rows * cols);

  MatrixView view() { return {values.data(), rows, cols}; }
};

// A part's rows, to which the type's global embedding is added, if there is one.
struct PartRows {
  const Part& part;
  std::vector<float> global;

  Matrix gathered(std::span<const std::uint32_t> ids) const {
    Matrix out{ids.size(), part.format().dim};
    kernel::gather(part.rows(), ids, out.view());
    for (std::size_t i = 0; i < (global.empty() ? 0 : ids.size()); ++i) {
      kernel::axpy(1.0f, global.data(), out.view().row(i), global.size());
    }
    return out;
  }
};

// The ends of some of a file's edges, evenly spread.
struct Ends {
  std::vector<std::uint32_t> lhs, rhs;

  Ends(const EdgeSpan& edges, std::uint64_t wanted) {
    const std::uint64_t count = std::min<std::uint64_t>(edges.size(), wanted);
    for (std::uint64_t k = 0; k < count; ++k) {
      const std::uint64_t at = edges.size() * k / count;
      lhs.push_back(edges.lhs[at]);
      rhs.push_back(edges.rhs[at]);
    }
  }
};

// Ranks the ends `asked`, at most kBlockQueries, among all rows of their part, for the other ends
// `known`.
void rank_block(const ScoreFunction& function, Side wanted, const PartRows& known_part,
                std::span<const std::uint32_t> known, const PartRows& part,
                std::span<const std::uint32_t> asked, std::size_t num_threads,
                metrics::RankingAccumulator& out) {
  Matrix known_rows = known_part.gathered(known), asked_rows = part.gathered(asked);
  const Queries queries = function.prepare_queries(wanted, known_rows.view());
  std::vector<float> positives(asked.size());
  {
    Candidates own;
    function.prepare_candidates(wanted, asked_rows.view(), own);
    Matrix scores{asked.size(), asked.size()};
    function.score(queries, own, scores.view());
    for (std::size_t q = 0; q < asked.size(); ++q) positives[q] = scores.view().row(q)[q];
  }
  std::vector<metrics::RankCounts> counts(asked.size());
  std::mutex mutex;
  const auto num_rows = static_cast<std::uint32_t>(part.part.num_rows());
  parallel_for((num_rows + kBlockRows - 1) / kBlockRows, num_threads, [&](std::size_t block) {
    kernel::single_threaded_products();
    const auto first = static_cast<std::uint32_t>(block) * kBlockRows;
    std::vector<std::uint32_t> ids(std::min(kBlockRows, num_rows - first));
    std::iota(ids.begin(), ids.end(), first);
    Matrix rows = part.gathered(ids), scores{asked.size(), ids.size()};
    Candidates candidates;
    function.prepare_candidates(wanted, rows.view(), candidates);
    function.score(queries, candidates, scores.view());
    const std::lock_guard lock(mutex);
    for (std::size_t q = 0; q < asked.size(); ++q) {
      const std::span<const float> row(scores.view().row(q), ids.size());
      metrics::add_candidates(positives[q], row, counts[q]);
      if (asked[q] < first || asked[q] - first >= ids.size()) continue;
      const std::uint32_t own = asked[q] - first;
      metrics::remove_candidates(positives[q], row, {&own, 1}, counts[q]);
    }
  });
  for (const metrics::RankCounts& each : counts) out.add(each);
}

void rank_side(const ScoreFunction& function, Side wanted, const PartRows& known_part,
               std::span<const std::uint32_t> known, const PartRows& part,
               std::span<const std::uint32_t> asked, std::size_t num_threads,
               metrics::RankingAccumulator& out) {
  for (std::size_t first = 0; first < asked.size(); first += kBlockQueries) {
    const std::size_t count = std::min<std::size_t>(kBlockQueries, asked.size() - first);
    rank_block(function, wanted, known_part, known.subspan(first, count), part,
               asked.subspan(first, count), num_threads, out);
  }
}

}  // namespace

nlohmann::json BucketRanks::of(const Step& step, const std::function<Part*(PartId)>& part) const {
  if (options_.bucket_edges == 0 || !graph_.has_split(kValidSplit)) return {};
  metrics::RankingAccumulator ranks;
  for (const EdgeShare& share : step.shares) {
    const TrainedRelation& relation = network_.relations[share.relation];
    const EdgeBucket file = graph_.bucket(relation.graph_relation, share.lhs_partition,
                                          share.rhs_partition, kValidSplit);
    const Ends ends(file.edges(), options_.bucket_edges);
    if (ends.lhs.empty()) continue;
    std::vector<float> params(relations_.num_params(share.relation));
    relations_.read(share.relation, params);
    const std::size_t one = options_.reciprocal ? params.size() / 2 : params.size();
    const std::span<const float> all = params;
    const ScoreFunction function(options_.comparator, options_.dim, relation.options.op,
                                 all.first(one), all.subspan(one));
    const auto rows_of = [&](std::uint32_t type, std::uint32_t partition) {
      std::vector<float> global(relations_.has_globals() ? options_.dim : 0);
      if (relations_.has_globals()) relations_.read_global(type, global);
      return PartRows{*part({type, partition}), std::move(global)};
    };
    const PartRows lhs = rows_of(relation.lhs, share.lhs_partition);
    const PartRows rhs = rows_of(relation.rhs, share.rhs_partition);
    rank_side(function, Side::rhs, lhs, ends.lhs, rhs, ends.rhs, num_threads_, ranks);
    rank_side(function, Side::lhs, rhs, ends.rhs, lhs, ends.lhs, num_threads_, ranks);
  }
  if (ranks.num_queries() == 0) return {};
  const metrics::RankingMetrics m = ranks.metrics();
  return {{"queries", m.num_queries}, {"mrr", m.mrr}, {"mr", m.mr}, {"hits_at_10", m.hits[2]}};
}

}  // namespace twhin::training
