// twhin/model/rows.h -- read-only embedding rows of one entity type, however they are stored.
//
// Candidates, ranking, evaluation and export take nothing else, so that they work on compressed
// vectors as they do on plain ones.
//
// Threads   const members may be called concurrently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/model/row_type.h"
#include "twhin/storage/schema.h"

namespace twhin {

class Rows {
 public:
  virtual ~Rows() = default;

  virtual std::size_t dim() const = 0;
  virtual std::uint32_t num_partitions() const = 0;
  virtual std::uint32_t size(std::uint32_t partition) const = 0;

  /// Rows [first, first + count) of a partition as floats.
  ///
  /// Shapes    out [count, dim], row-major.
  /// Requires  first + count <= size(partition).
  virtual void read(std::uint32_t partition, std::uint32_t first, std::uint32_t count,
                    float* out) const = 0;

  /// A partition's rows in place, [size(partition), dim] row-major, or nullptr where they are not
  /// stored as f32, or not stored as they are: then read() converts.
  virtual const float* in_place(std::uint32_t partition) const = 0;

  std::uint64_t size() const;
  /// One row into out [dim].
  void read(EntityId id, float* out) const { read(id.partition, id.row, 1, out); }
  /// Rows by id into out [ids.size(), dim].
  void read(std::span<const EntityId> ids, float* out) const;
};

/// Relative path of a partition's rows inside a version, "embeddings/<type>.<partition>.<row
/// type>": a container of kind "embeddings" with section "rows" [n, dim] of data_type(row_type).
std::string embeddings_file(std::string_view type, std::uint32_t partition,
                            RowType row_type = RowType::f32);

/// Opens the rows of a type below a version's directory. `global` [dim] is copied and added to
/// every row that is read; empty: nothing is.
///
/// Errors    those of Container; corrupt_data "model.wrong_shape" if they do not fit `type`, `dim`,
///           `row_type` and `global`.
std::unique_ptr<Rows> open_rows(const std::filesystem::path& version, const EntityType& type,
                                std::size_t dim, RowType row_type = RowType::f32,
                                std::span<const float> global = {});

/// The same, read from the files at each call, which maps nothing: the rows count in no memory but
/// the caller's. in_place() is nullptr.
/// Errors    of read(): io "file.read".
std::unique_ptr<Rows> open_rows_unmapped(const std::filesystem::path& version,
                                         const EntityType& type, std::size_t dim,
                                         RowType row_type = RowType::f32,
                                         std::span<const float> global = {});

}  // namespace twhin
