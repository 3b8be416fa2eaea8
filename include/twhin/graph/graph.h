// twhin/graph/graph.h -- an imported network, opened for reading.
//
//   graph/   manifest.json · vocabulary/<type>.<partition>.names · edges/<relation>/<i>.<j>.edges
//            splits/<split>/<relation>/<i>.<j>.edges · stats.json · config.yaml
//            edges/<relation>/<i>.<j>.new, of a graph that was imported on a base
//
// Bucket (i, j) of a relation holds its edges from partition i of its lhs type to partition j of
// its rhs type. Edges of split "train" lie under edges/, those held out under splits/. A container
// of kind "new_edges" tells those of a bucket that split "train" of the base had not: "bits" u64,
// bit k % 64 of word k / 64 for edge k. Buckets without any have none.
//
// Threads   const members may be called concurrently.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/storage/edges.h"
#include "twhin/storage/manifest.h"
#include "twhin/storage/schema.h"
#include "twhin/storage/time_range.h"
#include "twhin/storage/vocabulary.h"

namespace twhin {

/// The split that training reads.
inline constexpr const char* kTrainSplit = "train";

inline constexpr const char* kNewEdgesKind = "new_edges";

/// A named subset of relations that are trained together.
struct Network {
  std::string name;
  std::vector<std::uint32_t> relations;  ///< indices into the schema, ascending
};

/// What import counted of one relation; rows in = edges + duplicates + self_loops + filtered +
/// rejected.
struct RelationCounts {
  std::uint64_t rows = 0, duplicates = 0, self_loops = 0, filtered = 0, rejected = 0;
  std::map<std::string, std::uint64_t> edges;  ///< by split
};

/// What a graph knows of its growth: the graph that it was imported on, and the number of edges of
/// split "train" that it had not, by bucket_file(); buckets without any are left out.
struct GraphGrowth {
  std::uint64_t base_checksum = 0;
  std::map<std::string, std::uint64_t> new_edges;
};

class Graph {
 public:
  static constexpr const char* kFormat = "twhin.graph";
  /// The options of the import; a note of the manifest, since threads and the names of the sources
  /// are no part of the graph.
  static constexpr const char* kConfigFile = "config.yaml";

  /// Errors    those of Manifest::read; corrupt_data "graph.bad_meta".
  static Graph open(const std::filesystem::path& directory);
  /// The same for a directory whose manifest is at hand and need not be written yet.
  static Graph open(const std::filesystem::path& directory, Manifest manifest);

  const std::filesystem::path& path() const { return path_; }
  const Schema& schema() const { return schema_; }
  /// Checksum of the manifest, which a model records.
  std::uint64_t checksum() const { return manifest_.checksum; }
  const Manifest& manifest() const { return manifest_; }

  /// Names of the splits, "train" first.
  const std::vector<std::string>& splits() const { return splits_; }
  bool has_split(std::string_view split) const;
  const std::vector<Network>& networks() const { return networks_; }
  /// Errors    not_found "graph.unknown_network". An empty name: all relations, named "all".
  Network network(std::string_view name) const;

  const RelationCounts& counts(std::uint32_t relation) const { return counts_[relation]; }
  std::uint64_t num_edges(std::uint32_t relation, std::string_view split = kTrainSplit) const;
  bool has_timestamps(std::uint32_t relation) const { return has_timestamps_[relation]; }
  /// The timestamps of a relation's edges of split train; none if it has no timestamps, or was
  /// imported before graphs recorded them.
  std::optional<TimeRange> times(std::uint32_t relation) const;

  /// The edges of a bucket; none where import wrote no file.
  EdgeBucket bucket(std::uint32_t relation, std::uint32_t lhs_partition,
                    std::uint32_t rhs_partition, std::string_view split = kTrainSplit) const;
  /// Number of edges in a bucket, from the manifest's meta; opens nothing.
  std::uint64_t bucket_size(std::uint32_t relation, std::uint32_t lhs_partition,
                            std::uint32_t rhs_partition,
                            std::string_view split = kTrainSplit) const;

  Vocabulary vocabulary(std::uint32_t entity_type) const;

  /// Of a graph that was imported on a base, as of the base at that time.
  const std::optional<GraphGrowth>& growth() const { return growth_; }
  /// Edges of a bucket of split "train" that the base had not; 0 without a base.
  std::uint64_t num_new_edges(std::uint32_t relation, std::uint32_t lhs_partition,
                              std::uint32_t rhs_partition) const;
  /// Their places in the bucket, ascending.
  /// Errors    those of Container; corrupt_data "graph.bad_new_edges" if there are more or fewer.
  std::vector<std::uint64_t> new_edges(std::uint32_t relation, std::uint32_t lhs_partition,
                                       std::uint32_t rhs_partition) const;

  static std::string new_edges_file(std::string_view relation, std::uint32_t lhs_partition,
                                    std::uint32_t rhs_partition);
  /// Relative path of a bucket's file.
  static std::string bucket_file(std::string_view split, std::string_view relation,
                                 std::uint32_t lhs_partition, std::uint32_t rhs_partition);

 private:
  std::filesystem::path path_;
  Manifest manifest_;
  Schema schema_;
  std::vector<std::string> splits_;
  std::vector<Network> networks_;
  std::vector<RelationCounts> counts_;
  std::vector<bool> has_timestamps_;
  std::vector<std::optional<TimeRange>> times_;
  std::map<std::string, std::uint64_t> bucket_sizes_;  ///< by bucket_file
  std::optional<GraphGrowth> growth_;
};

/// What an import leaves beside the files; written into the manifest's meta and read by open().
struct GraphMeta {
  Schema schema;
  std::vector<std::string> splits;
  std::vector<Network> networks;
  std::vector<RelationCounts> counts;
  std::vector<bool> has_timestamps;
  std::vector<std::optional<TimeRange>> times = {};  ///< of split train; may be shorter
  std::map<std::string, std::uint64_t> bucket_sizes;
  std::optional<GraphGrowth> growth;

  std::string to_json() const;
  /// Errors    corrupt_data "graph.bad_meta".
  static GraphMeta from_json(std::string_view json);
};

}  // namespace twhin
