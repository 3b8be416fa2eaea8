// graph/vocabulary_writer.h -- from the set of names that an import met to the files of a type.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "graph/name_set.h"
#include "twhin/storage/manifest.h"
#include "twhin/storage/vocabulary.h"

namespace twhin {

struct WrittenVocabulary {
  std::vector<std::uint32_t> partition_sizes;
  std::uint64_t num_kept = 0;      ///< names of the base that the set has
  std::uint64_t num_new = 0;       ///< names that the base does not have
  std::uint64_t num_vanished = 0;  ///< names of the base that the set does not have
};

/// Writes vocabulary/<type>.<partition>.names for each partition of the set, which is empty
/// afterwards, and adds them to the manifest's files.
///
/// With a base, all its entities keep their rows, whether the set has them or not; new ones follow
/// in the order of their hashes. The base has as many partitions and the same hash seed.
///
/// Errors    invalid_argument "graph.too_many_entities" if a partition has 2^32 names or more;
///           those of NameSet and ContainerWriter.
WrittenVocabulary write_vocabulary(const std::filesystem::path& directory, NameSet& names,
                                   std::uint64_t hash_seed, const Vocabulary* base,
                                   std::size_t num_threads, Spill& spill, Manifest& manifest);

}  // namespace twhin
