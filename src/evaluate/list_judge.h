// evaluate/list_judge.h -- what lists of recommendations are worth, as they come.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "evaluate/item_lists.h"
#include "evaluate/summary.h"
#include "twhin/evaluate/recommend.h"

namespace twhin {

/// Judges each user's list at every k; sums up in the order of the users, so that no result depends
/// on threads or on how many lists come at a time.
/// Memory    100 bytes a user and k, 4 bytes an item.
class ListJudge {
 public:
  /// All are borrowed.
  ListJudge(const ScoringView& model, const ItemLists& lists, const RecommendOptions& options,
            std::size_t threads);

  /// Lists of users [first, first + recommended.size()), each with the best item first.
  void add(std::size_t first, const std::vector<std::vector<std::uint64_t>>& recommended);

  std::vector<ListQuality> quality() const;
  /// By group, by k.
  std::vector<std::vector<metrics::RecommendationMetrics>> groups(const Division& division) const;

 private:
  /// What one list at one k was worth.
  struct Figures {
    std::optional<metrics::ListMetrics> metrics;
    std::optional<double> diversity, popularity;
  };

  void judge(std::size_t user, const std::vector<std::uint64_t>& items);
  ListQuality quality_at(std::size_t i) const;
  RecommendationIntervals intervals(std::span<const Figures> figures) const;

  const Rows& rows_;
  TypeLayout layout_;
  const ItemLists& lists_;
  const RecommendOptions& options_;
  std::size_t threads_;
  std::vector<std::vector<Figures>> figures_;  // by k, by user
  std::vector<std::uint32_t> best_place_;      // of each item in any list, from 0
};

}  // namespace twhin
