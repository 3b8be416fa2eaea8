#include "graph/mark_new_edges.h"

#include <array>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

#include "twhin/base/checksum.h"
#include "twhin/base/threads.h"
#include "twhin/storage/edge_stream.h"

namespace twhin {
namespace {

// One edge after the other of a bucket's file.
class Cursor {
 public:
  Cursor(const std::filesystem::path& file, std::uint32_t lhs_size, std::uint32_t rhs_size)
      : stream_(file, lhs_size, rhs_size) {
    has_edge_ = stream_.next(block_);
  }
  bool has_edge() const { return has_edge_; }
  std::uint32_t lhs() const { return block_.lhs[at_]; }
  std::uint32_t rhs() const { return block_.rhs[at_]; }
  std::int64_t timestamp() const { return block_.timestamp.empty() ? 0 : block_.timestamp[at_]; }
  void advance() {
    if (++at_ < block_.size()) return;
    at_ = 0;
    has_edge_ = stream_.next(block_);
  }

 private:
  EdgeStream stream_;
  EdgeSpan block_;
  std::size_t at_ = 0;
  bool has_edge_ = false;
};

// Hashes of rows of one partition, the last ones kept: the same few are compared again and again.
class RowHashes {
 public:
  RowHashes(Vocabulary names, std::uint32_t partition)
      : names_(std::move(names)), partition_(partition) {}
  std::uint64_t of(std::uint32_t row) {
    Known& known = known_[row % known_.size()];
    if (known.row != row)
      known = {row, name_hash(names_.name({partition_, row}), names_.seed()).low};
    return known.hash;
  }

 private:
  struct Known {
    std::optional<std::uint32_t> row;
    std::uint64_t hash = 0;
  };

  Vocabulary names_;
  std::uint32_t partition_;
  std::array<Known, 64> known_ = {};
};

struct BucketPlace {
  std::uint32_t relation = 0, lhs_partition = 0, rhs_partition = 0;
};

// The relation of the base that has this name and these ends.
std::optional<std::uint32_t> same_relation(const Graph& now, const Graph& base,
                                           std::uint32_t relation) {
  const auto found = base.schema().find_relation(now.schema().relations[relation].name);
  if (!found || base.schema().lhs_type(*found).name != now.schema().lhs_type(relation).name ||
      base.schema().rhs_type(*found).name != now.schema().rhs_type(relation).name) {
    return std::nullopt;
  }
  return found;
}

// The base's edges of a bucket from front to back.
class BaseEdges {
 public:
  BaseEdges(const Graph& base, std::uint32_t relation, const BucketPlace& place)
      : lhs_(base.vocabulary(base.schema().relations[relation].lhs), place.lhs_partition),
        rhs_(base.vocabulary(base.schema().relations[relation].rhs), place.rhs_partition),
        lhs_size_(base.schema().lhs_type(relation).partition_sizes[place.lhs_partition]),
        rhs_size_(base.schema().rhs_type(relation).partition_sizes[place.rhs_partition]),
        edges_(base.path() / Graph::bucket_file(kTrainSplit, base.schema().relations[relation].name,
                                                place.lhs_partition, place.rhs_partition),
               lhs_size_, rhs_size_) {}

  /// Whether the edge is there. Edges must be asked for in the order of the files; each one that is
  /// found is used up.
  bool take(std::uint32_t lhs, std::uint32_t rhs, std::int64_t timestamp) {
    if (lhs >= lhs_size_ || rhs >= rhs_size_) return false;
    for (; edges_.has_edge(); edges_.advance()) {
      if (edges_.lhs() == lhs && edges_.rhs() == rhs && edges_.timestamp() == timestamp) {
        edges_.advance();
        return true;
      }
      if (!is_before(lhs, rhs, timestamp)) return false;
    }
    return false;
  }

 private:
  // Whether the edge under the cursor stands before that one. Of one pair the time decides.
  bool is_before(std::uint32_t lhs, std::uint32_t rhs, std::int64_t timestamp) {
    if (edges_.lhs() != lhs) {
      return lhs_.of(edges_.lhs()) < lhs_.of(lhs);
    }
    if (edges_.rhs() != rhs) {
      return rhs_.of(edges_.rhs()) < rhs_.of(rhs);
    }
    return edges_.timestamp() < timestamp;
  }

  RowHashes lhs_, rhs_;
  std::uint32_t lhs_size_, rhs_size_;
  Cursor edges_;
};

// Writes one bit an edge; returns how many are set, and no file if none is.
std::uint64_t mark_bucket(const Graph& now, const Graph& base, const BucketPlace& place,
                          const std::filesystem::path& target) {
  const RelationType& relation = now.schema().relations[place.relation];
  Cursor edges(now.path() / Graph::bucket_file(kTrainSplit, relation.name, place.lhs_partition,
                                               place.rhs_partition),
               now.schema().lhs_type(place.relation).partition_sizes[place.lhs_partition],
               now.schema().rhs_type(place.relation).partition_sizes[place.rhs_partition]);
  std::optional<BaseEdges> before;
  const auto of_base = same_relation(now, base, place.relation);
  if (of_base && base.bucket_size(*of_base, place.lhs_partition, place.rhs_partition) > 0) {
    before.emplace(base, *of_base, place);
  }
  ContainerWriter writer(target, kNewEdgesKind);
  writer.begin("bits", DataType::u64);
  std::vector<std::uint64_t> words;
  std::uint64_t count = 0, word = 0, num_bits = 0;
  for (; edges.has_edge(); edges.advance()) {
    const bool is_new = !before || !before->take(edges.lhs(), edges.rhs(), edges.timestamp());
    count += is_new ? 1 : 0;
    word |= std::uint64_t{is_new} << (num_bits++ % 64);
    if (num_bits % 64 != 0) continue;
    writer.append(&word, sizeof word);
    word = 0;
  }
  if (num_bits % 64 != 0) writer.append(&word, sizeof word);
  if (count > 0) writer.commit(/*durable=*/false);
  return count;
}

}  // namespace

std::map<std::string, std::uint64_t> mark_new_edges(const Graph& now, const Graph& base,
                                                    std::size_t num_threads, const StopFlag& stop,
                                                    Manifest& manifest) {
  std::vector<BucketPlace> places;
  const Schema& schema = now.schema();
  for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
    for (std::uint32_t i = 0; i < schema.lhs_type(r).num_partitions(); ++i) {
      for (std::uint32_t j = 0; j < schema.rhs_type(r).num_partitions(); ++j) {
        if (now.bucket_size(r, i, j) > 0) places.push_back({r, i, j});
      }
    }
  }
  std::map<std::string, std::uint64_t> counts;
  std::mutex mutex;
  parallel_for(places.size(), num_threads, [&](std::size_t b) {
    if (stop.requested()) return;
    const BucketPlace& place = places[b];
    const std::string& relation = schema.relations[place.relation].name;
    const std::string file =
        Graph::new_edges_file(relation, place.lhs_partition, place.rhs_partition);
    const std::uint64_t count = mark_bucket(now, base, place, now.path() / file);
    if (count == 0) return;
    const FileRecord record = record_of(now.path() / file);
    const std::lock_guard lock(mutex);
    manifest.files[file] = record;
    counts[Graph::bucket_file(kTrainSplit, relation, place.lhs_partition, place.rhs_partition)] =
        count;
  });
  return counts;
}

}  // namespace twhin
