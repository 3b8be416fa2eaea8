// candidates/known.h -- what entities have already, by the edges of a graph.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "candidates/ends.h"
#include "evaluate/edge_source.h"
#include "evaluate/id_lists.h"

namespace twhin {

/// Edges that count, and at which end of them who asks stands.
struct KnownRelation {
  std::uint32_t relation;
  Side asking;
};

/// All that join the type that asks with that of the candidates.
std::vector<KnownRelation> joining_relations(const Schema& schema, const Ends& ends);
/// options.exclude_relations, or what stands for it.
/// Errors    invalid_argument "candidates.unrelated"; not_found "schema.unknown_relation".
std::vector<KnownRelation> known_relations(const Schema& schema, const CandidateOptions& options,
                                           const Ends& ends);
/// options.exclude_splits, or what stands for it.
/// Errors    not_found "evaluate.unknown_split".
std::vector<std::string> known_splits(const Graph& graph, const CandidateOptions& options);

class KnownLists {
 public:
  /// Those of the asking entities; `num_asking` is how many their type has.
  static KnownLists read(EdgeSource& source, std::span<const KnownRelation> relations,
                         const std::vector<std::string>& splits, std::span<const FlatId> asking,
                         std::uint32_t num_asking, const Observer& observer, const StopFlag& stop);

  /// Whether the entity was among those that lists were read for.
  bool was_read(FlatId asking) const { return list_of_[asking] != kNone; }
  std::span<const FlatId> operator[](FlatId asking) const { return lists_[list_of_[asking]]; }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::vector<std::uint32_t> list_of_;
  IdLists lists_;
};

}  // namespace twhin
