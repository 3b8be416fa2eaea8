// index/recall.h -- how many of the nearest an index finds, on queries like those that it will get.
//
//     recall = mean over queries of #{found : score(found) >= k-th best exact score} / k
//
// By score, so that of entities that score alike it does not matter which were found.
#pragma once

#include <string>
#include <vector>

#include "index/search.h"
#include "twhin/index/options.h"

namespace twhin {

/// Queries of one kind with what exact search gives them.
class RecallQueries {
 public:
  /// The kinds that options.relations and options.seed say: for each relation those of both ends
  /// that the type can be wanted at; without relations the type's own rows, each of which is not to
  /// find itself. They have passed check().
  static std::vector<RecallQueries> draw(const ModelVersion& version, std::uint32_t type,
                                         Comparator comparator, const IndexOptions& options,
                                         std::size_t threads, const Observer& observer,
                                         const StopFlag& stop);

  /// Whether an index of the type gets the queries of options.relations. An exact one answers any
  /// of its type, and is not measured: then only their names must be known.
  /// Errors    not_found "schema.unknown_relation"; invalid_argument "index.foreign_relation" for
  ///           one that the type has no part in, "index.transformed_candidates", "index.options".
  static void check(const ModelVersion& version, std::uint32_t type, Comparator comparator,
                    const IndexOptions& options);

  const std::string& name() const { return name_; }
  std::size_t size() const { return queries_.size(); }
  /// Of the target with that effort.
  double recall(const SearchTarget& target, std::uint32_t effort, std::size_t threads,
                const StopFlag& stop) const;

 private:
  RecallQueries(std::string name, ScoreFunction function)
      : name_(std::move(name)), function_(std::move(function)) {}
  void solve(const SearchTarget& exact, std::size_t k, std::size_t threads,
             const Observer& observer, const StopFlag& stop);
  SearchOptions search_options(std::size_t threads) const;

  std::string name_;
  ScoreFunction function_;
  Queries queries_;
  std::vector<EntityId> itself_;  // of the type's own rows
  std::size_t k_ = 0;
  std::vector<std::vector<float>> best_;  // exact scores, the best first
};

}  // namespace twhin
