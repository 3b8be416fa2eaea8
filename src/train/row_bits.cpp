#include "train/row_bits.h"

#include <bit>

namespace twhin::training {

std::size_t RowBits::count() const {
  std::size_t sum = 0;
  for (const std::uint64_t word : words_) sum += static_cast<std::size_t>(std::popcount(word));
  return sum;
}

RowBits& RowBits::operator|=(const RowBits& more) {
  for (std::size_t w = 0; w < words_.size(); ++w) words_[w] |= more.words_[w];
  return *this;
}

}  // namespace twhin::training
