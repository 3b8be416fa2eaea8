// candidates/asked.h -- a query as the vectors that are searched with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "candidates/ends.h"
#include "twhin/candidates/candidates.h"

namespace twhin {

struct Asked {
  std::vector<float> own;             ///< [dim]; empty if only components are searched
  std::vector<Component> components;  ///< the heaviest first; empty if the own vector is searched
  std::vector<float> rows;            ///< [components, dim]
  std::string refused;                ///< then all else is empty
  bool without_mixture = false;       ///< has no components, though a mixture is asked by
};

/// Threads   asked() may be called concurrently.
class Asker {
 public:
  /// `mixture` is nullptr unless it is asked by. Borrows all.
  Asker(const ModelVersion& version, const CandidateOptions& options, const Ends& ends,
        const Mixture* mixture);

  void accept_engagements(const Mixture& mixture, const InferOptions& options);
  bool accepts_engagements() const { return inference_ != nullptr; }

  /// Errors    as CandidateGenerator::find.
  Asked asked(const CandidateQuery& query) const;
  /// Components that a query has at most.
  std::size_t most_components() const;

 private:
  Asked by_entity(EntityId entity) const;
  Asked by_vector(const CandidateQuery& query) const;
  Asked by_engagements(const CandidateQuery& query) const;
  void keep_heaviest(Asked& asked) const;
  bool needs_own(const Asked& asked) const { return options_.rescore || asked.components.empty(); }

  const CandidateOptions& options_;
  const Ends& ends_;
  const Mixture* mixture_;
  const ModelVersion& version_;
  std::unique_ptr<Rows> rows_;  // of the asking type
  std::unique_ptr<MixtureInference> inference_;
};

}  // namespace twhin
