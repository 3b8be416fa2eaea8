// mixture/engagements.h -- the training edges between users and targets, as counts weigh them.
//
//     weight of an edge = its own * its relation's * 2^(-(latest - timestamp) / half_life)
//
// with `latest` the largest timestamp of all counted edges. Edges of weight 0 or less (or NaN)
// count nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "model/layout.h"
#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/graph/graph.h"
#include "twhin/mixture/options.h"
#include "twhin/model/version.h"

namespace twhin {

/// A relation whose edges are engagements.
struct CountedRelation {
  std::uint32_t relation = 0;        ///< in the version's schema
  std::uint32_t graph_relation = 0;  ///< in the graph's
  std::uint32_t user_type = 0;       ///< in the version's schema
  float weight = 1.0f;
};

/// The relations that the options name, or all that have targets at target_side.
/// Errors    not_found "schema.unknown_relation"; invalid_argument "mixture.wrong_relation" if one
///           has other entities at target_side, "mixture.no_relations", "mixture.no_timestamps",
///           "mixture.other_graph" unless the version was trained on the graph.
std::vector<CountedRelation> counted_relations(const ModelVersion& version, const Graph& graph,
                                               std::uint32_t target_type,
                                               const MixtureOptions& options);

/// One engagement of a user.
struct EngagementRecord {
  std::uint32_t cluster = 0;
  FlatId target = 0;
  float weight = 0.0f;
};

class EngagementReader {
 public:
  /// Reads all edges once, to count them.
  /// Errors    those of EdgeStream; cancelled "mixture.cancelled".
  EngagementReader(const Graph& graph, const Schema& schema, std::uint32_t target_type,
                   const MixtureOptions& options, std::vector<CountedRelation> relations,
                   const Observer& observer, const StopFlag& stop);

  /// Types at the users' end, ascending.
  const std::vector<std::uint32_t>& user_types() const { return user_types_; }
  /// Engagements of each user of a partition.
  std::span<const std::uint32_t> degrees(std::uint32_t user_type, std::uint32_t partition) const;
  std::uint64_t num_engagements() const { return num_engagements_; }
  std::uint64_t num_weightless() const { return num_weightless_; }

  /// Calls body(user, records) once for each of the users [first, last) of a partition, from
  /// `threads` threads at once: with all engagements of the user, ordered by (cluster, target,
  /// weight). Reads the partition's edges once.
  ///
  /// Memory    12 bytes an engagement of these users.
  void visit(
      std::uint32_t user_type, std::uint32_t partition, std::uint32_t first, std::uint32_t last,
      std::span<const std::uint32_t> clusters_of_targets, std::size_t threads,
      const std::function<void(std::uint32_t user, std::span<const EngagementRecord>)>& body) const;

  /// Ends of ranges of a partition's users that take no more than `bytes` each, or one user:
  /// `bytes_per_component` for each of at most m components, and the engagements themselves.
  std::vector<std::uint32_t> range_ends(std::uint32_t user_type, std::uint32_t partition,
                                        std::uint64_t bytes, std::uint64_t bytes_per_component,
                                        std::uint32_t m) const;

 private:
  struct Edge {
    std::uint32_t user;
    FlatId target;
    float weight;
  };
  void for_each_edge(std::uint32_t user_type, std::uint32_t partition,
                     const std::function<void(const Edge&)>& body) const;
  void find_latest();
  std::size_t index_of(std::uint32_t user_type) const;

  const Graph& graph_;
  const Schema& schema_;
  std::uint32_t target_type_;
  Side target_side_;
  double half_life_ = 0.0;  // 0: age does not matter
  std::vector<CountedRelation> relations_;
  TypeLayout targets_;
  std::vector<std::uint32_t> user_types_;
  std::vector<std::vector<std::vector<std::uint32_t>>> degrees_;  // type, partition, row
  std::int64_t latest_ = std::numeric_limits<std::int64_t>::min();
  std::uint64_t num_engagements_ = 0, num_weightless_ = 0;
  const StopFlag& stop_;
};

}  // namespace twhin
