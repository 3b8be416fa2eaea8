// graph/pbg_edges.h -- edge buckets of PyTorch-BigGraph, in HDF5.
//
//   attribute format_version = 1; datasets lhs, rel, rhs: whole numbers [n]; weight, if it is
//   there: numbers [n]
//
// Featurized entities (lhsd_*, rhsd_*) are refused. HDF5 keeps no checksums unless its writer asked
// for them, and PyTorch-BigGraph does not: a flipped bit in a file shows at best as an id out of
// range. Where twhin was built without HDF5, opening such a file is an error that says so.
#pragma once

#include <cstddef>
#include <memory>

#include "graph/batch.h"
#include "graph/input_files.h"

namespace twhin {

/// Ids as whole numbers in the slots of lhs, rhs and relation; weights in theirs, if there are any.
///
/// Errors    corrupt_data "graph.damaged_file"; invalid_argument "graph.column_type",
///           "graph.bad_folder" (featurized entities), "graph.large_chunk" (compressed, of more
///           than 2 MiB: a chunk of each column is held in memory); version_mismatch
///           "graph.pbg_version"; unavailable "graph.no_hdf5".
std::unique_ptr<TableReader> open_pbg(const InputFile& file, std::size_t file_index);

/// Whether the file has weights; false if it does not open, of which open_pbg tells more.
bool pbg_has_weights(const InputFile& file);

/// Whether twhin was built with HDF5.
bool has_hdf5();

}  // namespace twhin
