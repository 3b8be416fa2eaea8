// candidates/searcher.h -- a score function with the index that answers it.
#pragma once

#include <memory>

#include "candidates/ends.h"
#include "twhin/candidates/options.h"
#include "twhin/index/index.h"

namespace twhin {

struct Searcher {
  ScoreFunction function;
  Side wanted = Side::rhs;
  std::shared_ptr<const Index> index;
};

/// For whole vectors: the relation's function, or that of rows as they are.
Searcher searcher_of_vectors(const ModelVersion& version, const CandidateOptions& options,
                             const Ends& ends);
/// For components, `vectors` being the one for whole vectors.
Searcher searcher_of_components(const ModelVersion& version, const CandidateOptions& options,
                                const Ends& ends, const Searcher& vectors);

/// Opens what options.backend names, for the searcher whose lists are asked for.
/// Errors    those of Index::open; invalid_argument "candidates.cannot_answer".
void open_index(const ModelVersion& version, const CandidateOptions& options, const Ends& ends,
                Searcher& searcher);

}  // namespace twhin
