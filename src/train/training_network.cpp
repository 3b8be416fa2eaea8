#include "train/training_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "twhin/base/error.h"
#include "twhin/base/rng.h"

namespace twhin::training {
namespace {

// Stands for every relation that has no options of its own, as in the config of an import.
constexpr std::string_view kTemplate = "*";

template <class T>
T options_of(const Named<T>& entries, std::string_view name) {
  T options;
  for (const auto& [key, value] : entries) {
    if (key == name) return value;
    if (key == kTemplate) options = value;
  }
  return options;
}

// Options of something that is not there are a mistake, not a wish.
template <class T>
void check_names(const Named<T>& entries, const std::vector<std::string>& known,
                 std::string_view id, std::string_view kind) {
  for (const auto& [name, value] : entries) {
    if (name == kTemplate) continue;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw ErrorBuilder(ErrorKind::invalid_argument, id)
        .what(fmt::format("the graph has no {} {}", kind, quote(name)))
        .expected("one of " + list(known))
        .hint(did_you_mean(name, known))
        .build();
  }
}

// P of all partitioned types, which must agree: a bucket is a pair of partition numbers.
std::uint32_t common_partitions(const std::vector<TrainedType>& types) {
  const TrainedType* first = nullptr;
  for (const TrainedType& type : types) {
    if (!type.is_partitioned()) continue;
    if (first != nullptr && type.partition_sizes.size() != first->partition_sizes.size()) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "train.partition_counts")
          .what(fmt::format("entity types {} and {} have different numbers of partitions",
                            quote(first->name), quote(type.name)))
          .found(
              fmt::format("{} and {}", first->partition_sizes.size(), type.partition_sizes.size()))
          .expected("the same number for every type that has more than one")
          .hint("import the graph with one number for all large types, 1 for small ones")
          .build();
    }
    if (first == nullptr) first = &type;
  }
  return first == nullptr ? 1 : static_cast<std::uint32_t>(first->partition_sizes.size());
}

VectorSource vectors_of(const std::string& type, const EntityTrainOptions& options) {
  if (!options.vector_names.empty() && options.vectors.resolved.extension() != ".npy") {
    throw ErrorBuilder(ErrorKind::invalid_argument, "train.vector_names")
        .what("names of vectors are given, and no .npy whose rows they could name")
        .at("entities." + type)
        .found("vectors: " + quote(options.vectors.text))
        .expected("vectors that end with .npy, or no vector_names")
        .build();
  }
  return {options.vectors.resolved, options.vector_names.resolved};
}

// w_r = c n_r^-x, with the c that keeps the mean weight of the edges: sum_r n_r w_r = sum_r n_r.
void balance_weights(double power, TrainingNetwork& network) {
  double sum = 0.0;
  for (const TrainedRelation& r : network.relations) {
    if (r.num_edges > 0) sum += std::pow(static_cast<double>(r.num_edges), 1.0 - power);
  }
  const double scale = static_cast<double>(network.num_edges) / sum;
  for (TrainedRelation& r : network.relations) {
    const double balance =
        r.num_edges == 0 ? 1.0 : scale * std::pow(static_cast<double>(r.num_edges), -power);
    r.weight = static_cast<float>(r.options.weight * balance);
  }
}

std::uint64_t num_replayed(float replay, std::uint64_t old_edges) {
  return static_cast<std::uint64_t>(
      std::llround(static_cast<double>(replay) * static_cast<double>(old_edges)));
}

// What an epoch of a refresh has of a relation.
void count_trained(const Graph& graph, TrainedRelation& trained, TrainingNetwork& network) {
  const std::uint32_t r = trained.graph_relation;
  std::uint64_t num_new = 0;
  trained.old_edges = {0};
  for (std::uint32_t i = 0; i < network.types[trained.lhs].partition_sizes.size(); ++i) {
    for (std::uint32_t j = 0; j < network.types[trained.rhs].partition_sizes.size(); ++j) {
      const std::uint64_t fresh = graph.num_new_edges(r, i, j);
      trained.old_edges.push_back(trained.old_edges.back() + graph.bucket_size(r, i, j) - fresh);
      num_new += fresh;
    }
  }
  trained.num_edges = num_new + num_replayed(*network.replay, trained.old_edges.back());
  network.num_new_edges += num_new;
}

// A refresh needs to know what is new.
void check_growth(const Graph& graph) {
  if (graph.growth()) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "train.no_new_edges")
      .what("train.refresh trains new edges, and the graph does not know which are new")
      .at(graph.path().string())
      .expected("a graph that was imported with --base")
      .hint("import it on the graph of the version before: twhin import CONFIG --base GRAPH")
      .build();
}

}  // namespace

std::uint64_t TrainedType::num_entities() const {
  return std::accumulate(partition_sizes.begin(), partition_sizes.end(), std::uint64_t{0});
}

std::uint32_t TrainedType::largest_partition() const {
  return *std::max_element(partition_sizes.begin(), partition_sizes.end());
}

std::uint32_t TrainedType::first_id(std::uint32_t partition) const {
  return std::accumulate(partition_sizes.begin(), partition_sizes.begin() + partition, 0u);
}

TrainingNetwork TrainingNetwork::of(const Graph& graph, const TrainConfig& config) {
  const Schema& schema = graph.schema();
  check_names(config.entities, schema.entity_names(), "train.unknown_entity_type", "entity type");
  check_names(config.relations, schema.relation_names(), "train.unknown_relation", "relation");
  const Network network = graph.network(config.network);

  TrainingNetwork out;
  out.name = network.name;
  out.replay = config.train.refresh.replay;
  out.replayed_weight = config.train.refresh.replayed_weight;
  if (out.replay) check_growth(graph);
  std::vector<bool> used(schema.entities.size());
  for (const std::uint32_t r : network.relations) {
    used[schema.relations[r].lhs] = used[schema.relations[r].rhs] = true;
  }
  std::vector<std::uint32_t> number(schema.entities.size());
  for (std::uint32_t t = 0; t < schema.entities.size(); ++t) {
    if (!used[t]) continue;
    number[t] = static_cast<std::uint32_t>(out.types.size());
    const EntityType& type = schema.entities[t];
    const EntityTrainOptions options = options_of(config.entities, type.name);
    TrainedType trained{type.name,
                        t,
                        type.partition_sizes,
                        options.learning_rate.value_or(config.train.learning_rate),
                        options.frozen,
                        vectors_of(type.name, options)};
    // What rows were before means nothing to those that begin with a file.
    const bool has_before = !trained.frozen && trained.vectors.empty();
    trained.pull = has_before ? options.pull.value_or(config.train.pull) : 0.0f;
    out.types.push_back(std::move(trained));
  }
  for (const std::uint32_t r : network.relations) {
    const RelationType& relation = schema.relations[r];
    TrainedRelation trained{relation.name,        r,
                            number[relation.lhs], number[relation.rhs],
                            graph.num_edges(r),   options_of(config.relations, relation.name)};
    trained.pull = trained.options.pull.value_or(config.train.pull);
    trained.lhs_negatives = trained.options.lhs_negatives.value_or(config.train.lhs_negatives);
    trained.rhs_negatives = trained.options.rhs_negatives.value_or(config.train.rhs_negatives);
    out.relations.push_back(std::move(trained));
  }
  for (std::uint32_t r = 0; r < out.relations.size(); ++r) {
    if (out.replay) count_trained(graph, out.relations[r], out);
    out.num_edges += out.relations[r].num_edges;
  }
  if (out.num_edges == 0) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "train.no_edges")
        .what(fmt::format("network {} has no edges to train", quote(out.name)))
        .at(graph.path().string())
        .build();
  }
  balance_weights(config.train.balance_relations, out);
  out.num_partitions = common_partitions(out.types);
  return out;
}

bool TrainingNetwork::pulls() const {
  const auto is_pulled = [](const auto& each) { return each.pull > 0.0f; };
  return std::any_of(types.begin(), types.end(), is_pulled) ||
         std::any_of(relations.begin(), relations.end(), is_pulled);
}

Schema TrainingNetwork::schema() const {
  Schema schema;
  for (const TrainedType& type : types)
    schema.entities.push_back({type.name, type.partition_sizes});
  for (const TrainedRelation& r : relations) schema.relations.push_back({r.name, r.lhs, r.rhs});
  return schema;
}

std::uint64_t TrainingNetwork::trained_edges(const Graph& graph, std::uint32_t relation,
                                             std::uint32_t lhs_partition,
                                             std::uint32_t rhs_partition,
                                             std::uint32_t epoch) const {
  const TrainedRelation& trained = relations[relation];
  const std::uint32_t r = trained.graph_relation;
  const std::uint64_t all = graph.bucket_size(r, lhs_partition, rhs_partition);
  if (!replay) return all;
  const std::uint64_t fresh = graph.num_new_edges(r, lhs_partition, rhs_partition);
  const std::vector<std::uint64_t>& old = trained.old_edges;
  const std::size_t num_files = old.size() - 1;
  const std::size_t file =
      lhs_partition * types[trained.rhs].partition_sizes.size() + rhs_partition;
  // Epochs begin at multiples of the golden ratio, which are spread evenly however many there are.
  const std::size_t first = mul_high(epoch * Rng::kGolden, num_files);
  const std::uint64_t before = old[file] + (file < first ? old.back() : 0) - old[first];
  return fresh + num_replayed(*replay, before + all - fresh) - num_replayed(*replay, before);
}

std::vector<EdgeShare> TrainingNetwork::shares(const Graph& graph, const Bucket& bucket,
                                               std::uint32_t chunk, std::uint32_t num_chunks,
                                               std::uint32_t epoch) const {
  std::vector<EdgeShare> out;
  for (std::uint32_t r = 0; r < relations.size(); ++r) {
    const TrainedRelation& relation = relations[r];
    const bool lhs = types[relation.lhs].is_partitioned();
    const bool rhs = types[relation.rhs].is_partitioned();
    if (!(lhs && rhs) && bucket.lhs != bucket.rhs) continue;
    EdgeShare share{r, lhs ? bucket.lhs : 0, rhs ? bucket.rhs : 0};
    share.file_edges =
        graph.bucket_size(relation.graph_relation, share.lhs_partition, share.rhs_partition);
    share.trained_edges = trained_edges(graph, r, share.lhs_partition, share.rhs_partition, epoch);
    const std::uint64_t num_buckets = lhs || rhs ? 1 : num_partitions;
    const std::uint64_t pieces = num_buckets * num_chunks;
    const std::uint64_t piece = chunk * num_buckets + (num_buckets > 1 ? bucket.lhs : 0);
    const auto border = [&](std::uint64_t k) {
      return static_cast<std::uint64_t>(static_cast<unsigned __int128>(share.trained_edges) * k /
                                        pieces);
    };
    share.first = border(piece);
    share.last = border(piece + 1);
    if (share.first < share.last) out.push_back(share);
  }
  return out;
}

std::vector<PartId> TrainingNetwork::parts_of(const Bucket& bucket) const {
  std::vector<PartId> parts;
  const auto add = [&](std::uint32_t type, std::uint32_t partition) {
    const PartId part{type, types[type].is_partitioned() ? partition : 0};
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
  };
  for (const TrainedRelation& relation : relations) {
    add(relation.lhs, bucket.lhs);
    add(relation.rhs, bucket.rhs);
  }
  return parts;
}

}  // namespace twhin::training
