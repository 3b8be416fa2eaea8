// graph/bucket_store.h -- finished edges on their way into bucket files.
//
// Ranges are finished in any order; a bucket's file needs its edges in the order of the ranges and
// of their parts, one column after the other. So the edges of a range are kept as runs: the
// segments of all buckets, sorted by bucket, as one piece of the spill with its index,
//
//     index  (relation, split, lhs partition, rhs partition, number of edges, columns) [segments]
//     data   timestamp i64, lhs u32, rhs u32, weight f32 of each segment
//
// and the files are written when all are there, some buckets at a time. Memory is that of the spill
// and of the buckets, whatever the number of segments: with many relations they are tens of
// millions, of few edges each.
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
  struct Entry;

 public:
  /// Runs of about `run_bytes`, or what one part of a range brings.
  BucketStore(Spill& spill, std::uint64_t run_bytes) : spill_(spill), run_bytes_(run_bytes) {}
  ~BucketStore();
  BucketStore(const BucketStore&) = delete;
  BucketStore& operator=(const BucketStore&) = delete;

  /// Takes the edges of one range, part after part. Threads: one a writer.
  class Writer {
   public:
    Writer(BucketStore& store, std::size_t range) : store_(store), place_(range) { place_ <<= 32; }
    /// Divides edges over the buckets.
    void add(const SortedEdges& edges, const std::vector<std::uint8_t>& splits,
             const SortedRelation& relation);
    /// To be called at the end of the range.
    void flush();

   private:
    struct Rows;
    void keep(const BucketId& id, Rows& rows);

    BucketStore& store_;
    std::uint64_t place_;  // of the next run
    std::vector<Entry> index_;
    std::vector<std::byte> data_;
  };

  /// Number of edges in each bucket that has any.
  std::map<BucketId, std::uint64_t> sizes() const;

  /// Writes directory/file_of(bucket) for each and adds it to the manifest's files; takes about
  /// `memory_bytes` beside a column of a segment for each thread.
  void write(const std::filesystem::path& directory,
             const std::function<std::string(const BucketId&)>& file_of, std::size_t num_threads,
             std::uint64_t memory_bytes, const StopFlag& stop, Manifest& manifest);

 private:
  struct Entry {
    BucketId id;
    std::uint32_t num_edges = 0;
    std::uint32_t weights = 0, timestamps = 0;  // whether there are any

    std::uint64_t num_bytes() const {
      return std::uint64_t{num_edges} * (8 + 4 * weights + 8 * timestamps);
    }
  };
  struct Run {
    std::uint64_t place = 0;
    Blob blob;
    std::uint64_t num_entries = 0;
    std::uint64_t next_entry = 0, next_byte = 0;  // that is not written yet
  };
  struct Bucket {
    std::uint64_t num_edges = 0, num_segments = 0, num_bytes = 0;
    bool weights = false;
    bool is_loaded = false;  // as a whole while it is written
  };
  struct Segment;
  struct Batch;
  using Buckets = std::map<BucketId, Bucket>;

  std::vector<Batch> divide(std::uint64_t memory_bytes);
  void collect(Run& run, Batch& batch);
  FileRecord write_bucket(const std::filesystem::path& path, const Bucket& bucket,
                          const std::vector<Segment>& segments) const;

  Spill& spill_;
  std::uint64_t run_bytes_;
  mutable std::mutex mutex_;
  Buckets buckets_;
  std::vector<Run> runs_;
};

}  // namespace twhin
