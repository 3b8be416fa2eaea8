#include "train/tiny_graph.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "twhin/base/file.h"
#include "twhin/base/rng.h"
#include "twhin/storage/container.h"
#include "twhin/storage/edges.h"
#include "twhin/storage/vocabulary.h"

namespace twhin::training {
namespace fs = std::filesystem;
namespace {

struct Named {
  std::uint64_t hash;
  std::string name;
  std::uint32_t number;
};

// Writes the names of a type and returns where each entity went.
std::vector<EntityId> write_names(const fs::path& directory, const TinyGraph::Type& type,
                                  std::vector<std::uint32_t>& sizes) {
  std::vector<std::vector<Named>> parts(type.num_partitions);
  for (std::uint32_t i = 0; i < type.num_entities; ++i) {
    const std::string name = "n" + std::to_string(i);
    const std::uint64_t hash = name_hash(name).low;
    parts[partition_of(hash, type.num_partitions)].push_back({hash, name, i});
  }
  std::vector<EntityId> ids(type.num_entities);
  for (std::uint32_t p = 0; p < type.num_partitions; ++p) {
    std::sort(parts[p].begin(), parts[p].end(),
              [](const Named& a, const Named& b) { return a.hash < b.hash; });
    std::string bytes;
    std::vector<std::uint64_t> offsets = {0}, hashes;
    for (const Named& each : parts[p]) {
      ids[each.number] = {p, static_cast<std::uint32_t>(hashes.size())};
      bytes += each.name;
      offsets.push_back(bytes.size());
      hashes.push_back(each.hash);
    }
    const std::uint64_t seed = 0;
    ContainerWriter writer(directory / Vocabulary::file_name(type.name, p), "vocabulary");
    writer.add_text("bytes", bytes);
    writer.add<std::uint64_t>("offsets", offsets);
    writer.add<std::uint64_t>("hashes", hashes);
    writer.add<std::uint64_t>("seed", {&seed, 1});
    writer.commit(false);
    sizes.push_back(static_cast<std::uint32_t>(hashes.size()));
  }
  return ids;
}

}  // namespace

Graph TinyGraph::write(const fs::path& directory) const {
  fs::remove_all(directory);
  make_directories(directory / "vocabulary");
  GraphMeta meta;
  std::vector<std::vector<EntityId>> ids;
  for (const Type& type : types) {
    EntityType entity{type.name, {}};
    ids.push_back(write_names(directory, type, entity.partition_sizes));
    meta.schema.entities.push_back(entity);
  }
  for (const Relation& r : relations) meta.schema.relations.push_back({r.name, r.lhs, r.rhs});
  meta.counts.resize(relations.size());
  meta.has_timestamps.resize(relations.size());
  meta.splits = {kTrainSplit, "valid"};
  meta.networks = networks;

  const auto write_split = [&](const std::vector<TinyEdge>& all, const std::string& split) {
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>,
             std::vector<std::tuple<std::uint32_t, std::uint32_t, float>>>
        buckets;
    for (const TinyEdge& e : all) {
      const EntityId lhs = ids[relations[e.relation].lhs][e.lhs];
      const EntityId rhs = ids[relations[e.relation].rhs][e.rhs];
      buckets[{e.relation, lhs.partition, rhs.partition}].emplace_back(lhs.row, rhs.row, e.weight);
      ++meta.counts[e.relation].edges[split];
      ++meta.counts[e.relation].rows;
    }
    for (auto& [key, bucket] : buckets) {
      const auto [r, i, j] = key;
      std::sort(bucket.begin(), bucket.end());
      std::vector<std::uint32_t> lhs, rhs;
      std::vector<float> weight;
      for (const auto& [l, t, w] : bucket) {
        lhs.push_back(l);
        rhs.push_back(t);
        if (relations[r].has_weights) weight.push_back(w);
      }
      const std::string file = Graph::bucket_file(split, relations[r].name, i, j);
      make_directories((directory / file).parent_path());
      write_edges(directory / file, {lhs, rhs, weight, {}}, false);
      meta.bucket_sizes[file] = lhs.size();
    }
  };
  write_split(edges, kTrainSplit);
  write_split(valid, "valid");

  Manifest manifest;
  manifest.format = Graph::kFormat;
  manifest.meta_json = meta.to_json();
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      manifest.add(directory, entry.path().lexically_relative(directory).generic_string());
    }
  }
  manifest.write(directory);
  return Graph::open(directory);
}

TinyGraph TinyGraph::planted(std::uint32_t num_blocks, std::uint32_t block_size,
                             std::uint32_t degree, std::uint32_t num_partitions) {
  TinyGraph graph;
  const std::uint32_t n = num_blocks * block_size;
  graph.types = {{"user", n, num_partitions}};
  graph.relations = {{"follow", 0, 0}};
  Rng rng(7);
  for (std::uint32_t user = 0; user < n; ++user) {
    for (std::uint32_t k = 0; k < degree; ++k) {
      const auto block = static_cast<std::uint32_t>(rng.below(20) == 0 ? rng.below(num_blocks)
                                                                       : user / block_size);
      const auto friend_ = block * block_size + static_cast<std::uint32_t>(rng.below(block_size));
      (rng.below(10) == 0 ? graph.valid : graph.edges).push_back({0, user, friend_});
    }
  }
  return graph;
}

TinyGraph TinyGraph::pairs(std::uint32_t count, std::uint32_t num_partitions) {
  TinyGraph graph;
  graph.types = {{"user", count, num_partitions}, {"tweet", count, num_partitions}};
  graph.relations = {{"like", 0, 1}};
  for (std::uint32_t k = 0; k < count; ++k) graph.edges.push_back({0, k, k});
  return graph;
}

}  // namespace twhin::training
