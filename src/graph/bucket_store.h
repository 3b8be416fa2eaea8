// graph/bucket_store.h -- finished edges on their way into bucket files.
//
// Ranges are finished in any order; a bucket's file needs its edges in the order of the ranges and
// of their parts, one column after the other. So each part leaves a segment for each bucket, and
// the files are written when all are there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "graph/edge_sorter.h"
#include "graph/spill.h"
#include "twhin/base/stop.h"
#include "twhin/storage/manifest.h"

namespace twhin {

struct BucketId {
  std::uint32_t relation = 0, split = 0;
  std::uint32_t lhs_partition = 0, rhs_partition = 0;

  friend bool operator<(const BucketId& a, const BucketId& b) {
    return std::tie(a.relation, a.split, a.lhs_partition, a.rhs_partition) <
           std::tie(b.relation, b.split, b.lhs_partition, b.rhs_partition);
  }
};

class BucketStore {
 public:
  explicit BucketStore(Spill& spill) : spill_(spill) {}

  /// Divides edges over the buckets, where they stand in the order of `place`. Threads: any.
  void add(std::uint64_t place, const SortedEdges& edges, const std::vector<std::uint8_t>& splits,
           const SortedRelation& relation);

  /// Number of edges in each bucket that has any.
  std::map<BucketId, std::uint64_t> sizes() const;

  /// Writes directory/file_of(bucket) for each and adds it to the manifest's files.
  void write(const std::filesystem::path& directory,
             const std::function<std::string(const BucketId&)>& file_of, std::size_t num_threads,
             const StopFlag& stop, Manifest& manifest);

 private:
  struct Segment {
    std::uint64_t place = 0;
    std::uint64_t num_edges = 0;
    bool weights = false, timestamps = false;
    Blob blob;  // timestamp i64, lhs u32, rhs u32, weight f32
  };
  struct Rows {
    std::vector<std::uint32_t> lhs, rhs;
    std::vector<float> weight;
    std::vector<std::int64_t> timestamp;
  };

  void keep(const BucketId& id, std::uint64_t place, Rows& rows);
  FileRecord write_bucket(const std::filesystem::path& path, std::vector<Segment>& segments);

  Spill& spill_;
  mutable std::mutex mutex_;
  std::map<BucketId, std::vector<Segment>> buckets_;
};

}  // namespace twhin
