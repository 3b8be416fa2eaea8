// twhin/candidates/output.h -- lists of candidates as tables and as JSON lines.
//
//   table   a row for each candidate: user (who asks), candidate (names, without their types), rank
//           (from 1), score, component (cluster of the mixture, -1: a whole vector found it),
//           model_version ("all/v3")
//   JSON    {"query": "user:17", "model_version": "all/v3", "components": [{"component": 12,
//           "weight": 0.6}, …], "candidates": [{"rank": 1, "entity": "user:4", "score": 2.25,
//           "component": 12}, …]}, in one line; "refused" says why there are none if nobody could
//           be asked for
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "twhin/candidates/candidates.h"

namespace twhin {

/// The names behind queries and candidates. Borrows the generator's version.
class CandidateNames {
 public:
  explicit CandidateNames(const CandidateGenerator& generator);

  /// Name of who asks: query.name, or that of the entity.
  std::string_view asking(const CandidateQuery& query) const;
  std::string_view candidate(EntityId id) const { return candidates_.name(id); }
  /// The same with the type in front.
  std::string typed(const CandidateQuery& query) const;
  std::string typed(EntityId candidate) const;
  /// "all/v3".
  const std::string& model_version() const { return model_version_; }

 private:
  std::string asking_type_, candidate_type_, model_version_;
  Vocabulary asking_, candidates_;
};

/// Writes a table of any length in constant memory: .parquet, .tsv or .csv. It appears complete at
/// commit(), or not at all.
/// Errors    those of twhin/graph/table_writer.h.
class CandidateTable {
 public:
  CandidateTable(const std::filesystem::path& path, const CandidateNames& names);
  ~CandidateTable();

  void add(const CandidateQuery& query, const CandidateList& list);
  std::uint64_t num_rows() const;
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One list as a line of JSON, without the line's end.
std::string to_json(const CandidateNames& names, const CandidateQuery& query,
                    const CandidateList& list);

}  // namespace twhin
