#include "evaluate/summary.h"

#include <fmt/format.h>

#include <map>

#include "evaluate/baselines.h"
#include "evaluate/ranker.h"
#include "twhin/metrics/groups.h"

namespace twhin {
namespace {

using metrics::RankCounts;

/// Groups by a name that a function gives to each query, in the order of first appearance.
template <class NameOf>
Division by_name(std::string by, const QuerySet& set, const NameOf& name_of) {
  Division out{std::move(by), {}, {}};
  std::map<std::string, std::uint32_t> known;
  for (std::size_t q = 0; q < set.num_queries(); ++q) {
    const std::string name = name_of(set.queries[q]);
    const auto [at, is_new] = known.try_emplace(name, static_cast<std::uint32_t>(out.names.size()));
    if (is_new) out.names.push_back(name);
    out.of_target.insert(out.of_target.end(), set.answers_of(q).size(), at->second);
  }
  return out;
}

std::string range_name(const metrics::Groups::Group& group) {
  if (group.smallest == group.largest) return fmt::format("{}", group.smallest);
  return fmt::format("{} to {}", group.smallest, group.largest);
}

/// Targets of relations without timestamps make a group of their own.
Division by_time(const EdgeSource& source, const QuerySet& set, std::size_t num_slices) {
  std::vector<std::int64_t> times;
  std::vector<std::size_t> timed;
  for (std::size_t t = 0; t < set.num_targets(); ++t) {
    const HeldOutEdge& edge = set.edges[set.target_edge[t]];
    if (!source.has_timestamps(edge.relation)) continue;
    timed.push_back(t);
    times.push_back(edge.timestamp);
  }
  Division slices = divide_by_quantile("time", times, num_slices);
  if (timed.size() == set.num_targets() || timed.empty()) return slices;
  Division out{slices.by, slices.names, {}};
  out.names.emplace_back("without timestamp");
  out.of_target.assign(set.num_targets(), static_cast<std::uint32_t>(out.names.size() - 1));
  for (std::size_t i = 0; i < timed.size(); ++i) out.of_target[timed[i]] = slices.of_target[i];
  return out;
}

Breakdown break_down(const Division& division, std::span<const RankCounts> ranks) {
  metrics::GroupedRanking grouped(division.names.size());
  for (std::size_t t = 0; t < ranks.size(); ++t) grouped.add(division.of_target[t], ranks[t]);
  Breakdown out{division.by, {}, grouped.macro()};
  for (std::size_t g = 0; g < division.names.size(); ++g) {
    out.groups.push_back({division.names[g], grouped.group(g)});
  }
  return out;
}

/// Sums over the ranked ends of one edge.
struct EdgeTerms {
  double num = 0.0, rank = 0.0, reciprocal = 0.0, num_with_auc = 0.0, auc = 0.0;
  std::array<double, metrics::kHitsAt.size()> hits = {};

  void add(const RankCounts& counts) {
    num += 1.0;
    rank += counts.rank();
    reciprocal += 1.0 / counts.rank();
    if (const auto value = counts.auc()) {
      num_with_auc += 1.0;
      auc += *value;
    }
    for (std::size_t i = 0; i < hits.size(); ++i) {
      hits[i] += counts.rank() <= metrics::kHitsAt[i] ? 1.0 : 0.0;
    }
  }
  void add(double weight, const EdgeTerms& other) {
    num += weight * other.num;
    rank += weight * other.rank;
    reciprocal += weight * other.reciprocal;
    num_with_auc += weight * other.num_with_auc;
    auc += weight * other.auc;
    for (std::size_t i = 0; i < hits.size(); ++i) hits[i] += weight * other.hits[i];
  }
};

metrics::RankingIntervals intervals_over_edges(const QuerySet& set, const EvalOptions& options,
                                               std::span<const RankCounts> ranks) {
  std::vector<EdgeTerms> edges(set.edges.size());
  for (std::size_t t = 0; t < ranks.size(); ++t) edges[set.target_edge[t]].add(ranks[t]);
  const auto means = [&](std::span<const std::uint32_t> counts, std::span<double> out) {
    EdgeTerms sum;
    for (std::size_t e = 0; e < edges.size(); ++e) {
      if (counts[e] > 0) sum.add(counts[e], edges[e]);
    }
    out[0] = sum.rank / sum.num;
    out[1] = sum.reciprocal / sum.num;
    out[2] = sum.auc / sum.num_with_auc;
    for (std::size_t i = 0; i < sum.hits.size(); ++i) out[3 + i] = sum.hits[i] / sum.num;
  };
  const auto found =
      metrics::bootstrap(edges.size(), 3 + metrics::kHitsAt.size(), means,
                         {options.seed, options.resamples, 0.95, num_threads(options)});
  metrics::RankingIntervals out{found[0], found[1], found[2], {}};
  std::copy_n(found.begin() + 3, out.hits.size(), out.hits.begin());
  return out;
}

}  // namespace

Division divide_by_quantile(std::string by, std::span<const std::int64_t> values,
                            std::size_t num_groups) {
  const metrics::Groups groups = metrics::groups_by_quantile(values, num_groups);
  Division out{std::move(by), {}, {}};
  std::vector<std::uint32_t> renumbered;
  for (const auto& group : groups.groups) {
    renumbered.push_back(static_cast<std::uint32_t>(out.names.size()));
    if (group.size > 0) out.names.push_back(range_name(group));
  }
  for (const std::uint32_t g : groups.of_value) out.of_target.push_back(renumbered[g]);
  return out;
}

std::vector<Division> divide(const EdgeSource& source, const QuerySet& set,
                             const EvalOptions& options, std::span<const std::int64_t> degrees) {
  const Schema& schema = source.schema();
  const auto relation = [&](const Query& q) { return schema.relations[q.relation].name; };
  const auto side = [](const Query& q) { return std::string(q.side == Side::lhs ? "lhs" : "rhs"); };
  std::vector<Division> out;
  out.push_back(by_name("relation", set, relation));
  out.push_back(by_name("side", set, side));
  out.push_back(by_name("relation and side", set,
                        [&](const Query& q) { return relation(q) + ", " + side(q); }));
  out.push_back(by_name("types", set, [&](const Query& q) {
    return schema.lhs_type(q.relation).name + " to " + schema.rhs_type(q.relation).name;
  }));
  if (options.degree_groups > 0)
    out.push_back(divide_by_quantile("degree", degrees, options.degree_groups));
  if (options.time_slices > 0) out.push_back(by_time(source, set, options.time_slices));
  const std::size_t num_relations = out.front().names.size();
  std::erase_if(out, [&](const Division& d) {
    if (d.by == "relation") return false;
    if (d.names.size() < 2) return true;
    if (d.by == "types") return d.names.size() == num_relations;  // the same rows
    return d.by == "relation and side" && (num_relations == 1 || options.sides != Sides::both);
  });
  return out;
}

ProtocolResult summarise(Protocol protocol, const QuerySet& set, const EvalOptions& options,
                         const std::vector<Division>& divisions, std::span<const RankCounts> ranks,
                         std::span<const RankCounts> popularity) {
  ProtocolResult out;
  out.protocol = protocol;
  out.micro = metrics::ranking_metrics(ranks);
  if (options.resamples > 0) out.intervals = intervals_over_edges(set, options, ranks);
  for (const Division& division : divisions) out.breakdowns.push_back(break_down(division, ranks));
  if (options.baselines) {
    out.random = random_metrics(ranks);
    if (!popularity.empty()) out.popularity = metrics::ranking_metrics(popularity);
  }
  return out;
}

}  // namespace twhin
