#include "mixture/edge_sample.h"

#include <algorithm>
#include <cmath>

#include "mixture/mixture_files.h"
#include "twhin/base/rng.h"
#include "twhin/storage/container.h"

namespace twhin {
namespace {

/// Ascending places among `total` edges: one from each of equal stretches, or all.
std::vector<std::uint64_t> places(std::uint64_t total, std::uint64_t seed, std::uint32_t relation) {
  const std::uint64_t num = std::min<std::uint64_t>(total, kSampledEdges);
  Rng rng(seed, RngPurpose::sample, 3, relation);
  std::vector<std::uint64_t> out(num);
  for (std::uint64_t i = 0; i < num; ++i) {
    const auto stretch = [&](std::uint64_t n) {
      return static_cast<std::uint64_t>(static_cast<unsigned __int128>(n) * total / num);
    };
    out[i] = stretch(i) + rng.below(stretch(i + 1) - stretch(i));
  }
  return out;
}

SampledEdges sample_of(const Graph& graph, std::uint32_t relation, std::uint64_t seed,
                       std::uint32_t key) {
  const EntityType& lhs = graph.schema().lhs_type(relation);
  const EntityType& rhs = graph.schema().rhs_type(relation);
  const TypeLayout lhs_layout(lhs), rhs_layout(rhs);
  const std::vector<std::uint64_t> wanted = places(graph.num_edges(relation), seed, key);
  SampledEdges out;
  out.num_edges = graph.num_edges(relation);
  auto at = wanted.begin();
  std::uint64_t before = 0;
  for (std::uint32_t i = 0; i < lhs.num_partitions(); ++i) {
    for (std::uint32_t j = 0; j < rhs.num_partitions(); ++j) {
      const std::uint64_t size = graph.bucket_size(relation, i, j);
      if (at == wanted.end() || *at >= before + size) {
        before += size;
        continue;
      }
      const EdgeBucket bucket = graph.bucket(relation, i, j);
      for (; at != wanted.end() && *at < before + size; ++at) {
        out.lhs.push_back(lhs_layout.first(i) + bucket.edges().lhs[*at - before]);
        out.rhs.push_back(rhs_layout.first(j) + bucket.edges().rhs[*at - before]);
      }
      before += size;
    }
  }
  return out;
}

}  // namespace

void write_edge_sample(const ModelVersion& version, const Graph& graph, std::uint64_t seed,
                       const std::filesystem::path& path) {
  ContainerWriter file(path, mixture_files::kEdgesKind);
  const Schema& schema = version.schema();
  for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
    const std::string& name = schema.relations[r].name;
    const SampledEdges edges = sample_of(graph, graph.schema().relation(name), seed, r);
    file.add(name + "#lhs", std::span<const std::uint32_t>(edges.lhs));
    file.add(name + "#rhs", std::span<const std::uint32_t>(edges.rhs));
    file.add(name + "#edges", std::span<const std::uint64_t>(&edges.num_edges, 1));
  }
  file.commit();
}

std::vector<SampledEdges> read_edge_sample(const ModelVersion& version,
                                           const std::filesystem::path& path) {
  const Container file = Container::open(path, mixture_files::kEdgesKind);
  file.verify();
  const Schema& schema = version.schema();
  std::vector<SampledEdges> out;
  for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
    const auto read = [&](const char* end, const EntityType& type) {
      const auto values = file.array<std::uint32_t>(schema.relations[r].name + end);
      for (const FlatId each : values) {
        if (each >= type.num_entities()) {
          mixture_files::throw_wrong_shape(path, type.name + " " + std::to_string(each),
                                           "below " + std::to_string(type.num_entities()));
        }
      }
      return std::vector<FlatId>(values.begin(), values.end());
    };
    const auto num_edges = file.array<std::uint64_t>(schema.relations[r].name + "#edges");
    out.push_back({read("#lhs", schema.lhs_type(r)), read("#rhs", schema.rhs_type(r)),
                   num_edges.empty() ? 0 : num_edges.front()});
    if (out.back().lhs.size() != out.back().rhs.size()) {
      mixture_files::throw_wrong_shape(path, schema.relations[r].name, "as many lhs as rhs");
    }
  }
  return out;
}

}  // namespace twhin
