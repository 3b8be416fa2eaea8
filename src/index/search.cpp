#include "index/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include "index/check_stop.h"
#include "kernel/elementwise.h"
#include "kernel/products.h"
#include "model/top_candidates.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

// Products are sums in another order than scores: rows whose scores differ by rounding may come out
// in another order, so that some more than k are scored.
constexpr std::size_t kSpare = 8;
// Of all rows: to look at more of them one by one takes as long as to look at all.
constexpr double kMostLookedAt = 0.25;
// Queries and lists of candidates that exact search keeps at a time.
constexpr std::size_t kExactBytes = std::size_t{256} << 20;
constexpr std::size_t kQueriesOfTask = 16;

void check_finite(const Queries& queries) {
  std::vector<float> squares(queries.size());
  kernel::sums_of_squares(queries.rows(), squares.data());
  for (std::size_t q = 0; q < squares.size(); ++q) {
    if (std::isfinite(squares[q])) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, "index.not_finite")
        .what("a query cannot be compared")
        .at(fmt::format("query {}", q))
        .found(std::isnan(squares[q]) ? "NaN" : "an infinite length")
        .build();
  }
}

class Search {
 public:
  Search(const SearchTarget& target, const ScoreFunction& function, const Queries& queries,
         const SearchOptions& options, const Observer& observer, const StopFlag& stop)
      : target_(target),
        function_(function),
        queries_(queries),
        options_(options),
        observer_(observer),
        stop_(stop),
        layout_(target.type),
        threads_(options.threads == 0 ? num_hardware_threads() : options.threads),
        progress_{"searching", 0, queries.size(), "queries", {}} {
    if (options.allowed == nullptr) return;
    for (FlatId id = 0; id < layout_.size(); ++id) {
      if (options.allowed->contains(layout_.id(id))) allowed_.push_back(id);
    }
  }

  Hits run() {
    found_.resize(queries_.size());
    std::vector<std::size_t> exact;
    if (target_.searcher == nullptr) {
      for (std::size_t q = 0; q < queries_.size(); ++q) exact.push_back(q);
    } else {
      exact = search_near();
      num_exact_ = exact.size();
    }
    search_exactly(exact);
    Hits out;
    for (const std::vector<Hit>& hits : found_) out.push_back(hits);
    out.num_refilled = num_refilled_;
    out.num_exact = num_exact_;
    return out;
  }

 private:
  /// What the query must not get, ascending, each once.
  std::vector<FlatId> excluded(std::size_t query) const {
    std::vector<FlatId> out;
    if (!options_.excluded) return out;
    for (const EntityId id : options_.excluded(query)) out.push_back(layout_.flat(id));
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }
  std::size_t num_competing() const {
    return options_.allowed == nullptr ? layout_.size() : allowed_.size();
  }
  /// Entities that the query can get.
  std::size_t num_possible(std::span<const FlatId> excluded) const {
    if (options_.allowed == nullptr) return layout_.size() - excluded.size();
    const auto out = std::count_if(excluded.begin(), excluded.end(), [&](FlatId id) {
      return options_.allowed->contains(layout_.id(id));
    });
    return allowed_.size() - static_cast<std::size_t>(out);
  }

  /// Scores what was found and keeps the best k.
  void keep_best(std::size_t query, std::span<const FlatId> ids) {
    std::vector<EntityId> entities(ids.size());
    std::vector<float> scores(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) entities[i] = layout_.id(ids[i]);
    exact_scores(function_, queries_, query, *target_.rows, entities, scores);
    std::vector<Hit> hits(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) hits[i] = {entities[i], scores[i]};
    const std::size_t count = std::min(options_.k, hits.size());
    std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(count), hits.end(),
                      [](const Hit& a, const Hit& b) {
                        if (a.score != b.score) return a.score > b.score;
                        if (a.id.partition != b.id.partition) {
                          return a.id.partition < b.id.partition;
                        }
                        return a.id.row < b.id.row;
                      });
    hits.resize(count);
    found_[query] = std::move(hits);
  }

  /// Returns the queries that are left to exact search, ascending.
  std::vector<std::size_t> search_near() {
    std::vector<char> left(queries_.size(), 0);
    std::atomic<std::size_t> done{0};
    for_each_task((queries_.size() + kQueriesOfTask - 1) / kQueriesOfTask, threads_,
                  [&](std::size_t task, std::size_t thread) {
                    check_index_stop(stop_);
                    kernel::single_threaded_products();
                    const std::size_t begin = task * kQueriesOfTask;
                    const std::size_t end = std::min(begin + kQueriesOfTask, queries_.size());
                    for (std::size_t q = begin; q < end; ++q) left[q] = search_near(q) ? 0 : 1;
                    const std::size_t so_far = done.fetch_add(end - begin) + end - begin;
                    if (thread == 0) report(so_far);
                  });
    std::vector<std::size_t> out;
    for (std::size_t q = 0; q < left.size(); ++q) {
      if (left[q] != 0) out.push_back(q);
    }
    return out;
  }

  /// False if too few were found.
  bool search_near(std::size_t query) {
    const std::vector<FlatId> without = excluded(query);
    const std::size_t wanted = std::min(options_.k, num_possible(without));
    if (wanted == 0) return true;
    // As many as are expected to hold the wanted ones: of an excluded list some come along.
    const double share = static_cast<double>(num_competing()) / layout_.size();
    const auto first =
        static_cast<std::size_t>(std::ceil(static_cast<double>(wanted) / share) +
                                 static_cast<double>(std::min(without.size(), 4 * options_.k)));
    const auto most = static_cast<std::size_t>(kMostLookedAt * layout_.size());
    std::vector<FlatId> near, kept;
    for (std::size_t fetch = first;; fetch *= 4) {
      if (fetch * target_.rescored > most) return false;
      if (fetch > first) num_refilled_.fetch_add(1, std::memory_order_relaxed);
      target_.searcher->nearest(queries_.rows().row(query), fetch * target_.rescored,
                                effort(wanted, fetch, first), near);
      kept.clear();
      for (const FlatId id : near) {
        if (std::binary_search(without.begin(), without.end(), id)) continue;
        if (options_.allowed != nullptr && !options_.allowed->contains(layout_.id(id))) continue;
        kept.push_back(id);
      }
      if (kept.size() >= wanted) break;
    }
    keep_best(query, kept);
    return true;
  }

  /// In proportion to what is wanted beyond effort_k and to what is fetched once more; what is
  /// fetched along with it since it is excluded costs none.
  std::uint32_t effort(std::size_t wanted, std::size_t fetch, std::size_t first) const {
    double factor = static_cast<double>(fetch) / static_cast<double>(first);
    if (!options_.effort && wanted > target_.effort_k) {
      factor *= static_cast<double>(wanted) / target_.effort_k;
    }
    const double effort = std::ceil(factor * options_.effort.value_or(target_.effort));
    return static_cast<std::uint32_t>(std::min<double>(effort, target_.searcher->most_effort()));
  }

  void search_exactly(std::span<const std::size_t> which) {
    if (which.empty()) return;
    const ProductSpace space(*target_.rows, target_.type, function_, queries_.wanted());
    const CandidateList candidates{allowed_, options_.allowed == nullptr};
    const std::size_t k = std::min(options_.k, num_competing()) + kSpare;
    const std::size_t at_once = std::max<std::size_t>(
        1,
        kExactBytes / (space.width() * sizeof(float) + (threads_ + 2) * k * sizeof(ScoredPlace)));
    const std::size_t before = queries_.size() - which.size();
    for (std::size_t first = 0; first < which.size(); first += at_once) {
      const auto part = which.subspan(first, std::min(at_once, which.size() - first));
      std::vector<float> rows(part.size() * space.width());
      for (std::size_t i = 0; i < part.size(); ++i) {
        space.query(queries_.rows().row(part[i]), rows.data() + i * space.width());
      }
      std::vector<std::vector<FlatId>> without(part.size());
      for (std::size_t i = 0; i < part.size(); ++i) without[i] = excluded(part[i]);
      const PlaceLists places(candidates, part.size(),
                              [&](std::size_t i) { return std::span<const FlatId>(without[i]); });
      ScoreJob job{space, candidates, ConstMatrixView(rows.data(), part.size(), space.width()),
                   threads_, [&] { check_index_stop(stop_); }};
      job.progress = [&](std::uint64_t num_scores) {
        report(before + first + num_scores / std::max<std::size_t>(1, job.num_candidates()));
      };
      const auto best = top_candidates(job, k, [&](std::size_t i) { return places[i]; });
      parallel_for(part.size(), threads_, [&](std::size_t i) {
        std::vector<FlatId> ids;
        for (const ScoredPlace& each : best[i]) ids.push_back(candidates.id_at(each.place));
        keep_best(part[i], ids);
      });
    }
  }

  void report(std::uint64_t done) {
    progress_.done = done;
    observer_.report(progress_);
  }

  const SearchTarget& target_;
  const ScoreFunction& function_;
  const Queries& queries_;
  const SearchOptions& options_;
  const Observer& observer_;
  const StopFlag& stop_;
  TypeLayout layout_;
  std::size_t threads_;
  Progress progress_;
  std::vector<FlatId> allowed_;  // ascending; empty without a set
  std::vector<std::vector<Hit>> found_;
  std::atomic<std::uint64_t> num_refilled_{0};
  std::uint64_t num_exact_ = 0;
};

}  // namespace

Hits search_target(const SearchTarget& target, const ScoreFunction& function,
                   const Queries& queries, const SearchOptions& options, const Observer& observer,
                   const StopFlag& stop) {
  check_finite(queries);
  return Search(target, function, queries, options, observer, stop).run();
}

}  // namespace twhin
