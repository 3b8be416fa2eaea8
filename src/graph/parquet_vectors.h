// graph/parquet_vectors.h -- the Parquet part of twhin/graph/vectors.h.
#pragma once

#include "twhin/graph/vectors.h"

namespace twhin {

std::uint64_t read_parquet_vectors(const std::filesystem::path& path, std::size_t dim,
                                   const VectorVisitor& visit);

/// What is wrong with the number of a vector's elements, and with an element.
[[noreturn]] void throw_vector_dim(const std::filesystem::path& path, std::uint64_t row,
                                   std::size_t found, std::size_t dim);
void check_finite(const std::filesystem::path& path, std::uint64_t row,
                  std::span<const float> values);

}  // namespace twhin
