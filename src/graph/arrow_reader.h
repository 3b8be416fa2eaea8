// graph/arrow_reader.h -- Parquet and Arrow IPC tables, read in batches through Apache Arrow.
//
// Names may be text, binary, integers of any width, or dictionaries of these. Dates and timestamps
// with a type of their own become whole units of time since 1970, rounded down.
#pragma once

#include <memory>
#include <vector>

#include "graph/batch.h"
#include "graph/input_files.h"
#include "graph/text_reader.h"

namespace twhin {

/// One reader a row group, which may be read at the same time.
///
/// Errors    corrupt_data "graph.damaged_file"; not_found "graph.missing_column";
///           invalid_argument "graph.column_type".
std::vector<std::unique_ptr<TableReader>> open_parquet(const InputFile& file,
                                                       std::size_t file_index,
                                                       const WantedColumns& wanted,
                                                       TimeUnit time_unit);

/// An IPC file or stream; the errors are those of open_parquet.
std::unique_ptr<TableReader> open_arrow(const InputFile& file, std::size_t file_index,
                                        const WantedColumns& wanted, TimeUnit time_unit);

}  // namespace twhin
