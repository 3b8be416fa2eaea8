// graph/import_run.h -- one import under way: what its stages leave to each other.
//
//   read_rows    rows become hashes, distinct names are collected     edges, names, counts
//   write_names  names in the order of their hashes                   vocabulary/, indexes, sorted
//   sort_edges   looked up, merged, split, divided over the buckets   buckets, duplicates
//   write_edges  the files of the buckets                             edges/, splits/, meta
//   complete     networks, coverage                                   stats.json
//   publish      synced, the manifest; the graph takes its place
//
// Each stage is a file stage_<what>.cpp. Threads   one runs the stages; they start others.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "graph/bucket_store.h"
#include "graph/edge_sorter.h"
#include "graph/edge_store.h"
#include "graph/hash_index.h"
#include "graph/import_plan.h"
#include "graph/inputs.h"
#include "graph/intake.h"
#include "graph/name_set.h"
#include "graph/partial_directory.h"
#include "graph/relation_registry.h"
#include "graph/reporter.h"
#include "graph/spill.h"
#include "twhin/graph/import.h"

namespace twhin {

struct ImportRun {
  /// Requires checked options. Errors    those of find_inputs and PartialDirectory. `share`
  /// of the rows that will be read.
  ImportRun(const ImportOptions& options, const std::filesystem::path& graph_dir,
            const Observer& observer, const StopFlag& stop, const Graph* base, double share = 1.0);

  /// The base's names of a type, if there is a base that has it.
  std::optional<Vocabulary> base_vocabulary(const std::string& type) const;

  const ImportOptions& config;  ///< as given
  const Graph* base;
  Reporter report;
  const Inputs inputs;
  const ImportOptions& options;         ///< of the inputs: a source for each file of a folder
  const std::vector<InputFile>& files;  ///< of the inputs
  const ImportPlan plan;
  PartialDirectory partial;
  const StopFlag& stop;
  MemoryBudget name_budget, row_budget;
  Spill name_spill, row_spill;
  std::vector<std::string> split_names;        ///< train, valid, test, then those of sources
  std::vector<std::uint32_t> split_of_source;  ///< its number; 0: the option `split` decides
  RelationRegistry relations;
  std::deque<NameSet> names;  ///< by entity type
  EdgeStore edges;
  std::vector<IntakeCounts> counts;  ///< by relation as met, like the next two
  std::vector<SortedRelation> sorted;
  std::vector<std::uint64_t> duplicates;
  std::deque<HashIndex> indexes;  ///< by entity type
  BucketStore buckets;
  Manifest manifest;
  GraphMeta meta;
  ImportSummary summary;
};

/// Errors    invalid_argument "graph.base_type", "graph.base_partitions", "graph.base_hash_seed":
///           ids are kept only if types, partitions and hashes are the base's.
void check_base(const ImportRun& run);

/// Readers of a file, which may be read at the same time.
std::vector<std::unique_ptr<TableReader>> open_file(const ImportRun& run, std::size_t file);
/// Some of the names that dictionaries give, so that all threads together take all.
void take_dictionaries(const ImportRun& run, std::size_t thread, Intake& intake);
/// What all intakes counted.
/// Errors    invalid_argument "graph.no_rows", "graph.mixed_timestamps".
void count_rows(ImportRun& run, const std::deque<Intake>& intakes);
/// Errors    those of the readers and of Intake; invalid_argument "graph.no_rows",
///           "graph.mixed_timestamps".
void read_rows(ImportRun& run);
/// Errors    those of write_vocabulary; invalid_argument "graph.no_timestamps".
void write_names(ImportRun& run);
/// Errors    those of sort_range.
void sort_edges(ImportRun& run);
/// Errors    internal "graph.lost_rows".
void write_edges(ImportRun& run);
/// All but the manifest. Errors    not_found "graph.unknown_relation" of a network.
void complete(ImportRun& run);
/// Syncs, writes the manifest, and the graph takes its place.
void publish(ImportRun& run);

}  // namespace twhin
