// graph/vocabulary_writer.h -- from the set of names that an import met to the files of a type.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "graph/name_set.h"
#include "twhin/storage/manifest.h"

namespace twhin {

/// Writes vocabulary/<type>.<partition>.names for each partition of the set, which is empty
/// afterwards, and adds them to the manifest's files. Returns the number of entities in each.
///
/// Errors    invalid_argument "graph.too_many_entities" if a partition has 2^32 names or more;
///           those of NameSet and ContainerWriter.
std::vector<std::uint32_t> write_vocabulary(const std::filesystem::path& directory, NameSet& names,
                                            std::uint64_t hash_seed, std::size_t num_threads,
                                            Spill& spill, Manifest& manifest);

}  // namespace twhin
