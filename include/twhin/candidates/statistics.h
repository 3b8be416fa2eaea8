// twhin/candidates/statistics.h -- how diverse many lists of candidates are.
//
//   coverage     entities that stand in any list / entities that could
//   distance     mean over lists of the mean of 1 - cos of two rows of it (0 alike, 1 unrelated)
//   popularity   mean over lists of the mean number of training edges of its entities, by the
//                relations that tell what the asking has already
//   components   mean over lists of the number of components that it has candidates of; 0 for lists
//                that whole vectors found
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "twhin/candidates/candidates.h"
#include "twhin/metrics/recommendation.h"

namespace twhin {

struct ListStatistics {
  std::uint64_t num_lists = 0;  ///< with at least one candidate; means are over them
  double length = std::numeric_limits<double>::quiet_NaN();
  double coverage = std::numeric_limits<double>::quiet_NaN();
  double distance = std::numeric_limits<double>::quiet_NaN();  ///< over lists of two and more
  std::optional<double> popularity;                            ///< empty if no edges were counted
  double components = std::numeric_limits<double>::quiet_NaN();
};

/// Collects lists, in any order with nearly the same result (sums of doubles).
class ListStatisticsSum {
 public:
  /// `num_candidates` is how many entities could stand in a list. Borrows the generator.
  ListStatisticsSum(const CandidateGenerator& generator, std::uint64_t num_candidates);
  ~ListStatisticsSum();

  /// Counts the training edges of each candidate; without, popularity is empty.
  void count_edges(const Graph& graph, const Observer& observer = {}, const StopFlag& stop = {});
  void add(const CandidateList& list);
  ListStatistics statistics() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace twhin
