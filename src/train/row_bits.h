// train/row_bits.h -- one bit for each row of a partition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace twhin::training {

class RowBits {
 public:
  explicit RowBits(std::size_t num_rows) : num_rows_(num_rows), words_((num_rows + 63) / 64) {}

  std::size_t size() const { return num_rows_; }
  bool operator[](std::size_t row) const { return (words_[row / 64] >> (row % 64) & 1) != 0; }
  void set(std::size_t row) { words_[row / 64] |= std::uint64_t{1} << (row % 64); }
  std::size_t count() const;
  bool all() const { return count() == num_rows_; }
  RowBits& operator|=(const RowBits& more);
  std::span<const std::uint64_t> words() const { return words_; }

 private:
  std::size_t num_rows_;
  std::vector<std::uint64_t> words_;
};

}  // namespace twhin::training
