// graph/text_reader.h -- delimited text, cut into blocks of whole lines that are parsed in
// parallel.
//
// Own code, not Arrow's CSV reader: it must say the line of each bad row and go on after it, refuse
// rows of another width than the first, read lists and runs of spaces, and be bounded however long
// a line is. Its speed is in docs/benchmarks.md (import.tsv.string); Arrow's reader was not
// measured beside it.
//
// UTF-8; a byte order mark and CRLF are accepted; empty lines are skipped. With quotes a field that
// begins with " ends at the next single one, "" stands for ", and line ends inside are data.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "graph/batch.h"
#include "graph/input_files.h"

namespace twhin {

using WantedColumns = std::vector<std::optional<ColumnRef>>;  ///< by slot

/// Errors    not_found "graph.missing_column"; invalid_argument "graph.encoding" (UTF-16),
///           "graph.empty_file"; those of InputStream. Pieces report rows that are too long
///           ("graph.long_line") or of another width ("graph.ragged_row") as bad rows.
std::unique_ptr<TableReader> open_text(const InputFile& file, std::size_t file_index,
                                       const SourceOptions& source, const WantedColumns& wanted);

/// Index of each wanted column among `names`; -1 for those not wanted.
/// Errors    not_found "graph.missing_column".
std::vector<int> find_columns(const InputFile& file, const WantedColumns& wanted,
                              const std::vector<std::string>& names, bool has_names);

}  // namespace twhin
