#include "twhin/graph/coverage.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "twhin/base/threads.h"
#include "twhin/storage/edge_stream.h"

namespace twhin {
namespace {

/// How many entities have which degree.
using Histogram = std::map<std::uint32_t, std::uint64_t>;

struct Tally {
  Histogram lhs, rhs;
  std::uint64_t core_entities = 0;
  std::optional<TimeRange> times;
};

void add(const std::optional<TimeRange>& more, std::optional<TimeRange>& times) {
  if (more) times = times ? times->united(*more) : *more;
}

void add_times(std::span<const std::int64_t> timestamps, std::optional<TimeRange>& times) {
  if (timestamps.empty()) return;
  const auto [first, last] = std::minmax_element(timestamps.begin(), timestamps.end());
  add(TimeRange{*first, *last}, times);
}

void add_degrees(const std::vector<std::uint32_t>& degrees, Histogram& histogram) {
  // Most degrees are small: counting those in an array keeps the map out of the way.
  constexpr std::uint32_t kSmall = 1024;
  std::vector<std::uint64_t> small(kSmall);
  for (const std::uint32_t degree : degrees) {
    if (degree < kSmall) {
      ++small[degree];
    } else {
      ++histogram[degree];
    }
  }
  for (std::uint32_t degree = 1; degree < kSmall; ++degree) {
    if (small[degree] > 0) histogram[degree] += small[degree];
  }
}

DegreeFigures figures_of(const Histogram& histogram, std::uint64_t num_of_type) {
  DegreeFigures figures;
  double sum = 0.0;
  for (const auto& [degree, count] : histogram) {
    figures.num_entities += count;
    sum += static_cast<double>(degree) * static_cast<double>(count);
  }
  if (figures.num_entities == 0) return figures;
  const auto n = static_cast<double>(figures.num_entities);
  figures.share = n / static_cast<double>(num_of_type);
  figures.mean = sum / n;
  figures.max = histogram.rbegin()->first;
  std::uint64_t below = 0;
  for (const auto& [degree, count] : histogram) {
    below += count;
    const auto reaches = [&](double q, std::uint32_t& out) {
      if (out == 0 && static_cast<double>(below) >= q * n) out = degree;
    };
    reaches(0.5, figures.p50);
    reaches(0.9, figures.p90);
    reaches(0.99, figures.p99);
  }
  return figures;
}

std::uint32_t most_frequent_type(const Graph& graph) {
  std::vector<std::uint64_t> ends(graph.schema().entities.size());
  for (std::uint32_t r = 0; r < graph.schema().relations.size(); ++r) {
    ends[graph.schema().relations[r].lhs] += graph.num_edges(r);
    ends[graph.schema().relations[r].rhs] += graph.num_edges(r);
  }
  return static_cast<std::uint32_t>(std::max_element(ends.begin(), ends.end()) - ends.begin());
}

// Calls body(edges) for a block of a bucket's edges after the other.
template <class Body>
void for_each_block(const Graph& graph, std::uint32_t relation, std::uint32_t i, std::uint32_t j,
                    Body&& body) {
  if (graph.bucket_size(relation, i, j) == 0) return;
  const Schema& schema = graph.schema();
  EdgeStream stream(
      graph.path() / Graph::bucket_file(kTrainSplit, schema.relations[relation].name, i, j),
      schema.lhs_type(relation).partition_sizes[i], schema.rhs_type(relation).partition_sizes[j]);
  for (EdgeSpan edges; stream.next(edges);) body(edges);
}

// Degrees in partition p of both sides of a relation.
void tally_partition(const Graph& graph, std::uint32_t relation, std::uint32_t p,
                     std::uint32_t core_type, Tally& tally) {
  const Schema& schema = graph.schema();
  const RelationType& type = schema.relations[relation];
  const EntityType &lhs = schema.lhs_type(relation), &rhs = schema.rhs_type(relation);
  std::vector<std::uint32_t> lhs_degrees, rhs_degrees;
  if (p < lhs.num_partitions()) {
    lhs_degrees.resize(lhs.partition_sizes[p]);
    for (std::uint32_t j = 0; j < rhs.num_partitions(); ++j) {
      for_each_block(graph, relation, p, j, [&](const EdgeSpan& edges) {
        for (const std::uint32_t row : edges.lhs) ++lhs_degrees[row];
        add_times(edges.timestamp, tally.times);
      });
    }
    add_degrees(lhs_degrees, tally.lhs);
  }
  if (p < rhs.num_partitions()) {
    rhs_degrees.resize(rhs.partition_sizes[p]);
    for (std::uint32_t i = 0; i < lhs.num_partitions(); ++i) {
      for_each_block(graph, relation, i, p, [&](const EdgeSpan& edges) {
        for (const std::uint32_t row : edges.rhs) ++rhs_degrees[row];
      });
    }
    add_degrees(rhs_degrees, tally.rhs);
  }
  const bool has_lhs = type.lhs == core_type, has_rhs = type.rhs == core_type;
  const std::size_t size = has_lhs ? lhs_degrees.size() : rhs_degrees.size();
  for (std::size_t row = 0; row < size && (has_lhs || has_rhs); ++row) {
    tally.core_entities += (has_lhs && lhs_degrees[row] > 0) || (has_rhs && rhs_degrees[row] > 0);
  }
}

void merge(const Histogram& from, Histogram& into) {
  for (const auto& [degree, count] : from) into[degree] += count;
}

nlohmann::ordered_json to_json(const DegreeFigures& figures) {
  return {{"entities", figures.num_entities},
          {"share", figures.share},
          {"mean", figures.mean},
          {"p50", figures.p50},
          {"p90", figures.p90},
          {"p99", figures.p99},
          {"max", figures.max}};
}

}  // namespace

Coverage find_coverage(const Graph& graph, const std::string& core_type, double high_coverage,
                       std::size_t num_threads) {
  const Schema& schema = graph.schema();
  Coverage coverage;
  coverage.core_type = core_type.empty() ? most_frequent_type(graph) : schema.entity(core_type);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> tasks;  // relation, partition
  for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
    if (graph.num_edges(r) == 0) continue;
    const std::uint32_t n =
        std::max(schema.lhs_type(r).num_partitions(), schema.rhs_type(r).num_partitions());
    for (std::uint32_t p = 0; p < n; ++p) tasks.emplace_back(r, p);
  }
  std::vector<Tally> tallies(schema.relations.size());
  std::mutex mutex;
  parallel_for(tasks.size(), num_threads, [&](std::size_t t) {
    const auto [r, p] = tasks[t];
    Tally tally;
    tally_partition(graph, r, p, coverage.core_type, tally);
    const std::lock_guard lock(mutex);
    merge(tally.lhs, tallies[r].lhs);
    merge(tally.rhs, tallies[r].rhs);
    tallies[r].core_entities += tally.core_entities;
    add(tally.times, tallies[r].times);
  });
  const std::uint64_t core_size = schema.entities[coverage.core_type].num_entities();
  for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
    RelationCoverage c;
    c.lhs = figures_of(tallies[r].lhs, schema.lhs_type(r).num_entities());
    c.rhs = figures_of(tallies[r].rhs, schema.rhs_type(r).num_entities());
    if (core_size > 0) {
      c.core_share = static_cast<double>(tallies[r].core_entities) / static_cast<double>(core_size);
    }
    c.high = c.core_share >= high_coverage;
    c.times = tallies[r].times;
    coverage.relations.push_back(c);
  }
  for (const Network& network : graph.networks()) {
    const bool any_high = std::any_of(network.relations.begin(), network.relations.end(),
                                      [&](std::uint32_t r) { return coverage.relations[r].high; });
    if (!any_high) coverage.low_networks.push_back(network.name);
  }
  return coverage;
}

std::string Coverage::to_json(const Schema& schema, double high_coverage) const {
  nlohmann::ordered_json json = {{"core_type", schema.entities[core_type].name},
                                 {"high_coverage", high_coverage},
                                 {"relations", nlohmann::ordered_json::array()},
                                 {"low_networks", low_networks}};
  for (std::size_t r = 0; r < relations.size(); ++r) {
    json["relations"].push_back({{"name", schema.relations[r].name},
                                 {"coverage", relations[r].high ? "high" : "low"},
                                 {"core_share", relations[r].core_share},
                                 {"lhs", twhin::to_json(relations[r].lhs)},
                                 {"rhs", twhin::to_json(relations[r].rhs)}});
    if (const auto& times = relations[r].times) {
      json["relations"].back()["times"] = {times->first, times->last};
    }
  }
  return json.dump(1) + "\n";
}

}  // namespace twhin
