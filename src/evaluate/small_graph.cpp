#include "evaluate/small_graph.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <stdexcept>
#include <tuple>

#include "twhin/base/file.h"
#include "twhin/base/rng.h"
#include "twhin/storage/version_directory.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

constexpr bool kDurable = false;  // a test does not survive the machine

/// Where the entities of a type lie.
struct Places {
  std::vector<std::vector<std::uint32_t>> parts;  // numbers in the order of the rows
  std::vector<EntityId> ids;                      // by number
};

Places place(const SmallType& type) {
  Places out;
  out.parts.resize(type.num_partitions);
  out.ids.resize(type.num_entities);
  const auto hash = [](std::uint32_t n) { return name_hash(std::to_string(n)).low; };
  for (std::uint32_t n = 0; n < type.num_entities; ++n) {
    out.parts[partition_of(hash(n), type.num_partitions)].push_back(n);
  }
  for (std::uint32_t p = 0; p < out.parts.size(); ++p) {
    auto& part = out.parts[p];
    std::sort(part.begin(), part.end(),
              [&](std::uint32_t a, std::uint32_t b) { return hash(a) < hash(b); });
    for (std::uint32_t row = 0; row < part.size(); ++row) out.ids[part[row]] = {p, row};
  }
  return out;
}

/// Tests ask again and again.
const Places& places_of(const SmallType& type) {
  static std::map<std::pair<std::uint32_t, std::uint32_t>, Places> known;
  const auto [at, is_new] = known.try_emplace({type.num_entities, type.num_partitions});
  if (is_new) at->second = place(type);
  return at->second;
}

const std::vector<std::vector<std::uint32_t>>& placed(const SmallType& type) {
  return places_of(type).parts;
}

void write_names(const fs::path& directory, const SmallType& type, Manifest& manifest) {
  const auto& parts = placed(type);
  for (std::uint32_t p = 0; p < parts.size(); ++p) {
    std::string bytes;
    std::vector<std::uint64_t> offsets = {0}, hashes;
    for (const std::uint32_t n : parts[p]) {
      bytes += std::to_string(n);
      offsets.push_back(bytes.size());
      hashes.push_back(name_hash(std::to_string(n)).low);
    }
    const std::string file = Vocabulary::file_name(type.name, p);
    fs::create_directories((directory / file).parent_path());
    ContainerWriter writer(directory / file, "vocabulary");
    writer.add_text("bytes", bytes);
    writer.add<std::uint64_t>("offsets", offsets);
    writer.add<std::uint64_t>("hashes", hashes);
    writer.add<std::uint64_t>("seed", std::vector<std::uint64_t>{0});
    writer.commit(kDurable);
    manifest.add(directory, file);
  }
}

}  // namespace

TestDirectory::TestDirectory() {
  static std::atomic<int> counter{0};
  path_ = fs::temp_directory_path() /
          ("twhin-evaluate-" + std::to_string(::getpid()) + "-" + std::to_string(counter++));
  fs::remove_all(path_);
  fs::create_directories(path_);
}

TestDirectory::~TestDirectory() { fs::remove_all(path_); }

const SmallType& SmallGraph::type(const std::string& name) const {
  for (const SmallType& each : types) {
    if (each.name == name) return each;
  }
  throw std::logic_error("no type " + name);
}

const float* SmallGraph::row(const std::string& type_name, std::uint32_t entity) const {
  return rows.at(type_name).data() + std::size_t{entity} * dim;
}

EntityId SmallGraph::id(const std::string& type_name, std::uint32_t entity) const {
  return places_of(type(type_name)).ids.at(entity);
}

std::uint32_t SmallGraph::number(const std::string& type_name, EntityId id) const {
  return placed(type(type_name)).at(id.partition).at(id.row);
}

Schema SmallGraph::schema() const {
  Schema out;
  for (const SmallType& t : types) {
    EntityType type{t.name, {}};
    for (const auto& part : placed(t)) {
      type.partition_sizes.push_back(static_cast<std::uint32_t>(part.size()));
    }
    out.entities.push_back(type);
  }
  for (const SmallRelation& r : relations) {
    out.relations.push_back({r.name, out.entity(r.lhs), out.entity(r.rhs)});
  }
  return out;
}

Graph SmallGraph::write(const fs::path& directory) const {
  Manifest manifest;
  manifest.format = Graph::kFormat;
  GraphMeta meta;
  meta.schema = schema();
  meta.splits = {kTrainSplit};
  for (const SmallType& t : types) write_names(directory, t, manifest);
  for (const SmallRelation& r : relations) {
    RelationCounts counts;
    for (const auto& [split, edges] : r.edges) {
      counts.edges[split] = edges.size();
      counts.rows += edges.size();
      if (std::find(meta.splits.begin(), meta.splits.end(), split) == meta.splits.end()) {
        meta.splits.push_back(split);
      }
      using Row = std::tuple<std::uint32_t, std::uint32_t, std::int64_t>;
      std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<Row>> buckets;
      for (const SmallEdge& edge : edges) {
        const EntityId lhs = id(r.lhs, edge.lhs), rhs = id(r.rhs, edge.rhs);
        buckets[{lhs.partition, rhs.partition}].emplace_back(lhs.row, rhs.row, edge.timestamp);
      }
      for (auto& [place, bucket] : buckets) {
        std::sort(bucket.begin(), bucket.end());  // rows ascend as hashes do
        std::vector<std::uint32_t> lhs, rhs;
        std::vector<std::int64_t> timestamps;
        for (const auto& [l, t, time] : bucket) {
          lhs.push_back(l);
          rhs.push_back(t);
          if (r.has_timestamps) timestamps.push_back(time);
        }
        const std::string file = Graph::bucket_file(split, r.name, place.first, place.second);
        fs::create_directories((directory / file).parent_path());
        write_edges(directory / file, {lhs, rhs, {}, timestamps}, kDurable);
        manifest.add(directory, file);
        meta.bucket_sizes[file] = lhs.size();
      }
    }
    meta.counts.push_back(counts);
    meta.has_timestamps.push_back(r.has_timestamps);
  }
  manifest.meta_json = meta.to_json();
  manifest.write(directory);
  return Graph::open(directory);
}

ModelVersion SmallGraph::write_version(const fs::path& models, const Graph& graph) const {
  const VersionDirectory versions(models / "all");
  const std::uint32_t number = versions.next();
  const fs::path partial = versions.partial_path(number);
  fs::create_directories(partial / "embeddings");
  Manifest manifest;
  manifest.format = ModelVersion::kFormat;
  ModelInfo info;
  info.network = "all";
  info.version = number;
  info.schema = schema();
  info.dim = dim;
  info.comparator = comparator;
  info.graph_path = graph.path().string();
  info.graph_checksum = graph.checksum();
  for (const SmallType& t : types) {
    write_names(partial, t, manifest);
    const auto& parts = placed(t);
    for (std::uint32_t p = 0; p < parts.size(); ++p) {
      const std::string file = embeddings_file(t.name, p);
      ContainerWriter writer(partial / file, "embeddings");
      writer.begin("rows", DataType::f32, dim);
      for (const std::uint32_t n : parts[p]) writer.append(row(t.name, n), dim * sizeof(float));
      writer.commit(kDurable);
      manifest.add(partial, file);
    }
  }
  ContainerWriter writer(partial / ModelVersion::kRelationsFile, "relations");
  for (const SmallRelation& r : relations) {
    info.operators.push_back(r.op);
    writer.add<float>(r.name, r.params, std::max<std::size_t>(1, r.params.size()));
  }
  writer.commit(kDurable);
  manifest.add(partial, ModelVersion::kRelationsFile);
  manifest.meta_json = info.to_json();
  manifest.write(partial);
  versions.publish(number);
  return ModelVersion::open(models / "all");
}

namespace {

class MemoryRows final : public Rows {
 public:
  MemoryRows(const SmallGraph& graph, const SmallType& type) : dim_(graph.dim) {
    for (const auto& part : placed(type)) {
      parts_.emplace_back();
      for (const std::uint32_t n : part) {
        const float* row = graph.row(type.name, n);
        parts_.back().insert(parts_.back().end(), row, row + dim_);
      }
    }
  }
  std::size_t dim() const override { return dim_; }
  std::uint32_t num_partitions() const override {
    return static_cast<std::uint32_t>(parts_.size());
  }
  std::uint32_t size(std::uint32_t partition) const override {
    return static_cast<std::uint32_t>(parts_[partition].size() / dim_);
  }
  void read(std::uint32_t partition, std::uint32_t first, std::uint32_t count,
            float* out) const override {
    std::copy_n(parts_[partition].data() + first * dim_, count * dim_, out);
  }
  // So that tests take the path of compressed rows; versions on disk take the other.
  const float* in_place(std::uint32_t) const override { return nullptr; }

 private:
  std::size_t dim_;
  std::vector<std::vector<float>> parts_;
};

template <class E>
E enum_of(const std::string& name) {
  for (const EnumName<E>& each : EnumNames<E>::values) {
    if (each.name == name) return each.value;
  }
  throw std::logic_error(name);
}

}  // namespace

SmallModel::SmallModel(const SmallGraph& graph) : schema_(graph.schema()) {
  view_.schema = &schema_;
  for (const SmallType& type : graph.types) {
    rows_.push_back(std::make_unique<MemoryRows>(graph, type));
    view_.rows.push_back(rows_.back().get());
  }
  for (const SmallRelation& r : graph.relations) {
    view_.relations.emplace_back(enum_of<Comparator>(graph.comparator), graph.dim,
                                 enum_of<Operator>(r.op), r.params);
  }
}

std::vector<float> random_integers(std::size_t count, int low, int high, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto offset = rng.below(static_cast<std::uint64_t>(high - low + 1));
    out.push_back(static_cast<float>(low + static_cast<int>(offset)));
  }
  return out;
}

std::vector<float> random_normals(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<float>(rng.normal()));
  return out;
}

std::vector<SmallEdge> random_edges(std::size_t count, std::uint32_t num_lhs, std::uint32_t num_rhs,
                                    std::uint64_t seed) {
  Rng rng(seed);
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  std::vector<SmallEdge> out;
  while (out.size() < count) {
    const auto lhs = static_cast<std::uint32_t>(rng.below(num_lhs));
    const auto rhs = static_cast<std::uint32_t>(rng.below(num_rhs));
    if (seen.emplace(lhs, rhs).second)
      out.push_back({lhs, rhs, static_cast<std::int64_t>(rng.below(1000))});
  }
  return out;
}

}  // namespace twhin
