// graph/name_set.h -- the distinct names of one entity type, in whatever order they are met.
//
// Names are placed by name_hash(name).low: shard = mul_high(low, num_shards), where num_shards is a
// multiple of the number of partitions, so that a shard lies in one partition and the shards, one
// after the other, are in the order of the ids. A shard is an open-addressing table of 16 bytes a
// slot over an arena of names; when the budget is used up it is sorted and written out as a run.
//
// With a least degree the set also counts how often each name was added and leaves out those that
// were added less often.
//
// Cost      about 16 / load + length + 2 bytes a name in memory (+ 4 with a least degree),
//           load between 0.35 and 0.7.
// Errors    invalid_argument "graph.name_hash_collision": two names with the same `low`.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "graph/spill.h"
#include "twhin/base/checksum.h"

namespace twhin {

inline constexpr std::size_t kMaxNameBytes = 4096;

/// Names of one shard in ascending order of their hashes.
struct SortedNames {
  std::uint64_t num_names = 0;
  std::uint64_t num_bytes = 0;
  Blob blob;  ///< hashes u64 [n], lengths u32 [n], bytes u8 [num_bytes]

  std::uint64_t lengths_offset() const { return num_names * 8; }
  std::uint64_t bytes_offset() const { return num_names * 12; }
};

class NameSet {
 public:
  /// At least min_shards, of which one at a time is sorted by a thread.
  NameSet(std::string type, std::uint32_t num_partitions, std::uint32_t min_shards,
          std::uint32_t min_degree, MemoryBudget& budget, Spill& spill);

  const std::string& type() const { return type_; }
  std::uint32_t num_partitions() const { return num_partitions_; }
  std::uint32_t shards_per_partition() const { return shards_per_partition_; }
  std::uint32_t num_shards() const { return num_partitions_ * shards_per_partition_; }
  bool counts() const { return min_degree_ > 1; }

  /// What one thread adds through: remembers what it has seen lately, so that the set is touched
  /// once for many names.
  class Collector {
   public:
    explicit Collector(NameSet& set);
    /// The name must stay where it is until flush(), unless `copy`.
    void add(const Hash128& hash, std::string_view name, bool copy) {
      const std::size_t i = hash.low & (recent_.size() - 1);
      if (recent_[i].low == hash.low && recent_[i].high == hash.high) {
        if (!recent_counts_.empty()) ++recent_counts_[i];
        return;
      }
      add_unseen(i, hash, name, copy);
    }
    /// Hands over the names added so far.
    void flush();
    /// The same with all counts; nothing may be added afterwards.
    void finish();

   private:
    struct Pending {
      Hash128 hash;
      const char* data;
      std::uint32_t size;
      std::uint32_t shard;
      std::uint32_t count;  // to be added to that of the name
    };
    void add_unseen(std::size_t i, const Hash128& hash, std::string_view name, bool copy);
    void add_pending(const Hash128& hash, std::string_view name, std::uint32_t count);

    NameSet* set_;
    std::vector<Hash128> recent_;
    std::vector<std::uint32_t> recent_counts_;  // empty unless the set counts
    std::vector<Pending> pending_;
    std::vector<std::uint32_t> order_, begins_;
    std::vector<char> copies_;
    friend class NameSet;
  };

  /// Sorts a shard, whose names are then no longer in the set.
  SortedNames finish(std::uint32_t shard);

 private:
  struct Slot {
    std::uint64_t low;
    std::uint32_t check;     // low half of the hash's `high`
    std::uint32_t position;  // of the name's entry in the arena; 0: the slot is empty
  };
  struct Shard {
    std::mutex mutex;
    std::vector<Slot> slots;
    std::size_t num_used = 0;
    std::vector<char> arena;
    std::uint64_t taken_bytes = 0;
    std::vector<SortedNames> runs;  // blobs: hashes, checks u32, lengths, counts u32, bytes
  };

  void insert(Shard& shard, const Collector::Pending& name);
  void reserve(Shard& shard, std::size_t name_bytes);
  void write_run(Shard& shard);
  void clear(Shard& shard);
  // An entry of the arena: the count (u32, if the set counts), the length (u16), the name.
  std::size_t entry_bytes(std::size_t name_bytes) const;
  std::string_view name_at(const Shard& shard, std::uint32_t position) const;
  std::uint32_t count_at(const Shard& shard, std::uint32_t position) const;
  void add_count(Shard& shard, std::uint32_t position, std::uint32_t count) const;
  [[noreturn]] void fail_collision(std::string_view a, std::string_view b) const;

  std::string type_;
  std::uint32_t num_partitions_, shards_per_partition_, min_degree_;
  std::uint64_t smallest_run_bytes_;
  MemoryBudget& budget_;
  Spill& spill_;
  std::unique_ptr<Shard[]> shards_;
};

/// True if the text can be a name: not empty, valid UTF-8, no NUL, at most kMaxNameBytes.
bool is_valid_name(std::string_view text);

}  // namespace twhin
