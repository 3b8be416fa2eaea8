// graph/input_files.h -- which files a source means, and how each of them is written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "twhin/graph/options.h"

namespace twhin {

struct InputFile {
  std::filesystem::path path;
  std::string name;  ///< for messages: relative to the config as far as the source's path was
  std::uint64_t num_bytes = 0;
  TableFormat format = TableFormat::automatic;  ///< resolved
  std::size_t source = 0;                       ///< index into the options' sources
};

/// The files of a source in the order of their names.
///
/// Errors    not_found "graph.no_such_file" if nothing matches; invalid_argument
///           "graph.unknown_format" if an ending says nothing and the source neither,
///           "graph.empty_file".
std::vector<InputFile> find_input_files(const SourceOptions& source, std::size_t index);

}  // namespace twhin
