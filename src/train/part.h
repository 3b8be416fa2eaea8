// train/part.h -- the rows of one partition and their optimizer's state, in memory and on disk.
//
//   embeddings/<type>.<partition>.f32     container "embeddings": "rows"  [n, dim]; or .bf16, .fp16
//   optimizer/<type>.<partition>.state    container "optimizer":  "state" f32 [n, k]
//
// k is optimizer_state_size(optimizer, dim). Both lie alike in a version and in a checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "kernel/rows.h"
#include "train/training_network.h"
#include "twhin/base/huge_buffer.h"
#include "twhin/model/optimizers.h"
#include "twhin/storage/vocabulary.h"

namespace twhin::training {

/// What all rows of a run have in common.
struct RowFormat {
  std::size_t dim = 0;
  RowType type = RowType::f32;
  Optimizer optimizer = Optimizer::row_adagrad;

  static RowFormat of(const TrainOptions& options) {
    return {options.dim, options.row_type, options.optimizer};
  }
  std::size_t row_bytes() const { return dim * kernel::bytes_per_element(type); }
  std::size_t state_floats() const { return optimizer_state_size(optimizer, dim); }
  /// Memory of one row, state included.
  std::size_t bytes() const { return row_bytes() + state_floats() * sizeof(float); }
};

std::string optimizer_file(std::string_view type, std::uint32_t partition);

/// Memory for one partition at a time; it can be used again for another one. Movable.
/// Threads   rows() and state() are shared by the workers; the rest is for one thread.
class Part {
 public:
  Part() = default;
  /// Room for partitions of up to max_rows rows.
  Part(const RowFormat& format, std::size_t max_rows);

  /// Becomes a partition of num_rows rows, whose values are then to be set.
  void assign(std::size_t num_rows) { num_rows_ = num_rows; }
  std::size_t num_rows() const { return num_rows_; }

  kernel::SharedRows rows() { return {rows_.data(), format_.type, num_rows_, format_.dim}; }
  const void* row_bytes() const { return rows_.data(); }
  /// [num_rows, k]
  MatrixView state();
  const RowFormat& format() const { return format_; }

  /// Independent normal numbers with standard deviation `scale`; state 0. A row's numbers depend on
  /// (seed, type, hash of its name, dim) only: not on partitions, other rows or threads.
  void init(const Vocabulary& names, std::uint32_t partition, float scale, std::uint64_t seed,
            std::size_t num_threads);

  /// Files below `directory`, replaced as a whole; not synced.
  void save(const std::filesystem::path& directory, std::string_view type,
            std::uint32_t partition) const;
  /// Errors    those of Container; corrupt_data "train.wrong_shape" if rows, dim or state differ
  ///           from what this part was assigned to.
  void load(const std::filesystem::path& directory, std::string_view type, std::uint32_t partition);

 private:
  RowFormat format_;
  std::size_t num_rows_ = 0;
  HugeBuffer rows_;
  HugeFloats state_;
};

}  // namespace twhin::training
