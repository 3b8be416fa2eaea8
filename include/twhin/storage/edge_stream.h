// twhin/storage/edge_stream.h -- a bucket of storage/edges.h from front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "twhin/base/file_reader.h"
#include "twhin/storage/edges.h"

namespace twhin {

/// A bucket's edges from front to back, a block at a time, in bounded memory and at about the speed
/// of a copy (docs/benchmarks.md, import.stream): each block is read into buffers that stay in the
/// cache, and its rows are checked there.
class EdgeStream {
 public:
  static constexpr std::size_t kBlockEdges = 1 << 15;

  /// Errors    those of EdgeBucket::open; of rows only once they are read.
  EdgeStream(const std::filesystem::path& path, std::uint32_t lhs_size, std::uint32_t rhs_size);

  std::uint64_t size() const { return num_edges_; }
  /// Bytes on disk that next() reads of an edge.
  std::size_t bytes_per_edge() const { return 8 + (weight_ ? 4u : 0u) + (timestamp_ ? 8u : 0u); }
  /// The next edges, which stay valid until the next call; false at the end.
  bool next(EdgeSpan& edges);

 private:
  FileReader file_;
  std::filesystem::path path_;
  std::uint32_t lhs_size_, rhs_size_;
  std::uint64_t num_edges_ = 0, done_ = 0;
  std::uint64_t lhs_ = 0, rhs_ = 0;  // offsets of the columns
  std::optional<std::uint64_t> weight_, timestamp_;
  std::vector<std::uint32_t> lhs_rows_, rhs_rows_;
  std::vector<float> weights_;
  std::vector<std::int64_t> timestamps_;
};

}  // namespace twhin
