// graph/sample.h -- some pieces of an import's files, spread over them, read like all of them.
//
// Text that is not compressed is read at places all over the file, Parquet from all row groups, the
// rest from the front. A small input is read as a whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "graph/import_run.h"

namespace twhin {

struct SampleLimits {
  double seconds = 0.8;
  std::uint64_t rows = 4'000'000;
  /// Pieces of 65,536 rows or a MiB: no more than these are read as a whole.
  std::uint64_t whole_pieces = 16;
  std::size_t files = 64;  ///< opened
};

/// What was read of the sources, and what follows for all of them.
struct Sample {
  bool whole = false;
  std::uint64_t num_files = 0;   ///< opened
  std::uint64_t rows_read = 0;   ///< also those that became no edges
  std::uint64_t bytes_read = 0;  ///< of the files, about
  double rows = 0.0;             ///< of all files
  bool rows_are_known = false;   ///< not extrapolated
  double pieces = 0.0;           ///< of all files
  std::uint64_t pieces_read = 0;
  bool front_only = false;  ///< some file could be read only from its beginning
  double seconds = 0.0;
  std::vector<std::vector<TakenRow>> taken;  ///< by thread
  std::vector<double> named;                 ///< by entity type: names of tables and dictionaries

  double share() const { return whole ? 1.0 : static_cast<double>(rows_read) / rows; }
};

/// Share of the input that a sample within the limits will be, about: what the run is made for.
double sample_share(const std::vector<InputFile>& files, const SampleLimits& limits);

/// In place of read_rows: names, edges and counts of the run are those of the sample.
Sample read_sample(ImportRun& run, const SampleLimits& limits);

}  // namespace twhin
