// train/earlier_rows.h -- what a partition's rows were in the version that the run began with.
//
//   before/embeddings/<type>.<partition>.f32    as in a version: links to what the run began with
//   before/carried/<type>.<partition>.bits      container "carried": "bits" u64, bit k % 64 of word
//                                               k / 64 says whether the version had row k
//   before/relations.params, types.params       as in a version
//   before/manifest.json                        written last
//
// Files of partitions are replaced and never changed, so that the links cost no room until the run
// first writes a partition anew. Mapped, not copied: what a pull reads of them is in memory while
// their partition is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/rows.h"
#include "train/part.h"
#include "train/row_bits.h"
#include "twhin/storage/container.h"

namespace twhin::training {

/// Threads   const members may be called concurrently.
class EarlierRows {
 public:
  static constexpr const char* kFormat = "twhin.before";

  /// Reads both files from front to back, to check them and so that they are in memory.
  /// Errors    those of Container; corrupt_data "train.wrong_shape".
  EarlierRows(const std::filesystem::path& directory, std::string_view type,
              std::uint32_t partition, const RowFormat& format, std::size_t num_rows, float pull);

  /// For kernel::gather only: the memory is read-only.
  kernel::SharedRows rows() const;
  const RowFormat& format() const { return format_; }
  bool has(std::uint32_t row) const { return (bits_[row / 64] >> (row % 64) & 1) != 0; }
  float pull() const { return pull_; }

  /// Relative to the directory.
  static std::string carried_file(std::string_view type, std::uint32_t partition);
  /// Not synced.
  static void write_carried(const std::filesystem::path& directory, std::string_view type,
                            std::uint32_t partition, const RowBits& carried);

 private:
  Container rows_file_, carried_file_;
  RowFormat format_;
  std::size_t num_rows_;
  float pull_;
  const void* rows_ = nullptr;
  std::span<const std::uint64_t> bits_;
};

/// The same by id among all rows of a type (train/part.h), for the partitions that are in memory.
/// Threads   set() of one partition while others are read.
class EarlierTable {
 public:
  /// Of each partition the id of its first row, ascending.
  explicit EarlierTable(std::vector<std::uint32_t> first_ids)
      : first_ids_(std::move(first_ids)), rows_(first_ids_.size()) {}

  /// The partition has come, or is going: null.
  void set(std::size_t partition, std::shared_ptr<const EarlierRows> rows) {
    rows_[partition] = std::move(rows);
  }

  /// out_k = the row of ids[k]. Where there was none, out_k is left as it is and weights[k] is set
  /// to 0. Returns the pull of the type.
  /// Shapes    weights [ids.size()]; out [ids.size(), dim].
  float read(std::span<const std::uint32_t> ids, std::span<float> weights, MatrixView out) const;

 private:
  std::vector<std::uint32_t> first_ids_;
  std::vector<std::shared_ptr<const EarlierRows>> rows_;
};

}  // namespace twhin::training
