#include "graph/bucket_store.h"

#include <algorithm>
#include <cstring>

#include "twhin/base/error.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

template <class T>
std::byte* put(const std::vector<T>& values, std::byte* out) {
  std::memcpy(out, values.data(), values.size() * sizeof(T));
  return out + values.size() * sizeof(T);
}

}  // namespace

void BucketStore::add(std::uint64_t place, const SortedEdges& edges,
                      const std::vector<std::uint8_t>& splits, const SortedRelation& relation) {
  if (edges.size() == 0) return;
  const std::uint32_t num_rhs_partitions = relation.rhs->vocabulary().num_partitions();
  const std::uint32_t num_splits =
      edges.split != 0 ? 1u : 1u + *std::max_element(splits.begin(), splits.end());
  std::vector<Rows> rows(std::size_t{num_splits} * num_rhs_partitions);
  const auto flush = [&](std::uint32_t lhs_partition) {
    for (std::uint32_t s = 0; s < num_splits; ++s) {
      for (std::uint32_t p = 0; p < num_rhs_partitions; ++p) {
        const std::uint32_t split = edges.split != 0 ? edges.split : s;
        keep({edges.relation, split, lhs_partition, p}, place, rows[s * num_rhs_partitions + p]);
      }
    }
  };
  std::uint32_t lhs_partition = relation.lhs->partition_of_rank(edges.lhs[0]);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (edges.lhs[i] >= relation.lhs->first_rank(lhs_partition + 1)) {
      flush(lhs_partition);
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
  flush(lhs_partition);
}

void BucketStore::keep(const BucketId& id, std::uint64_t place, Rows& rows) {
  if (rows.lhs.empty()) return;
  Segment segment;
  segment.place = place;
  segment.num_edges = rows.lhs.size();
  segment.weights = std::any_of(rows.weight.begin(), rows.weight.end(),
                                [](float weight) { return weight != 1.0f; });
  if (!segment.weights) rows.weight.clear();
  segment.timestamps = !rows.timestamp.empty();
  const std::uint64_t size =
      rows.lhs.size() * 8 + rows.weight.size() * 4 + rows.timestamp.size() * 8;
  Bytes8 data = allocate_bytes(size);
  put(rows.weight, put(rows.rhs, put(rows.lhs, put(rows.timestamp, data.get()))));
  segment.blob = spill_.put(std::move(data), size);
  rows = {};
  const std::lock_guard lock(mutex_);
  buckets_[id].push_back(std::move(segment));
}

std::map<BucketId, std::uint64_t> BucketStore::sizes() const {
  std::map<BucketId, std::uint64_t> sizes;
  for (const auto& [id, segments] : buckets_) {
    for (const Segment& segment : segments) sizes[id] += segment.num_edges;
  }
  return sizes;
}

FileRecord BucketStore::write_bucket(const std::filesystem::path& path,
                                     std::vector<Segment>& segments) {
  std::sort(segments.begin(), segments.end(),
            [](const Segment& a, const Segment& b) { return a.place < b.place; });
  const bool weights =
      std::any_of(segments.begin(), segments.end(), [](const Segment& s) { return s.weights; });
  ContainerWriter writer(path, "edges");
  std::vector<std::byte> buffer;
  const auto column = [&](std::string_view name, DataType type, auto&& offset_of) {
    writer.begin(name, type);
    for (const Segment& s : segments) {
      buffer.resize(s.num_edges * size_of(type));
      spill_.read(s.blob, offset_of(s), buffer.data(), buffer.size());
      writer.append(buffer.data(), buffer.size());
    }
  };
  const auto lhs_offset = [](const Segment& s) { return s.timestamps ? s.num_edges * 8 : 0; };
  column("lhs", DataType::u32, lhs_offset);
  column("rhs", DataType::u32, [&](const Segment& s) { return lhs_offset(s) + s.num_edges * 4; });
  if (weights) {
    writer.begin("weight", DataType::f32);
    std::vector<float> values;
    for (const Segment& s : segments) {
      values.assign(s.num_edges, 1.0f);
      if (s.weights) {
        spill_.read(s.blob, lhs_offset(s) + s.num_edges * 8, values.data(), s.num_edges * 4);
      }
      writer.append(values.data(), values.size() * sizeof(float));
    }
  }
  if (segments.front().timestamps) {
    column("timestamp", DataType::i64, [](const Segment&) { return std::uint64_t{0}; });
  }
  for (Segment& segment : segments) spill_.drop(std::move(segment.blob));
  return writer.commit(/*durable=*/false);
}

void BucketStore::write(const std::filesystem::path& directory,
                        const std::function<std::string(const BucketId&)>& file_of,
                        std::size_t num_threads, const StopFlag& stop, Manifest& manifest) {
  std::vector<std::pair<std::string, std::vector<Segment>*>> files;
  for (auto& [id, segments] : buckets_) files.emplace_back(file_of(id), &segments);
  for (const auto& [file, segments] : files) {
    std::filesystem::create_directories((directory / file).parent_path());
  }
  parallel_for(files.size(), num_threads, [&](std::size_t i) {
    if (stop.requested()) return;
    const FileRecord record = write_bucket(directory / files[i].first, *files[i].second);
    const std::lock_guard lock(mutex_);
    manifest.files[files[i].first] = record;
  });
}

}  // namespace twhin
