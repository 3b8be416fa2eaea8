#include "cli/neighbor_samples.h"

#include "twhin/base/rng.h"
#include "twhin/evaluate/co_neighbors.h"
#include "twhin/evaluate/neighbors.h"

namespace twhin::cli {
namespace {

constexpr std::size_t kNeighbors = 10;
constexpr std::uint64_t kLeastEdges = 5;

EntityId at_place(const EntityType& type, std::uint64_t place) {
  EntityId id;
  while (place >= type.partition_sizes[id.partition]) place -= type.partition_sizes[id.partition++];
  id.row = static_cast<std::uint32_t>(place);
  return id;
}

}  // namespace

double NeighborSamples::mean(std::size_t NeighborSample::*count) const {
  double sum = 0.0;
  for (const NeighborSample& sample : samples) sum += static_cast<double>(sample.*count);
  return samples.empty() ? 0.0 : sum / static_cast<double>(samples.size());
}

NeighborSamples sample_neighbors(const ModelVersion& version, const ScoringView& model,
                                 const Graph& graph, std::uint32_t relation,
                                 std::size_t num_queries, std::uint64_t seed) {
  const EntityType& type = graph.schema().rhs_type(relation);
  NeighborSamples out{type.name, graph.schema().relations[relation].name, kNeighbors, {}};
  const std::uint32_t model_type = version.schema().entity(type.name);
  const Vocabulary names = version.vocabulary(model_type);
  const CoNeighbors common(graph, relation);
  const std::vector<EntityId> popular = common.most_popular(kNeighbors);

  // A permutation, not draws: no query comes twice, and it ends where there are too few.
  Rng rng(seed, RngPurpose::sample);
  const Permutation order(type.num_entities(), rng);
  for (std::uint64_t i = 0; i < order.size() && out.samples.size() < num_queries; ++i) {
    const EntityId query = at_place(type, order(i));
    if (common.degree(query) < kLeastEdges) continue;
    NeighborQuery wanted;
    wanted.type = wanted.wanted_type = model_type;
    wanted.entity = query;
    wanted.k = kNeighbors;
    std::vector<EntityId> nearest, random;
    NeighborSample sample;
    for (const Neighbor& neighbor : neighbors(model, wanted)) {
      nearest.push_back(neighbor.id);
      sample.neighbors.emplace_back(names.name(neighbor.id));
    }
    while (random.size() < nearest.size())
      random.push_back(at_place(type, rng.below(order.size())));
    sample.query = names.name(query);
    sample.degree = common.degree(query);
    sample.num_sharing = common.num_sharing(query, nearest);
    sample.num_sharing_random = common.num_sharing(query, random);
    sample.num_sharing_popular = common.num_sharing(query, popular);
    out.samples.push_back(std::move(sample));
  }
  return out;
}

}  // namespace twhin::cli
