// twhin/graph/vectors.h -- vectors of entities that were made elsewhere, from a file.
//
//   .parquet   columns `name` (text or integers; an integer is named by its decimal text) and
//   `vector`
//              (list or fixed-size list of halffloat, float or double), any other columns beside
//              them
//   .npy       [n, dim] of f2, f4 or f8, little-endian, in C order; the names of its rows, one a
//   line,
//              in a text file, or none: then row k is entity k in the order of the ids
//
// Source of .npy: NumPy Enhancement Proposal 1, format versions 1 to 3.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

namespace twhin {

struct VectorSource {
  std::filesystem::path path;
  std::filesystem::path names;  ///< of the rows of a .npy; empty: none

  bool empty() const { return path.empty(); }
  /// Whether rows are known by their names instead of by their order.
  bool has_names() const;
};

/// Row `row` of the file, counted from 0; `name` is empty unless source.has_names(). The views are
/// good for the call only.
using VectorVisitor =
    std::function<void(std::uint64_t row, std::string_view name, std::span<const float> values)>;

/// Visits all rows in their order, of which a piece is in memory at a time. Returns their number.
///
/// Errors    not_found or io if a file cannot be read; invalid_argument "vectors.unknown_format"
/// for
///           another ending, "vectors.dim" if the vectors do not have `dim` numbers,
///           "vectors.columns" if Parquet lacks a column or one has another type, "vectors.names"
///           if there are more or fewer names than rows; corrupt_data "vectors.damaged",
///           "vectors.bad_number" for a NaN, an infinity or a null.
std::uint64_t read_vectors(const VectorSource& source, std::size_t dim, const VectorVisitor& visit);

}  // namespace twhin
