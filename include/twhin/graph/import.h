// twhin/graph/import.h -- from tables of names to a partitioned network on disk.
//
//   1. read      rows of all sources, in parallel; names become hashes, distinct names are
//   collected
//   2. names     each type's names in the order of their hashes become its vocabulary
//   3. sort      rows, by ranges of the lhs hash: looked up, duplicates merged, split, bucketed
//   4. write     buckets, then the manifest; then the new graph takes the old one's place at once
//
// The result depends on the set of rows alone: not on the order or number of the files, the number
// of threads or the memory. Memory is bounded by ImportSettings::memory: names and rows that do not
// fit go to temporary files. The graph's directory appears, or is replaced, as a whole; an import
// that dies leaves the old graph, and a "<graph>.partial-<pid>" that the next import removes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/graph/coverage.h"
#include "twhin/graph/graph.h"
#include "twhin/graph/held_out.h"
#include "twhin/graph/options.h"

namespace twhin {

/// A row that was left out, for the summary.
struct RejectedRow {
  std::string place;   ///< "activity.txt.gz:17"
  std::string reason;  ///< one line
};

/// What became of a type's entities since the base graph.
struct EntityChange {
  std::string type;
  std::uint64_t num_kept = 0;
  std::uint64_t num_new = 0;
  std::uint64_t num_vanished = 0;  ///< they keep their ids and have no edges
};

/// What an import did.
struct ImportSummary {
  Schema schema;
  std::vector<EntityChange> changes;  ///< by type; empty without a base
  /// Edges of split "train" that the base had not, by relation; empty without a base.
  std::vector<std::uint64_t> new_edges;
  Coverage coverage;
  std::vector<HeldOutSplit> held_out;  ///< splits but for train
  std::vector<std::string> splits;     ///< "train" first
  std::vector<RelationCounts> counts;  ///< by relation
  /// Rows whose relation is not known: without a value for it, or with one that stands for none.
  std::uint64_t unassigned_rejected = 0, unassigned_filtered = 0;
  /// Rows that count as filtered because of a type's least degree, and edges because they would
  /// have given held-out ones away.
  std::uint64_t num_rare = 0, num_leaks = 0;
  std::uint64_t num_rows = 0;  ///< of all sources; empty lines, comments and headers are no rows
  std::vector<RejectedRow> rejected;  ///< the first few, by file and line
  std::uint64_t num_files = 0, input_bytes = 0, graph_bytes = 0;
  std::uint64_t spilled_bytes = 0;  ///< written to temporary files
  double seconds = 0.0;
  std::uint64_t peak_memory_bytes = 0;  ///< of the process

  std::uint64_t num_edges() const;
  std::uint64_t num_rejected() const;
  /// Entities by type, edges by relation and split, what was left out; for people.
  std::string to_table() const;
  /// One object; for programs.
  std::string to_json() const;
};

/// Says where in the config a path of options stands: "run.yaml:31, relations.follow.lhs".
using PlaceOf = std::function<std::string(std::string_view path)>;

/// Checks what lies between options: that types, relations and networks exist.
/// Errors    not_found "graph.unknown_entity_type", "graph.unknown_relation"; invalid_argument
///           "graph.bad_split", "graph.bad_name", and those of config::check.
void check_import(const ImportOptions& options, const PlaceOf& place_of = {});

/// Imports the sources into `graph_dir`.
///
/// With a base, another graph (or the one in graph_dir), each of its entities keeps its id, also if
/// no source names it any more; new entities follow. Edges come from the sources alone; the graph
/// records which of them the base had not (Graph::growth()).
///
/// A row is rejected, or ends the import, as ImportSettings::on_bad_row says: "graph.ragged_row",
/// "graph.long_line", "graph.bad_quotes", "graph.empty_name", "graph.bad_name", "graph.bad_weight",
/// "graph.bad_timestamp", "graph.unknown_relation", "graph.null_cell"; each names file and line.
/// Errors    also those of check_import, of the readers (graph/*.h), invalid_argument
///           "graph.not_a_graph" if graph_dir holds something else, "graph.no_rows",
///           "graph.mixed_timestamps", "graph.no_timestamps", "graph.name_hash_collision",
///           "graph.base_type", "graph.base_partitions", "graph.base_hash_seed"; io; cancelled
///           "graph.stopped".
ImportSummary import_graph(const ImportOptions& options, const std::filesystem::path& graph_dir,
                           const Observer& observer, const StopFlag& stop,
                           const Graph* base = nullptr);

}  // namespace twhin
