// candidates/open_generator.h -- what a CandidateGenerator has opened.
#pragma once

#include <memory>
#include <optional>

#include "candidates/asked.h"
#include "candidates/ends.h"
#include "candidates/known.h"
#include "candidates/searcher.h"
#include "model/layout.h"
#include "twhin/candidates/candidates.h"

namespace twhin {

struct OpenGenerator {
  /// Errors    as CandidateGenerator's constructor.
  OpenGenerator(const ModelVersion& version, const CandidateOptions& options);

  const Searcher& main() const { return mixture ? components : vectors; }

  const ModelVersion& version;
  const CandidateOptions options;
  const std::optional<Mixture> mixture;
  std::optional<Mixture> inferring;  // the same, if it is only inferred by
  const Ends ends;
  Asker asker;
  Searcher vectors, components;
  const TypeLayout asking_layout, candidate_layout;
  const std::unique_ptr<Rows> rows;  // of the candidates
  const std::size_t threads;
  std::optional<KnownLists> known;
  const EntitySet* allowed = nullptr;
};

}  // namespace twhin
