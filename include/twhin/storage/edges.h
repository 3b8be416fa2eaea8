// twhin/storage/edges.h -- the edges of one bucket and relation on disk.
//
// A container of kind "edges":
//   "lhs", "rhs"   u32  [n]  rows in the lhs and the rhs partition
//   "weight"       f32  [n]  left out where all are 1
//   "timestamp"    i64  [n]  left out where the relation has none
// in ascending order of (hash of lhs name, hash of rhs name, timestamp, weight).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "twhin/storage/container.h"

namespace twhin {

/// Views of edges in memory or in a map; lhs and rhs have equal sizes, the others that or none.
struct EdgeSpan {
  std::span<const std::uint32_t> lhs, rhs;
  std::span<const float> weight;
  std::span<const std::int64_t> timestamp;

  std::size_t size() const { return lhs.size(); }
  bool empty() const { return lhs.empty(); }
};

/// A bucket's edges, mapped. Default: none.
class EdgeBucket {
 public:
  EdgeBucket() = default;
  /// With sizes of the two partitions, which every row must stay below.
  /// Errors    those of Container; corrupt_data "storage.edge_out_of_range".
  static EdgeBucket open(const std::filesystem::path& path, std::uint32_t lhs_size,
                         std::uint32_t rhs_size);

  const EdgeSpan& edges() const { return edges_; }
  std::size_t size() const { return edges_.size(); }

 private:
  Container container_;
  EdgeSpan edges_;
};

/// Writes a bucket whose edges are all at hand.
FileRecord write_edges(const std::filesystem::path& path, const EdgeSpan& edges,
                       bool durable = true);

}  // namespace twhin
