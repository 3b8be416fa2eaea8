#include "power_law_graph.h"

#include <algorithm>
#include <string>
#include <vector>

#include "twhin/base/file.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"
#include "twhin/storage/container.h"
#include "twhin/storage/edges.h"
#include "twhin/storage/vocabulary.h"

namespace twhin::bench {
namespace fs = std::filesystem;
namespace {

struct Entity {
  std::uint64_t hash;
  std::uint32_t number;
};

// The ends of a bucket's edges.
struct Ends {
  std::vector<std::uint32_t> lhs, rhs;

  void add(std::uint32_t l, std::uint32_t r) {
    lhs.push_back(l);
    rhs.push_back(r);
  }
};

std::string directory_name(const PowerLawOptions& o) {
  return "power_law." + std::to_string(o.num_entities) + "." + std::to_string(o.num_edges) + ".p" +
         std::to_string(o.num_partitions) + ".s" + std::to_string(o.seed) +
         (o.num_valid > 0 ? ".v" + std::to_string(o.num_valid) : "");
}

// Writes the names; returns the global row (partition after partition) of each entity.
std::vector<std::uint32_t> write_names(const PowerLawOptions& options, const fs::path& directory,
                                       std::vector<std::uint32_t>& sizes) {
  std::vector<Entity> entities(options.num_entities);
  for (std::uint32_t i = 0; i < entities.size(); ++i) {
    entities[i] = {name_hash(std::to_string(i)).low, i};
  }
  std::sort(entities.begin(), entities.end(),
            [](const Entity& a, const Entity& b) { return a.hash < b.hash; });
  std::vector<std::uint32_t> row_of(entities.size());
  std::size_t at = 0;
  for (std::uint32_t p = 0; p < options.num_partitions; ++p) {
    std::string bytes;
    std::vector<std::uint64_t> offsets = {0}, hashes;
    for (; at < entities.size() && partition_of(entities[at].hash, options.num_partitions) == p;
         ++at) {
      row_of[entities[at].number] = static_cast<std::uint32_t>(at);
      bytes += std::to_string(entities[at].number);
      offsets.push_back(bytes.size());
      hashes.push_back(entities[at].hash);
    }
    const std::uint64_t seed = 0;
    ContainerWriter writer(directory / Vocabulary::file_name("user", p), "vocabulary");
    writer.add_text("bytes", bytes);
    writer.add<std::uint64_t>("offsets", offsets);
    writer.add<std::uint64_t>("hashes", hashes);
    writer.add<std::uint64_t>("seed", {&seed, 1});
    writer.commit(false);
    sizes.push_back(static_cast<std::uint32_t>(hashes.size()));
  }
  return row_of;
}

// (global lhs row, global rhs row) of every edge, ascending.
std::vector<std::uint64_t> draw_edges(const PowerLawOptions& options,
                                      const std::vector<std::uint32_t>& row_of) {
  std::vector<std::uint64_t> edges(options.num_edges);
  const auto n = static_cast<double>(options.num_entities);
  constexpr std::size_t kPerTask = 1 << 20;
  parallel_for((edges.size() + kPerTask - 1) / kPerTask, num_hardware_threads(),
               [&](std::size_t task) {
                 Rng rng(options.seed, RngPurpose::generate, task);
                 const std::size_t end = std::min(edges.size(), (task + 1) * kPerTask);
                 for (std::size_t k = task * kPerTask; k < end; ++k) {
                   const double u = rng.uniform(), v = rng.uniform();
                   const auto lhs = static_cast<std::size_t>(n * u * u);
                   const auto rhs = static_cast<std::size_t>(n * v * v * v * v);
                   edges[k] = (std::uint64_t{row_of[lhs]} << 32) | row_of[rhs];
                 }
               });
  std::sort(edges.begin(), edges.end());
  return edges;
}

}  // namespace

Graph power_law_graph(const PowerLawOptions& options, const fs::path& cache) {
  const fs::path directory = cache / directory_name(options);
  if (fs::exists(directory / Manifest::kFileName)) return Graph::open(directory);
  fs::remove_all(directory);
  make_directories(directory / "vocabulary");
  make_directories(directory / "edges/follow");

  GraphMeta meta;
  meta.splits = {kTrainSplit};
  meta.schema.entities = {{"user", {}}};
  meta.schema.relations = {{"follow", 0, 0}};
  std::vector<std::uint32_t>& sizes = meta.schema.entities[0].partition_sizes;
  const std::vector<std::uint32_t> row_of = write_names(options, directory, sizes);
  const std::vector<std::uint64_t> edges = draw_edges(options, row_of);

  // Edges of one lhs partition are consecutive; they are dealt out to its buckets in their order.
  std::vector<std::uint32_t> first_row = {0};
  for (const std::uint32_t size : sizes) first_row.push_back(first_row.back() + size);
  const auto place = [&](std::uint32_t row) {
    const auto next = std::upper_bound(first_row.begin(), first_row.end(), row);
    const auto p = static_cast<std::uint32_t>(next - first_row.begin() - 1);
    return EntityId{p, row - first_row[p]};
  };
  const auto write = [&](const char* split, std::uint32_t i, std::uint32_t j, const Ends& ends) {
    const std::string file = Graph::bucket_file(split, "follow", i, j);
    make_directories((directory / file).parent_path());
    write_edges(directory / file, {ends.lhs, ends.rhs, {}, {}}, false);
    meta.bucket_sizes[file] = ends.lhs.size();
    meta.counts[0].edges[split] += ends.lhs.size();
  };
  meta.counts.resize(1);
  meta.counts[0].rows = edges.size();
  const std::size_t valid_step =
      options.num_valid == 0 ? 0 : std::max<std::size_t>(1, edges.size() / options.num_valid);
  if (valid_step > 0) meta.splits.push_back("valid");
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < options.num_partitions; ++i) {
    std::vector<Ends> train(options.num_partitions), valid(options.num_partitions);
    for (; at < edges.size(); ++at) {
      const EntityId l = place(static_cast<std::uint32_t>(edges[at] >> 32));
      if (l.partition != i) break;
      const EntityId r = place(static_cast<std::uint32_t>(edges[at]));
      train[r.partition].add(l.row, r.row);
      if (valid_step > 0 && at % valid_step == 0) valid[r.partition].add(l.row, r.row);
    }
    for (std::uint32_t j = 0; j < options.num_partitions; ++j) {
      write(kTrainSplit, i, j, train[j]);
      if (valid_step > 0) write("valid", i, j, valid[j]);
    }
  }
  meta.has_timestamps = {false};

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

}  // namespace twhin::bench
