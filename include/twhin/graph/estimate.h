// twhin/graph/estimate.h -- what an import will need, before it begins.
//
// A sample of the input is imported, in about two seconds whatever the size, into a directory
// beside the graph that is removed again. Rows follow from the files' own counts or the bytes that
// the sampled ones took; distinct names and pairs from how often the sampled ones recur
// (graph/growth.h); memory and disk from these and the sizes of what import keeps; time from that
// of each stage on the sample, on this machine as it is now.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "twhin/graph/import.h"

namespace twhin {

struct ImportEstimate {
  struct Type {
    std::string name;
    std::uint64_t entities = 0;
    std::uint64_t names_bytes = 0;
  };

  // What was looked at.
  std::uint64_t num_files = 0, sampled_files = 0;
  std::uint64_t input_bytes = 0, sampled_bytes = 0;
  std::uint64_t sampled_rows = 0;
  double sampled_share = 1.0;  ///< of the rows; 1: the input was read as a whole
  bool front_only = false;     ///< some file could be read only from its beginning

  // What will be.
  std::uint64_t rows = 0;
  std::uint64_t edges = 0;  ///< of all splits
  std::vector<Type> types;
  std::uint64_t rejected = 0;  ///< rows
  bool ends_at_bad_row = false;

  std::uint64_t program_bytes = 0;           ///< of it what the process had before
  std::uint64_t memory_bytes = 0;            ///< highest resident set of the process
  std::uint64_t granted_memory_bytes = 0;    ///< import.memory, or what stands for it
  std::uint64_t least_memory_bytes = 0;      ///< that can be granted
  std::uint64_t available_memory_bytes = 0;  ///< that the machine has left
  std::uint64_t graph_bytes = 0;             ///< on disk, finished
  std::uint64_t spilled_bytes = 0;           ///< written to temporary files
  std::uint64_t disk_bytes = 0;              ///< both: the most while it runs
  std::uint64_t available_disk_bytes = 0;
  double seconds = 0.0;

  std::vector<std::string> warnings;

  bool fits_memory() const {
    return least_memory_bytes <= granted_memory_bytes && memory_bytes <= available_memory_bytes;
  }
  bool fits_disk() const { return disk_bytes <= available_disk_bytes; }

  std::string to_json() const;
  std::string to_table() const;
  /// Errors    unavailable "graph.not_enough_memory", saying what helps.
  void check_memory() const;
  /// Errors    io "graph.not_enough_disk".
  void check_disk() const;
};

/// Estimates import_graph with the same arguments, without a base.
///
/// Errors    those of import_graph that the sample meets; a bad row is counted, whatever on_bad_row
///           says.
ImportEstimate estimate_import(const ImportOptions& options, const std::filesystem::path& graph_dir,
                               const Observer& observer, const StopFlag& stop);

}  // namespace twhin
