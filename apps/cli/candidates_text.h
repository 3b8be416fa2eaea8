// cli/candidates_text.h -- lists of candidates, and what became of many, for a terminal.
#pragma once

#include <optional>
#include <string>

#include "twhin/candidates/output.h"
#include "twhin/candidates/statistics.h"

namespace twhin::cli {

/// "unimodal by follow, hnsw index (recall@10 0.97), dot; all/v3".
std::string describe(const CandidateGenerator& generator, const CandidateNames& names);

/// A line that names who asks, and the list as a table.
std::string to_text(const CandidateNames& names, const CandidateQuery& query,
                    const CandidateList& list);

/// What became of all lists.
struct CandidateSummary {
  CandidateCounts counts;
  double seconds = 0.0;  ///< of searching and writing
  std::string out;       ///< file; empty: none
  std::uint64_t num_bytes = 0;
  std::optional<ListStatistics> statistics;
};

std::string to_text(const CandidateSummary& summary, const CandidateOptions& options);
std::string to_json(const CandidateSummary& summary, const CandidateGenerator& generator,
                    const CandidateNames& names);

}  // namespace twhin::cli
