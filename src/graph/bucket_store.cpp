#include "graph/bucket_store.h"

#include <algorithm>
#include <cstring>

#include "twhin/base/threads.h"

namespace twhin {
namespace {

// Buckets whose segments are smaller are loaded, many at once; of others each segment is read.
constexpr std::uint64_t kLargeSegment = 4 << 10;
constexpr std::uint64_t kEntriesAtOnce = 256;

template <class T>
void append(const std::vector<T>& values, std::vector<std::byte>& out) {
  const auto* begin = reinterpret_cast<const std::byte*>(values.data());
  out.insert(out.end(), begin, begin + values.size() * sizeof(T));
}

}  // namespace

struct BucketStore::Writer::Rows {
  std::vector<std::uint32_t> lhs, rhs;
  std::vector<float> weight;
  std::vector<std::int64_t> timestamp;
};

/// A segment of a bucket that is being written.
struct BucketStore::Segment {
  std::uint32_t num_edges = 0;
  bool weights = false, timestamps = false;
  const std::byte* loaded = nullptr;  ///< null: in the blob
  const Blob* blob = nullptr;
  std::uint64_t offset = 0;  ///< in the blob

  std::uint64_t lhs_offset() const { return timestamps ? std::uint64_t{num_edges} * 8 : 0; }
  std::uint64_t rhs_offset() const { return lhs_offset() + std::uint64_t{num_edges} * 4; }
  std::uint64_t weight_offset() const { return lhs_offset() + std::uint64_t{num_edges} * 8; }

  void read(const Spill& spill, std::uint64_t from, void* out, std::uint64_t size) const {
    if (loaded != nullptr) {
      std::memcpy(out, loaded + from, size);
    } else {
      spill.read(*blob, offset + from, out, size);
    }
  }
};

/// Buckets, in order, that are written at the same time.
struct BucketStore::Batch {
  std::vector<const Buckets::value_type*> buckets;
  std::vector<std::vector<Segment>> segments;  ///< of each bucket, in the order of the runs
  std::vector<Bytes8> loaded;
};

BucketStore::~BucketStore() {
  for (Run& run : runs_) spill_.drop(std::move(run.blob));
}

void BucketStore::Writer::add(const SortedEdges& edges, const std::vector<std::uint8_t>& splits,
                              const SortedRelation& relation) {
  if (edges.size() == 0) return;
  const std::uint32_t num_rhs_partitions = relation.rhs->vocabulary().num_partitions();
  const std::uint32_t num_splits =
      edges.split != 0 ? 1u : 1u + *std::max_element(splits.begin(), splits.end());
  std::vector<Rows> rows(std::size_t{num_splits} * num_rhs_partitions);
  const auto keep_all = [&](std::uint32_t lhs_partition) {
    for (std::uint32_t s = 0; s < num_splits; ++s) {
      for (std::uint32_t p = 0; p < num_rhs_partitions; ++p) {
        const std::uint32_t split = edges.split != 0 ? edges.split : s;
        keep({edges.relation, split, lhs_partition, p}, rows[s * num_rhs_partitions + p]);
      }
    }
  };
  std::uint32_t lhs_partition = relation.lhs->partition_of_rank(edges.lhs[0]);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (edges.lhs[i] >= relation.lhs->first_rank(lhs_partition + 1)) {
      keep_all(lhs_partition);
      lhs_partition = relation.lhs->partition_of_rank(edges.lhs[i]);
    }
    const std::uint32_t rhs_partition = relation.rhs->partition_of_rank(edges.rhs[i]);
    const std::uint32_t s = edges.split != 0 ? 0 : splits[i];
    Rows& to = rows[s * num_rhs_partitions + rhs_partition];
    to.lhs.push_back(relation.lhs->row(lhs_partition, edges.lhs[i]));
    to.rhs.push_back(relation.rhs->row(rhs_partition, edges.rhs[i]));
    if (!edges.weight.empty()) to.weight.push_back(edges.weight[i]);
    if (!edges.timestamp.empty()) to.timestamp.push_back(edges.timestamp[i]);
  }
  keep_all(lhs_partition);
  if (data_.size() + index_.size() * sizeof(Entry) >= store_.run_bytes_) flush();
}

void BucketStore::Writer::keep(const BucketId& id, Rows& rows) {
  if (rows.lhs.empty()) return;
  const bool weights = std::any_of(rows.weight.begin(), rows.weight.end(),
                                   [](float weight) { return weight != 1.0f; });
  if (!weights) rows.weight.clear();
  index_.push_back({id, static_cast<std::uint32_t>(rows.lhs.size()), weights ? 1u : 0u,
                    rows.timestamp.empty() ? 0u : 1u});
  append(rows.timestamp, data_);
  append(rows.lhs, data_);
  append(rows.rhs, data_);
  append(rows.weight, data_);
  rows = {};
}

void BucketStore::Writer::flush() {
  if (index_.empty()) return;
  struct Place {
    std::uint64_t offset;
    std::size_t entry;
  };
  std::vector<Place> order(index_.size());
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < index_.size(); ++i) {
    order[i] = {offset, i};
    offset += index_[i].num_bytes();
  }
  // Of one bucket the earlier part comes first.
  std::sort(order.begin(), order.end(), [&](const Place& a, const Place& b) {
    return std::tie(index_[a.entry].id, a.entry) < std::tie(index_[b.entry].id, b.entry);
  });
  const std::uint64_t size = index_.size() * sizeof(Entry) + data_.size();
  Bytes8 bytes = allocate_bytes(size);
  std::byte* index = bytes.get();
  std::byte* data = index + index_.size() * sizeof(Entry);
  for (const Place& place : order) {
    const Entry& entry = index_[place.entry];
    std::memcpy(index, &entry, sizeof(Entry));
    std::memcpy(data, data_.data() + place.offset, entry.num_bytes());
    index += sizeof(Entry);
    data += entry.num_bytes();
  }
  Run run;
  run.place = place_++;
  run.num_entries = index_.size();
  run.next_byte = index_.size() * sizeof(Entry);
  run.blob = store_.spill_.put(std::move(bytes), size);
  const std::lock_guard lock(store_.mutex_);
  for (const Entry& entry : index_) {
    Bucket& bucket = store_.buckets_[entry.id];
    bucket.num_edges += entry.num_edges;
    bucket.num_bytes += entry.num_bytes();
    bucket.weights = bucket.weights || entry.weights != 0;
    ++bucket.num_segments;
  }
  store_.runs_.push_back(std::move(run));
  index_.clear();
  data_.clear();
}

std::map<BucketId, std::uint64_t> BucketStore::sizes() const {
  std::map<BucketId, std::uint64_t> sizes;
  for (const auto& [id, bucket] : buckets_) sizes[id] = bucket.num_edges;
  return sizes;
}

std::vector<BucketStore::Batch> BucketStore::divide(std::uint64_t memory_bytes) {
  std::vector<Batch> batches;
  std::uint64_t bytes = 0;
  for (auto it = buckets_.begin(); it != buckets_.end(); ++it) {
    Bucket& bucket = it->second;
    bucket.is_loaded = bucket.num_bytes < bucket.num_segments * kLargeSegment &&
                       bucket.num_bytes <= memory_bytes / 2;
    const std::uint64_t more =
        bucket.num_segments * sizeof(Segment) + (bucket.is_loaded ? bucket.num_bytes : 0);
    if (batches.empty() || bytes + more > memory_bytes) {
      batches.emplace_back();
      bytes = 0;
    }
    batches.back().buckets.push_back(&*it);
    bytes += more;
  }
  return batches;
}

// Finds the run's segments of the batch, which are its next, and loads those that are to be, as
// many as lie beside each other at once.
void BucketStore::collect(Run& run, Batch& batch) {
  std::vector<Segment*> beside;
  const auto load = [&] {
    if (beside.empty()) return;
    const std::uint64_t begin = beside.front()->offset, size = run.next_byte - begin;
    Bytes8 bytes = allocate_bytes(size);
    spill_.read(run.blob, begin, bytes.get(), size);
    for (Segment* segment : beside) segment->loaded = bytes.get() + (segment->offset - begin);
    batch.loaded.push_back(std::move(bytes));
    beside.clear();
  };
  std::vector<Entry> entries;
  std::size_t b = 0;
  for (bool more = true; more && run.next_entry < run.num_entries;) {
    entries.resize(std::min(kEntriesAtOnce, run.num_entries - run.next_entry));
    spill_.read(run.blob, run.next_entry * sizeof(Entry), entries.data(),
                entries.size() * sizeof(Entry));
    for (const Entry& entry : entries) {
      while (b < batch.buckets.size() && batch.buckets[b]->first < entry.id) ++b;
      more = b < batch.buckets.size();
      if (!more) break;
      const bool is_loaded = batch.buckets[b]->second.is_loaded;
      if (!is_loaded) load();
      Segment& segment = batch.segments[b].emplace_back();
      segment.num_edges = entry.num_edges;
      segment.weights = entry.weights != 0;
      segment.timestamps = entry.timestamps != 0;
      segment.blob = &run.blob;
      segment.offset = run.next_byte;
      if (is_loaded && !run.blob.memory) beside.push_back(&segment);
      run.next_byte += entry.num_bytes();
      ++run.next_entry;
    }
  }
  load();
}

FileRecord BucketStore::write_bucket(const std::filesystem::path& path, const Bucket& bucket,
                                     const std::vector<Segment>& segments) const {
  ContainerWriter writer(path, "edges");
  std::vector<std::byte> buffer;
  const auto column = [&](std::string_view name, DataType type, auto&& offset_of) {
    writer.begin(name, type);
    for (const Segment& s : segments) {
      buffer.resize(s.num_edges * size_of(type));
      s.read(spill_, offset_of(s), buffer.data(), buffer.size());
      writer.append(buffer.data(), buffer.size());
    }
  };
  column("lhs", DataType::u32, [](const Segment& s) { return s.lhs_offset(); });
  column("rhs", DataType::u32, [](const Segment& s) { return s.rhs_offset(); });
  if (bucket.weights) {
    writer.begin("weight", DataType::f32);
    std::vector<float> values;
    for (const Segment& s : segments) {
      values.assign(s.num_edges, 1.0f);
      if (s.weights) s.read(spill_, s.weight_offset(), values.data(), s.num_edges * sizeof(float));
      writer.append(values.data(), values.size() * sizeof(float));
    }
  }
  if (segments.front().timestamps) {
    column("timestamp", DataType::i64, [](const Segment&) { return std::uint64_t{0}; });
  }
  return writer.commit(/*durable=*/false);
}

void BucketStore::write(const std::filesystem::path& directory,
                        const std::function<std::string(const BucketId&)>& file_of,
                        std::size_t num_threads, std::uint64_t memory_bytes, const StopFlag& stop,
                        Manifest& manifest) {
  std::sort(runs_.begin(), runs_.end(),
            [](const Run& a, const Run& b) { return a.place < b.place; });
  for (Batch& batch : divide(memory_bytes)) {
    for (const auto* bucket : batch.buckets) {
      batch.segments.emplace_back().reserve(bucket->second.num_segments);
    }
    for (Run& run : runs_) {
      if (stop.requested()) return;
      collect(run, batch);
    }
    parallel_for(batch.buckets.size(), num_threads, [&](std::size_t b) {
      if (stop.requested()) return;
      const auto& [id, bucket] = *batch.buckets[b];
      const std::string file = file_of(id);
      std::filesystem::create_directories((directory / file).parent_path());
      const FileRecord record = write_bucket(directory / file, bucket, batch.segments[b]);
      const std::lock_guard lock(mutex_);
      manifest.files[file] = record;
    });
    batch = {};
  }
}

}  // namespace twhin
