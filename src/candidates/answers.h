// candidates/answers.h -- queries become lists: who asks, what it has, searches, merging.
#pragma once

#include <span>
#include <vector>

#include "candidates/asked.h"
#include "candidates/open_generator.h"

namespace twhin {

/// One search of a query: with its own vector, or with a component.
struct Probe {
  std::size_t query;
  double weight = 1.0;
  std::int64_t component = kNoComponent;
};

/// Searches of one kind, and what they found.
struct Probes {
  std::vector<Probe> probes;  ///< by query
  std::vector<float> rows;    ///< [probes, dim]
  Hits hits;

  void add(const Probe& probe, std::span<const float> row) {
    probes.push_back(probe);
    rows.insert(rows.end(), row.begin(), row.end());
  }
};

/// The queries of one call of find(), step by step.
class Answers {
 public:
  Answers(const OpenGenerator& state, std::span<const CandidateQuery> queries)
      : state_(state),
        options_(state.options),
        queries_(queries),
        dim_(state.rows->dim()),
        asked_(queries.size()),
        excluded_(queries.size()) {}

  std::vector<CandidateList> run(CandidateCounts& counts, const Observer& observer,
                                 const StopFlag& stop);

 private:
  void ask(const StopFlag& stop);
  void collect();
  void exclude(std::size_t query);
  void search(const Searcher& searcher, Probes& probes, const Observer& observer,
              const StopFlag& stop) const;
  CandidateList list_of(std::size_t query) const;
  std::vector<Candidate> rescored(std::size_t query, std::vector<Candidate> pool) const;
  void drop_low(std::vector<Candidate>& list) const;

  const OpenGenerator& state_;
  const CandidateOptions& options_;
  std::span<const CandidateQuery> queries_;
  std::size_t dim_;
  std::vector<Asked> asked_;
  std::vector<std::vector<EntityId>> excluded_;
  Probes vectors_, components_;
  std::vector<std::size_t> first_vector_, first_component_;  // of each query, then the number
};

}  // namespace twhin
