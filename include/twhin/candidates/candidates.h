// twhin/candidates/candidates.h -- candidates: a few entities out of all, for whoever asks.
//
//   unimodal   the k entities t with the largest s(u, r, t) = c(g_r(x[u]), x[t])       (Eq. 1)
//              or, without a relation, c(x[u], x[t])
//   mixture    u is a distribution P(c | u) over clusters (Eq. 3). Each component c is searched for
//              with its own vector y_c (centroid, medoid or the user's mean within the cluster) and
//              fills k P(c | u) places, by largest remainder; an entity that several find stands
//              once; places that a component cannot fill go to the others. With
//              transform_components, g_r(y_c) is searched for.
//   rescored   a mixture's lists of pool * k places, united; of these the k with the largest
//              s(u, r, t) by the user's own vector
//
// Who asks is an entity of the model, a vector, or somebody new with a list of engagements, from
// which twhin/mixture/infer.h makes components and a vector. Entities that who asks has already, it
// itself, and those that filters leave out are no candidates and do not shorten a list.
//
// Source: El-Kishky et al., TwHIN, KDD 2022, sections 4.4 and 5.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/candidates/options.h"
#include "twhin/graph/graph.h"
#include "twhin/index/index.h"
#include "twhin/mixture/infer.h"
#include "twhin/model/version.h"

namespace twhin {

/// Of a candidate that a whole vector found.
inline constexpr std::int64_t kNoComponent = -1;

struct Candidate {
  EntityId id;
  float score = 0.0f;
  std::int64_t component = kNoComponent;  ///< cluster of the mixture that gave it
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// Who asks: one of the three.
struct CandidateQuery {
  std::string name;                ///< for messages and output; empty: that of the entity
  std::optional<EntityId> entity;  ///< of CandidateGenerator::asking_type()
  std::vector<float> vector;       ///< [dim], used like a row of the model
  std::vector<Engagement> engagements;
};

struct CandidateList {
  std::vector<Candidate> candidates;  ///< the best first; rank i + 1 is candidates[i]
  std::vector<Component> components;  ///< that were searched for, the heaviest first; empty: a
                                      ///< whole vector was
  /// Why there are none, if nobody could be asked for: "2 known engagements, 5 are needed".
  std::string refused;
};

/// What happened over many lists.
struct CandidateCounts {
  std::uint64_t num_lists = 0, num_candidates = 0;
  std::uint64_t num_refused = 0;          ///< lists for which nothing could be searched
  std::uint64_t num_short = 0;            ///< other lists with fewer than k candidates
  std::uint64_t num_without_mixture = 0;  ///< entities without engagements: asked by their vector
  std::uint64_t num_refilled = 0, num_exact = 0;  ///< searches; see twhin/index/index.h

  void add(const CandidateCounts& other);
};

/// A version opened for candidates of one kind. Borrows the version.
/// Threads   find() may be called concurrently; the others not.
class CandidateGenerator {
 public:
  /// Opens index and mixture.
  ///
  /// Errors    not_found "schema.unknown_relation", "schema.unknown_entity_type", those of
  ///           Mixture::open and Index::open; invalid_argument "candidates.no_type" if nothing says
  ///           which entities are wanted or who asks, "candidates.wrong_end" if who asks is at no
  ///           end of the relation, "candidates.no_mixture" if the mixture is not of who asks,
  ///           "candidates.cannot_answer" if the named backend cannot answer such queries; those of
  ///           the options' limits.
  CandidateGenerator(const ModelVersion& version, const CandidateOptions& options);
  ~CandidateGenerator();
  CandidateGenerator(CandidateGenerator&&) noexcept;

  const ModelVersion& version() const;
  const CandidateOptions& options() const;
  std::uint32_t asking_type() const;
  std::uint32_t candidate_type() const;
  /// The index that answers: of the components, or of whole vectors if those are asked for.
  const IndexInfo& index() const;
  /// Comparator of the scores that lists carry.
  Comparator comparator() const;
  /// Name of the mixture that is asked by; empty: unimodal.
  std::string mixture() const;

  /// Relations whose edges tell what the asking has already; none of exclude_relations is empty.
  std::vector<std::string> excluded_relations() const;
  /// The end of one of them at which candidates stand.
  Side candidates_at(std::uint32_t relation) const;
  /// Those of the asking type that have an edge in a split, ascending: of the asked relation, or
  /// without one of excluded_relations().
  /// Errors    not_found "evaluate.unknown_split"; cancelled "evaluate.cancelled".
  std::vector<EntityId> asking_in(const Graph& graph, const std::string& split,
                                  const Observer& observer = {}, const StopFlag& stop = {}) const;
  /// Those that can be candidates by options().items, in the same relations' edges.
  /// Errors    cancelled "evaluate.cancelled".
  EntitySet competing(const Graph& graph, const Observer& observer = {},
                      const StopFlag& stop = {}) const;
  /// Reads what these entities have already from the graph of the version, or another one, whose
  /// entities are matched by name. Replaces what was read before.
  ///
  /// Memory    4 bytes an entity of the asking type, 8 bytes an edge of `asking`.
  /// Errors    not_found "evaluate.unknown_split"; invalid_argument "candidates.unrelated" for a
  ///           relation that does not join the two types; cancelled "evaluate.cancelled".
  void exclude_known(const Graph& graph, std::span<const EntityId> asking,
                     const Observer& observer = {}, const StopFlag& stop = {});

  /// From now on, queries may be lists of engagements. Opens the mixture, also if it is not asked
  /// by, since it is what infers.
  /// Errors    those of Mixture::open and MixtureInference.
  void accept_engagements(const InferOptions& options);
  /// What infers. Requires accept_engagements().
  const MixtureInfo& inferring_mixture() const;

  /// From now on, only these are candidates. The set must outlive its use; nullptr: all.
  void allow(const EntitySet* allowed);

  /// A list for each query. Adds to `counts`.
  ///
  /// Errors    invalid_argument "candidates.vector_size", "candidates.no_components" for a vector
  ///           that asks by mixture, "candidates.not_read" for an entity that exclude_known() was
  ///           not told of; those of MixtureInference::user; "index.not_finite"; cancelled
  ///           "candidates.cancelled", "index.cancelled".
  std::vector<CandidateList> find(std::span<const CandidateQuery> queries, CandidateCounts& counts,
                                  const Observer& observer = {}, const StopFlag& stop = {}) const;

  /// For whoever cuts many queries into pieces: bytes that one takes while it is answered, and how
  /// many make a piece at most.
  std::uint64_t bytes_per_query() const;
  std::size_t most_at_once() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Queries that need not all be there at once.
struct QuerySource {
  std::size_t size = 0;
  std::function<CandidateQuery(std::size_t i)> query;
};
using ListVisitor = std::function<void(const CandidateQuery&, const CandidateList&)>;

/// Answers queries in their order, as many at a time as options().query_memory admits. `visit` runs
/// on the caller's thread while the next ones are searched for.
/// Errors    those of find() and of `visit`.
CandidateCounts for_each_list(const CandidateGenerator& generator, const QuerySource& queries,
                              const ListVisitor& visit, const Observer& observer = {},
                              const StopFlag& stop = {});

}  // namespace twhin
