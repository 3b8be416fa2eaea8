// graph/inputs.h -- everything that an import reads: the files of its sources, those in the folders
// of other programs among them, and tables of names.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "graph/dictionary.h"
#include "graph/input_files.h"
#include "twhin/graph/options.h"

namespace twhin {

struct Inputs {
  /// The options as if each file in a folder of another program were a source, with its split and
  /// columns, and each table of an entity type's `names` another.
  ImportOptions options;
  std::vector<InputFile> files;  ///< InputFile::source is an index into options.sources

  /// Entities that a dictionary names, whether or not an edge does.
  struct Entities {
    std::uint32_t type = 0;  ///< index into options.entities
    std::shared_ptr<const Dictionary> names;
  };
  std::vector<Entities> entities;

  /// What the user should know of them before they are read.
  std::vector<std::string> warnings;

  /// Memory of the dictionaries.
  std::uint64_t held_bytes() const;
};

/// Requires checked options. Reads the dictionaries of folders, and of the tables only
/// whether those of HDF5 have weights.
///
/// Errors    those of find_input_files and Dictionary; not_found "graph.no_such_file" for what a
///           folder lacks; not_found "graph.unknown_relation" for a relation of its dictionary that
///           is declared nowhere; invalid_argument "graph.bad_folder" if its ids cannot be given to
///           types, "graph.bad_split" if its files and the option `split` both decide.
Inputs find_inputs(const ImportOptions& options, Reporter& report);

}  // namespace twhin
