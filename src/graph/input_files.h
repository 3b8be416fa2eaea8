// graph/input_files.h -- which files a source means, and how each of them is written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/named_reader.h"
#include "twhin/graph/options.h"

namespace twhin {

struct InputFile {
  std::filesystem::path path;
  std::string name;  ///< for messages: relative to the config as far as the source's path was
  std::uint64_t num_bytes = 0;
  TableFormat format = TableFormat::automatic;  ///< resolved
  std::size_t source = 0;                       ///< index into the options' sources
  std::string at;                               ///< its place among the options, for messages
  std::shared_ptr<const IdNames> ids;           ///< null: the file has names
  std::optional<std::uint64_t> num_rows;        ///< that the file itself says it has
  std::optional<std::uint32_t> names_of;        ///< names of this entity type and no edges
};

/// The files of a source that is no folder of another program, in the order of their names; `at` is
/// the place of its path among the options.
///
/// Errors    not_found "graph.no_such_file" if nothing matches; invalid_argument
///           "graph.unknown_format" if an ending says nothing and the source neither,
///           "graph.empty_file".
std::vector<InputFile> find_input_files(const SourceOptions& source, std::size_t index,
                                        const std::string& at);

}  // namespace twhin
