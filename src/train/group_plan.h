// train/group_plan.h -- which edges make the groups of one bucket, and in which order.
//
//   place k of a relation's edges in training order = edge  permutation_r(k), of those that the
//                                                     epoch trains (train/edge_selection.h)
//   group g of its G groups                         = places [first + n g / G, first + n (g+1) / G)
//   n-th group of the bucket                        = group  permutation(n)  of all relations'
//   groups
//
// with n edges of the relation in this bucket and chunk, and G = ceil(n / group size): groups of a
// relation differ by one edge at most, so there is no small last one. The order of groups is a
// random one of all relations' together, hence at any moment a relation's chance to be next is
// proportional to its groups left. Both permutations are evaluated point by point (base/rng.h):
// nothing is shuffled, copied or stored, and a bucket can be entered at any group.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "train/edge_selection.h"
#include "train/id_ranges.h"
#include "train/known_edges.h"
#include "train/part.h"
#include "train/training_network.h"
#include "twhin/base/rng.h"
#include "twhin/storage/edges.h"

namespace twhin::training {

/// The edges of one relation in a bucket, with the memory of the two partitions.
struct RelationEdges {
  const TrainedRelation* relation = nullptr;
  EdgeShare share;
  EdgeBucket file;  ///< keeps `edges` alive, if they are a file's
  EdgeSpan edges;
  Part* lhs = nullptr;
  Part* rhs = nullptr;
  /// Where uniform replacements of each end come from. None: the edges' own partition.
  std::shared_ptr<const IdRanges> lhs_candidates, rhs_candidates;
  std::shared_ptr<const KnownEdges> known;         ///< of the file; none: they are not masked
  std::shared_ptr<const EdgeSelection> selection;  ///< none: all edges of the file are trained
};

/// Key of everything random in a step's pass; `bucket` is the first of its buckets.
struct PassKey {
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  Bucket bucket;
  std::uint32_t chunk = 0;

  std::uint64_t bucket_word() const { return (std::uint64_t{bucket.lhs} << 32) | bucket.rhs; }
};

/// One group: places [first, first + count) of a relation's edges.
struct GroupRange {
  const RelationEdges* edges = nullptr;
  const Permutation* order = nullptr;
  std::uint64_t first = 0;
  std::size_t count = 0;
};

class GroupPlan {
 public:
  GroupPlan(std::vector<RelationEdges> relations, std::size_t group_size, const PassKey& key);

  std::uint64_t num_groups() const { return order_.size(); }
  std::uint64_t num_edges() const { return num_edges_; }
  const std::vector<RelationEdges>& relations() const { return relations_; }
  const PassKey& key() const { return key_; }

  /// Requires n < num_groups().
  GroupRange group(std::uint64_t n) const;

 private:
  PassKey key_;
  std::vector<RelationEdges> relations_;
  std::vector<std::uint64_t> first_group_;  // of each relation, and the end
  std::vector<Permutation> edge_orders_;    // by relation
  Permutation order_;
  std::uint64_t num_edges_ = 0;
};

}  // namespace twhin::training
