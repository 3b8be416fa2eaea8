#include "mixture/engagements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "mixture/check_stop.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"
#include "twhin/storage/edge_stream.h"

namespace twhin {
namespace {

std::uint32_t end_of(const RelationType& relation, Side side) {
  return side == Side::rhs ? relation.rhs : relation.lhs;
}

std::string_view text_of(Side side) { return side == Side::rhs ? "rhs" : "lhs"; }

float weight_of(const MixtureOptions& options, const std::string& relation) {
  for (const auto& [name, weight] : options.relation_weights) {
    if (name == relation) return weight;
  }
  return 1.0f;
}

std::vector<std::uint32_t> chosen_relations(const Schema& schema, std::uint32_t target_type,
                                            const MixtureOptions& options) {
  std::vector<std::uint32_t> chosen;
  const std::string& type = schema.entities[target_type].name;
  for (const std::string& name : options.relations) {
    const std::uint32_t r = schema.relation(name);
    if (end_of(schema.relations[r], options.target_side) != target_type) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.wrong_relation")
          .what(fmt::format("relation {} has no {} at its {}", quote(name), type,
                            text_of(options.target_side)))
          .found(fmt::format("{} goes from {} to {}", name, schema.lhs_type(r).name,
                             schema.rhs_type(r).name))
          .hint("target_side is the end where the targets are")
          .build();
    }
    chosen.push_back(r);
  }
  if (options.relations.empty()) {
    for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
      if (end_of(schema.relations[r], options.target_side) == target_type) chosen.push_back(r);
    }
  }
  if (chosen.empty()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.no_relations")
        .what(fmt::format("no relation of the model has {} at its {}", quote(type),
                          text_of(options.target_side)))
        .hint("choose another type, or the other target_side")
        .build();
  }
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

}  // namespace

std::vector<CountedRelation> counted_relations(const ModelVersion& version, const Graph& graph,
                                               std::uint32_t target_type,
                                               const MixtureOptions& options) {
  if (graph.checksum() != version.info().graph_checksum) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.other_graph")
        .what("the version was trained on another graph")
        .at(graph.path().string())
        .found("checksum " + to_hex(graph.checksum()))
        .expected(to_hex(version.info().graph_checksum))
        .hint("engagements that are newer than the version are for --infer")
        .build();
  }
  const Schema& schema = version.schema();
  for (const auto& [name, weight] : options.relation_weights) schema.relation(name);
  std::vector<CountedRelation> out;
  for (const std::uint32_t r : chosen_relations(schema, target_type, options)) {
    const RelationType& relation = schema.relations[r];
    const std::uint32_t in_graph = graph.schema().relation(relation.name);
    if (options.half_life && !graph.has_timestamps(in_graph)) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.no_timestamps")
          .what(fmt::format("edges of {} have no timestamps, and half_life needs them",
                            quote(relation.name)))
          .hint("leave half_life out, or leave the relation out")
          .build();
    }
    out.push_back({r, in_graph, end_of(relation, opposite(options.target_side)),
                   weight_of(options, relation.name)});
  }
  return out;
}

EngagementReader::EngagementReader(const Graph& graph, const Schema& schema,
                                   std::uint32_t target_type, const MixtureOptions& options,
                                   std::vector<CountedRelation> relations, const Observer& observer,
                                   const StopFlag& stop)
    : graph_(graph),
      schema_(schema),
      target_type_(target_type),
      target_side_(options.target_side),
      half_life_(options.half_life ? options.half_life->value : 0.0),
      relations_(std::move(relations)),
      targets_(schema.entities[target_type]),
      stop_(stop) {
  for (const CountedRelation& each : relations_) user_types_.push_back(each.user_type);
  std::sort(user_types_.begin(), user_types_.end());
  user_types_.erase(std::unique(user_types_.begin(), user_types_.end()), user_types_.end());
  if (half_life_ > 0.0) find_latest();

  Progress progress{"counting engagements", 0, 0, "partitions", {}};
  for (const std::uint32_t type : user_types_) {
    progress.total += schema.entities[type].num_partitions();
  }
  for (const std::uint32_t type : user_types_) {
    auto& of_type = degrees_.emplace_back();
    for (std::uint32_t p = 0; p < schema.entities[type].num_partitions(); ++p) {
      std::vector<std::uint32_t> degrees(schema.entities[type].partition_sizes[p]);
      for_each_edge(type, p, [&](const Edge& edge) {
        if (edge.weight > 0.0f) {
          ++degrees[edge.user];
          ++num_engagements_;
        } else {
          ++num_weightless_;
        }
      });
      of_type.push_back(std::move(degrees));
      ++progress.done;
      observer.report(progress);
    }
  }
}

std::size_t EngagementReader::index_of(std::uint32_t user_type) const {
  return static_cast<std::size_t>(std::find(user_types_.begin(), user_types_.end(), user_type) -
                                  user_types_.begin());
}

std::span<const std::uint32_t> EngagementReader::degrees(std::uint32_t user_type,
                                                         std::uint32_t partition) const {
  return degrees_[index_of(user_type)][partition];
}

// With the half-life still in doubt, all edges of all relations.
void EngagementReader::find_latest() {
  for (const CountedRelation& each : relations_) {
    const EntityType& lhs = graph_.schema().lhs_type(each.graph_relation);
    const EntityType& rhs = graph_.schema().rhs_type(each.graph_relation);
    for (std::uint32_t i = 0; i < lhs.num_partitions(); ++i) {
      for (std::uint32_t j = 0; j < rhs.num_partitions(); ++j) {
        check_mixture_stop(stop_);
        const EdgeBucket bucket = graph_.bucket(each.graph_relation, i, j);
        for (const std::int64_t t : bucket.edges().timestamp) latest_ = std::max(latest_, t);
      }
    }
  }
}

void EngagementReader::for_each_edge(std::uint32_t user_type, std::uint32_t partition,
                                     const std::function<void(const Edge&)>& body) const {
  const EntityType& targets = schema_.entities[target_type_];
  for (const CountedRelation& each : relations_) {
    if (each.user_type != user_type) continue;
    const std::string& name = schema_.relations[each.relation].name;
    const EntityType& lhs = schema_.lhs_type(each.relation);
    const EntityType& rhs = schema_.rhs_type(each.relation);
    for (std::uint32_t q = 0; q < targets.num_partitions(); ++q) {
      const std::uint32_t i = target_side_ == Side::rhs ? partition : q;
      const std::uint32_t j = target_side_ == Side::rhs ? q : partition;
      if (graph_.bucket_size(each.graph_relation, i, j) == 0) continue;
      EdgeStream stream(graph_.path() / Graph::bucket_file(kTrainSplit, name, i, j),
                        lhs.partition_sizes[i], rhs.partition_sizes[j]);
      EdgeSpan edges;
      while (stream.next(edges)) {
        check_mixture_stop(stop_);
        const auto users = target_side_ == Side::rhs ? edges.lhs : edges.rhs;
        const auto target_rows = target_side_ == Side::rhs ? edges.rhs : edges.lhs;
        for (std::size_t e = 0; e < edges.size(); ++e) {
          double weight = each.weight;
          if (!edges.weight.empty()) weight *= edges.weight[e];
          if (half_life_ > 0.0) {
            const auto age = static_cast<double>(latest_) - static_cast<double>(edges.timestamp[e]);
            weight *= std::exp2(-age / half_life_);
          }
          body({users[e], targets_.first(q) + target_rows[e], static_cast<float>(weight)});
        }
      }
    }
  }
}

void EngagementReader::visit(
    std::uint32_t user_type, std::uint32_t partition, std::uint32_t first, std::uint32_t last,
    std::span<const std::uint32_t> clusters_of_targets, std::size_t threads,
    const std::function<void(std::uint32_t, std::span<const EngagementRecord>)>& body) const {
  const std::span<const std::uint32_t> degrees = this->degrees(user_type, partition);
  std::vector<std::uint64_t> begins(last - first + 1);
  for (std::uint32_t u = first; u < last; ++u) {
    begins[u - first + 1] = begins[u - first] + degrees[u];
  }
  std::vector<EngagementRecord> records(begins.back());
  std::vector<std::uint64_t> next(begins.begin(), begins.end() - 1);
  for_each_edge(user_type, partition, [&](const Edge& edge) {
    if (edge.user < first || edge.user >= last || !(edge.weight > 0.0f)) return;
    records[next[edge.user - first]++] = {clusters_of_targets[edge.target], edge.target,
                                          edge.weight};
  });
  // A user is one thread's, and what is done for it depends on no other.
  constexpr std::uint32_t kUsersPerTask = 256;
  parallel_for((last - first + kUsersPerTask - 1) / kUsersPerTask, threads, [&](std::size_t task) {
    check_mixture_stop(stop_);
    const auto begin = static_cast<std::uint32_t>(first + task * kUsersPerTask);
    for (std::uint32_t u = begin; u < std::min(last, begin + kUsersPerTask); ++u) {
      const auto own = std::span(records).subspan(begins[u - first], degrees[u]);
      std::sort(own.begin(), own.end(), [](const EngagementRecord& a, const EngagementRecord& b) {
        return std::tie(a.cluster, a.target, a.weight) < std::tie(b.cluster, b.target, b.weight);
      });
      body(u, own);
    }
  });
}

std::vector<std::uint32_t> EngagementReader::range_ends(std::uint32_t user_type,
                                                        std::uint32_t partition,
                                                        std::uint64_t bytes,
                                                        std::uint64_t bytes_per_component,
                                                        std::uint32_t m) const {
  const std::span<const std::uint32_t> degrees = this->degrees(user_type, partition);
  std::vector<std::uint32_t> ends;
  std::uint64_t sum = 0;
  for (std::uint32_t u = 0; u < degrees.size(); ++u) {
    const std::uint64_t own = 16 + std::uint64_t{degrees[u]} * sizeof(EngagementRecord) +
                              std::min(degrees[u], m) * bytes_per_component;
    if (sum > 0 && sum + own > bytes) {
      ends.push_back(u);
      sum = 0;
    }
    sum += own;
  }
  ends.push_back(static_cast<std::uint32_t>(degrees.size()));
  return ends;
}

}  // namespace twhin
