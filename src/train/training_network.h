// train/training_network.h -- the part of a graph that one run trains, with all options resolved.
//
// Types and relations are numbered anew, in the order of the graph's schema: only those that the
// network uses. Every type has P partitions or one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "train/bucket_order.h"
#include "twhin/graph/graph.h"
#include "twhin/graph/vectors.h"
#include "twhin/train/options.h"

namespace twhin::training {

struct TrainedType {
  std::string name;
  std::uint32_t graph_type = 0;  ///< index in the graph's schema
  std::vector<std::uint32_t> partition_sizes;
  float learning_rate = 0.0f;
  bool frozen = false;
  VectorSource vectors;  ///< what rows begin with; empty: random numbers
  float pull = 0.0f;     ///< 0 of a frozen type, and of one with vectors

  bool is_partitioned() const { return partition_sizes.size() > 1; }
  std::uint64_t num_entities() const;
  std::uint32_t largest_partition() const;
  /// Id of row 0 of a partition among all rows of the type, partition after partition.
  std::uint32_t first_id(std::uint32_t partition) const;
};

struct TrainedRelation {
  std::string name;
  std::uint32_t graph_relation = 0;
  std::uint32_t lhs = 0, rhs = 0;  ///< indices of trained types
  std::uint64_t num_edges = 0;     ///< of split "train", as many as an epoch trains
  RelationOptions options;
  float weight = 1.0f;  ///< options.weight, balanced as `train.balance_relations` wants
  float pull = 0.0f;
  SideNegatives lhs_negatives = SideNegatives::sampled;
  SideNegatives rhs_negatives = SideNegatives::sampled;
  /// Of a refresh: the old edges of all files before (i, j) at i * partitions of the rhs + j, and
  /// of all files at the end.
  std::vector<std::uint64_t> old_edges = {};
};

/// One partition of one type.
struct PartId {
  std::uint32_t type = 0;
  std::uint32_t partition = 0;
  friend auto operator<=>(const PartId&, const PartId&) = default;
};

/// The edges of a relation that are trained with a bucket: a part of one file of the graph.
///
/// A relation between two partitioned types has its own file for each bucket. If only one of its
/// types is partitioned, file p belongs to the diagonal bucket (p, p), which has that partition in
/// memory anyway. If none is, each diagonal bucket trains 1/P of its only file.
struct EdgeShare {
  std::uint32_t relation = 0;
  std::uint32_t lhs_partition = 0, rhs_partition = 0;
  std::uint64_t file_edges = 0;       ///< all edges of the file
  std::uint64_t trained_edges = 0;    ///< of them in an epoch: all, but for a refresh
  std::uint64_t first = 0, last = 0;  ///< places [first, last) in the order of their training
};

struct TrainingNetwork {
  std::string name;
  std::vector<TrainedType> types;
  std::vector<TrainedRelation> relations;
  std::uint32_t num_partitions = 1;  ///< P
  std::uint64_t num_edges = 0;       ///< of an epoch
  /// The share of old edges that an epoch trains beside the new ones; none: all edges.
  std::optional<float> replay;
  float replayed_weight = 1.0f;     ///< of an old edge's loss, with `replay`
  std::uint64_t num_new_edges = 0;  ///< with `replay`

  /// Errors    not_found "graph.unknown_network"; invalid_argument "train.unknown_entity_type",
  ///           "train.unknown_relation" for options of what the graph does not have,
  ///           "train.no_edges", "train.partition_counts" if types have P and Q partitions,
  ///           "train.vector_names" for names without a .npy, "train.no_new_edges".
  static TrainingNetwork of(const Graph& graph, const TrainConfig& config);

  /// Whether any rows or relations are pulled toward what they were.
  bool pulls() const;
  /// The types and relations as a version records them.
  Schema schema() const;

  /// How many edges of a file an epoch trains: all, or of a refresh the new ones and
  ///
  ///     round(replay (before + old)) - round(replay before)
  ///
  /// of the `old` ones, `before` those of the files before it. So a relation has round(replay n) of
  /// its n old edges in every epoch, however few a file has. The files are one after the other in a
  /// circle, which begins at another one in each epoch, so that all of few edges have their turn.
  std::uint64_t trained_edges(const Graph& graph, std::uint32_t relation,
                              std::uint32_t lhs_partition, std::uint32_t rhs_partition,
                              std::uint32_t epoch) const;
  /// What a bucket trains in chunk `chunk` of `num_chunks`; shares without edges are left out.
  std::vector<EdgeShare> shares(const Graph& graph, const Bucket& bucket, std::uint32_t chunk,
                                std::uint32_t num_chunks, std::uint32_t epoch) const;
  /// The parts that a bucket's edges end in, unpartitioned types included.
  std::vector<PartId> parts_of(const Bucket& bucket) const;
};

}  // namespace twhin::training
