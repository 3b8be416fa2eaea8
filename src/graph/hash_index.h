// graph/hash_index.h -- from the hashes of names to ranks, many at once.
//
// The rank of an entity is its place among the ascending hashes of its type, over all partitions.
// A directory holds, for each of n/8 equal intervals of the hash, where its hashes begin, so a
// look-up costs two cache misses, and those of a block of look-ups overlap.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "twhin/storage/vocabulary.h"

namespace twhin {

class HashIndex {
 public:
  static constexpr std::uint64_t kMissing = ~std::uint64_t{0};

  explicit HashIndex(Vocabulary vocabulary);

  const Vocabulary& vocabulary() const { return vocabulary_; }
  std::uint64_t size() const { return begins_.back(); }

  /// ranks[i] = rank of hashes[i], or kMissing.
  void find(std::span<const std::uint64_t> hashes, std::span<std::uint64_t> ranks) const;

  std::uint32_t partition_of_rank(std::uint64_t rank) const;
  /// First rank of a partition; of partition num_partitions(): size().
  std::uint64_t first_rank(std::uint32_t partition) const { return begins_[partition]; }
  /// The entity's row in its partition; its rank there, unless the graph has grown from another.
  std::uint32_t row(std::uint32_t partition, std::uint64_t rank) const {
    const std::uint64_t place = rank - begins_[partition];
    const std::span<const std::uint32_t> rows = vocabulary_.rows(partition);
    return rows.empty() ? static_cast<std::uint32_t>(place) : rows[place];
  }
  std::uint64_t hash(std::uint64_t rank) const {
    const std::uint32_t p = partition_of_rank(rank);
    return vocabulary_.hashes(p)[rank - begins_[p]];
  }

 private:
  struct Directory {
    std::span<const std::uint64_t> hashes;
    std::vector<std::uint32_t> starts;  // of each interval; one more than intervals
  };

  Vocabulary vocabulary_;
  std::vector<std::uint64_t> begins_;
  std::vector<Directory> directories_;
};

}  // namespace twhin
