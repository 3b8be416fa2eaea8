// train/part.h -- the rows of one partition and their optimizer's state, in memory and on disk.
//
// All partitions of a type lie in one RowMemory, each at a place of its own, so that a row has one
// id whatever else is in memory: first row of its partition + row in it. Room is taken only where
// a partition is.
//
//   embeddings/<type>.<partition>.f32     container "embeddings": "rows"  [n, dim]; or .bf16, .fp16
//   optimizer/<type>.<partition>.state    container "optimizer":  "state" f32 [n, k]
//
// k is optimizer_state_size(optimizer, dim). Both lie alike in a version and in a checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "kernel/rows.h"
#include "train/entity_match.h"
#include "train/id_ranges.h"
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

class EarlierTable;

std::string optimizer_file(std::string_view type, std::uint32_t partition);

/// Room for all rows of a type; rows that were never written, or were released, take none.
class RowMemory {
 public:
  /// Errors    invalid_argument "train.too_many_entities" for 2^32 rows or more,
  ///           "base.size_overflow"; unavailable "base.out_of_memory".
  RowMemory(const RowFormat& format, std::uint64_t num_rows);

  const RowFormat& format() const { return format_; }
  kernel::SharedRows rows() { return rows(0, num_rows_); }
  kernel::SharedRows rows(std::size_t first, std::size_t count) {
    return {rows_.data() + first * format_.row_bytes(), format_.type, count, format_.dim};
  }
  /// [num_rows, k]
  MatrixView state() { return state(0, num_rows_); }
  MatrixView state(std::size_t first, std::size_t count) {
    return {state_.data() + first * format_.state_floats(), count, format_.state_floats()};
  }
  /// Gives back the room of rows [first, first + count), which lose their values.
  void release(std::size_t first, std::size_t count);

  /// What the rows were in the version that the run began with, if they are pulled toward it.
  const EarlierTable* earlier() const { return earlier_; }
  /// Borrows the table.
  void set_earlier(const EarlierTable* table) { earlier_ = table; }

 private:
  RowFormat format_;
  std::size_t num_rows_ = 0;
  HugeBuffer rows_;
  HugeFloats state_;
  const EarlierTable* earlier_ = nullptr;
};

/// The place of one partition in its type's memory. Borrows the memory.
/// Threads   rows() and state() are shared by the workers; the rest is for one thread.
class Part {
 public:
  Part() = default;
  Part(RowMemory& memory, std::uint32_t first, std::uint32_t num_rows)
      : memory_(&memory), first_(first), num_rows_(num_rows) {}

  RowMemory& memory() const { return *memory_; }
  /// Id of row 0 among all rows of the memory.
  std::uint32_t first() const { return first_; }
  std::uint32_t num_rows() const { return num_rows_; }
  IdRange ids() const { return {first_, num_rows_}; }

  kernel::SharedRows rows() const { return memory_->rows(first_, num_rows_); }
  /// [num_rows, k]
  MatrixView state() const { return memory_->state(first_, num_rows_); }
  const RowFormat& format() const { return memory_->format(); }

  /// Independent normal numbers with standard deviation `scale`; state 0. A row's numbers depend on
  /// (seed, type, hash of its name, dim) only: not on partitions, other rows or threads. Rows that
  /// `carried` has are left out.
  void init(const Vocabulary& names, std::uint32_t partition, float scale, std::uint64_t seed,
            std::size_t num_threads, const EntityMatch* carried = nullptr) const;

  /// Files below `directory`, replaced as a whole; not synced.
  void save(const std::filesystem::path& directory, std::string_view type,
            std::uint32_t partition) const;
  /// Errors    those of Container; corrupt_data "train.wrong_shape" if rows, dim or state differ
  ///           from those of this part.
  void load(const std::filesystem::path& directory, std::string_view type,
            std::uint32_t partition) const;
  /// Gives back its room.
  void release() const { memory_->release(first_, num_rows_); }

 private:
  RowMemory* memory_ = nullptr;
  std::uint32_t first_ = 0, num_rows_ = 0;
};

}  // namespace twhin::training
