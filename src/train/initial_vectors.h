// train/initial_vectors.h -- types whose rows begin with the vectors of a file.
//
// The file is read once before the run, to check and count, and once for each partition when that
// is first made: a partition is in memory anyway, the file never is.
#pragma once

#include <cstdint>

#include "train/part.h"
#include "train/row_bits.h"
#include "twhin/graph/vectors.h"
#include "twhin/storage/vocabulary.h"

namespace twhin::training {

struct VectorCounts {
  std::uint64_t placed = 0;   ///< entities that begin with a vector of the file
  std::uint64_t missing = 0;  ///< entities that it lacks: they begin as without it
  std::uint64_t unknown = 0;  ///< vectors of names that are no entities
};

/// Reads the whole file.
/// Errors    those of read_vectors; invalid_argument "vectors.repeated_name" if an entity has two
///           vectors, "vectors.names" if a file without names has more or fewer rows than the type.
VectorCounts count_vectors(const Vocabulary& names, const VectorSource& source, std::size_t dim);

/// Writes the vectors of the partition's entities to its rows, and returns which these are; others
/// are left as they are.
/// Errors    those of read_vectors.
RowBits place_vectors(const Vocabulary& names, const VectorSource& source, std::uint32_t partition,
                      const Part& part);

}  // namespace twhin::training
