#include "graph/inputs.h"

#include <fmt/format.h>

#include "graph/source_folders.h"

namespace twhin {
namespace {

// The tables of an entity type's `names`.
void add_names(const ImportOptions& options, std::uint32_t type, Inputs& inputs) {
  const auto& [name, entity] = options.entities[type];
  SourceOptions source;
  source.path = *entity.names;
  source.header = false;
  const std::size_t index = inputs.options.sources.size();
  for (InputFile& file : find_input_files(source, index, fmt::format("entities.{}.names", name))) {
    file.names_of = type;
    inputs.files.push_back(std::move(file));
  }
  inputs.options.sources.push_back(std::move(source));
}

}  // namespace

std::uint64_t Inputs::held_bytes() const {
  std::uint64_t bytes = 0;
  for (const Entities& each : entities) bytes += each.names->num_bytes();
  return bytes;
}

Inputs find_inputs(const ImportOptions& options, Reporter& report) {
  DictionaryReading reading(options.import, report);
  Inputs inputs{options, {}, {}, {}};
  inputs.options.sources.clear();
  for (std::size_t s = 0; s < options.sources.size(); ++s) {
    const SourceOptions& source = options.sources[s];
    if (source.format == TableFormat::pbg) {
      add_pbg_folder(options, s, reading, inputs);
    } else if (is_folder_format(source.format)) {
      add_triple_folder(options, s, reading, inputs);
    } else {
      const std::size_t index = inputs.options.sources.size();
      const std::string at = fmt::format("sources[{}]", s);
      for (InputFile& file : find_input_files(source, index, at + ".path")) {
        file.at = at;
        inputs.files.push_back(std::move(file));
      }
      inputs.options.sources.push_back(source);
    }
  }
  for (std::uint32_t type = 0; type < options.entities.size(); ++type) {
    if (options.entities[type].second.names) add_names(options, type, inputs);
  }
  return inputs;
}

}  // namespace twhin
