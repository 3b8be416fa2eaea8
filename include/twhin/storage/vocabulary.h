// twhin/storage/vocabulary.h -- the names of one entity type, by id and back.
//
// One file per partition, vocabulary/<type>.<partition>.names, a container of kind "vocabulary":
//   "bytes"    u8   all names, one after the other, in the order of their rows
//   "offsets"  u64  [n + 1]: name of row i is bytes[offsets[i], offsets[i+1])
//   "hashes"   u64  [n], ascending: name_hash(name, seed).low
//   "rows"     u32  [n]: the row of the i-th hash; left out where it is i itself
//   "seed"     u64  [1]
//
//   partition of a name = mul_high(hash, num_partitions)
//
// Because hashes are evenly spread, a name is found by interpolation: about two cache misses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/base/rng.h"
#include "twhin/storage/container.h"
#include "twhin/storage/schema.h"

namespace twhin {

/// Partition that a name of this hash belongs to.
inline std::uint32_t partition_of(std::uint64_t hash, std::uint32_t num_partitions) {
  return static_cast<std::uint32_t>(mul_high(hash, num_partitions));
}

/// Position of `hash` in ascending, evenly spread `hashes` that lie in [low, low + width), or
/// hashes.size() if it is not there. width 0 stands for 2^64.
std::size_t find_hash(std::span<const std::uint64_t> hashes, std::uint64_t hash, std::uint64_t low,
                      std::uint64_t width);

/// Copies share the opened files.
class Vocabulary {
 public:
  /// Relative path of a partition's file inside a graph or a version.
  static std::string file_name(std::string_view type, std::uint32_t partition);

  /// Opens all partitions of a type below `directory` (which holds "vocabulary/").
  static Vocabulary open(const std::filesystem::path& directory, std::string_view type,
                         std::uint32_t num_partitions);

  std::uint32_t num_partitions() const { return static_cast<std::uint32_t>(parts_.size()); }
  std::uint32_t size(std::uint32_t partition) const { return parts_[partition].num_rows; }
  std::uint64_t size() const;

  std::optional<EntityId> find(std::string_view name) const;
  /// Requires an id of this vocabulary.
  std::string_view name(EntityId id) const;
  const std::string& type() const { return type_; }

  /// Ascending hashes of a partition, and the row of each (empty: row i has the i-th hash).
  std::span<const std::uint64_t> hashes(std::uint32_t partition) const {
    return parts_[partition].hashes;
  }
  std::span<const std::uint32_t> rows(std::uint32_t partition) const {
    return parts_[partition].rows;
  }
  std::uint64_t seed() const { return seed_; }

  /// `did you mean` among a sample of the names, for messages; empty if nothing is near.
  std::string nearest(std::string_view name) const;

 private:
  struct Part {
    std::shared_ptr<const Container> container;
    std::uint32_t num_rows = 0;
    std::span<const std::uint64_t> offsets, hashes;
    std::span<const std::uint32_t> rows;
    std::string_view bytes;
  };

  std::string type_;
  std::uint64_t seed_ = 0;
  std::vector<Part> parts_;
};

}  // namespace twhin
