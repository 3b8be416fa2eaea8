#include "graph/hash_index.h"

#include <algorithm>

namespace twhin {
namespace {

constexpr std::size_t kHashesPerInterval = 8;
constexpr std::size_t kBlock = 128;  // look-ups whose misses overlap

}  // namespace

// A hash h of partition p is p + f of P partitions, where the fraction f is the low word of h * P.
HashIndex::HashIndex(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)), begins_{0} {
  const std::uint32_t num_partitions = vocabulary_.num_partitions();
  for (std::uint32_t p = 0; p < num_partitions; ++p) {
    Directory directory;
    directory.hashes = vocabulary_.hashes(p);
    const std::size_t n = directory.hashes.size();
    const std::size_t num_intervals = n / kHashesPerInterval + 1;
    directory.starts.resize(num_intervals + 1);
    std::size_t next = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t interval = mul_high(directory.hashes[i] * num_partitions, num_intervals);
      for (; next <= interval; ++next) directory.starts[next] = static_cast<std::uint32_t>(i);
    }
    for (; next <= num_intervals; ++next) directory.starts[next] = static_cast<std::uint32_t>(n);
    begins_.push_back(begins_.back() + n);
    directories_.push_back(std::move(directory));
  }
}

void HashIndex::find(std::span<const std::uint64_t> hashes, std::span<std::uint64_t> ranks) const {
  const std::uint32_t num_partitions = vocabulary_.num_partitions();
  std::uint32_t partition[kBlock];
  const std::uint32_t* start[kBlock];
  for (std::size_t first = 0; first < hashes.size(); first += kBlock) {
    const std::size_t n = std::min(kBlock, hashes.size() - first);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t hash = hashes[first + i];
      const std::uint32_t p = partition_of(hash, num_partitions);
      const Directory& directory = directories_[p];
      partition[i] = p;
      start[i] =
          directory.starts.data() + mul_high(hash * num_partitions, directory.starts.size() - 1);
      __builtin_prefetch(start[i]);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t* at = directories_[partition[i]].hashes.data() + *start[i];
      __builtin_prefetch(at);
      __builtin_prefetch(at + kHashesPerInterval);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t hash = hashes[first + i];
      const std::span<const std::uint64_t> all = directories_[partition[i]].hashes;
      std::uint32_t at = start[i][0];
      const std::uint32_t end = start[i][1];
      while (at < end && all[at] < hash) ++at;
      ranks[first + i] = at < end && all[at] == hash ? begins_[partition[i]] + at : kMissing;
    }
  }
}

std::uint32_t HashIndex::partition_of_rank(std::uint64_t rank) const {
  if (begins_.size() == 2) return 0;
  return static_cast<std::uint32_t>(std::upper_bound(begins_.begin(), begins_.end(), rank) -
                                    begins_.begin() - 1);
}

}  // namespace twhin
