#include "evaluate/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "evaluate/baselines.h"
#include "evaluate/intervals.h"
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

Breakdown break_down(const Division& division, std::span<const RankCounts> ranks,
                     std::span<const RankCounts> popularity,
                     const std::vector<GroupIntervals>* intervals) {
  metrics::GroupedRanking grouped(division.names.size()), popular(division.names.size());
  for (std::size_t t = 0; t < ranks.size(); ++t) grouped.add(division.of_target[t], ranks[t]);
  for (std::size_t t = 0; t < popularity.size(); ++t) {
    popular.add(division.of_target[t], popularity[t]);
  }
  Breakdown out{division.by, {}, grouped.macro()};
  for (std::size_t g = 0; g < division.names.size(); ++g) {
    EvalGroup group{division.names[g], grouped.group(g), {}, {}};
    if (!popularity.empty()) group.popularity = popular.group(g);
    if (intervals != nullptr && !intervals->empty()) group.intervals = (*intervals)[g];
    out.groups.push_back(std::move(group));
  }
  return out;
}

/// Numbers of places at which the distribution of ranks is told: 1, 2, 3, 5, 7, 10, 15, 20, 30, …
std::vector<std::uint64_t> places_up_to(std::uint64_t most) {
  std::vector<std::uint64_t> out = {1, 2, 3, 5, 7};
  for (std::uint64_t ten = 10; out.back() < most; ten *= 10) {
    for (const std::uint64_t tenths : {10, 15, 20, 30, 50, 70}) out.push_back(ten / 10 * tenths);
  }
  while (out.size() > 1 && out[out.size() - 2] >= most) out.pop_back();
  return out;
}

std::vector<double> shares_within(std::span<const RankCounts> ranks,
                                  std::span<const std::uint64_t> places) {
  std::vector<std::uint64_t> first(places.size(), 0);  // ranks whose first place that is
  for (const RankCounts& counts : ranks) {
    const auto at = std::lower_bound(
        places.begin(), places.end(), counts.rank(),
        [](std::uint64_t k, double rank) { return static_cast<double>(k) < rank; });
    ++first[static_cast<std::size_t>(at - places.begin())];
  }
  std::vector<double> out;
  std::uint64_t sum = 0;
  for (const std::uint64_t count : first) {
    out.push_back(static_cast<double>(sum += count) / static_cast<double>(ranks.size()));
  }
  return out;
}

std::vector<double> shares_by_chance(std::span<const RankCounts> ranks,
                                     std::span<const std::uint64_t> places) {
  std::vector<double> out;
  for (const std::uint64_t k : places) {
    double sum = 0.0;
    for (const RankCounts& counts : ranks) {
      sum += std::min(1.0, static_cast<double>(k) / static_cast<double>(counts.candidates + 1));
    }
    out.push_back(sum / static_cast<double>(ranks.size()));
  }
  return out;
}

RankDistribution distribution(const EvalOptions& options, std::span<const RankCounts> ranks,
                              std::span<const RankCounts> popularity) {
  std::uint64_t most = 1;
  for (const RankCounts& counts : ranks) most = std::max(most, counts.candidates + 1);
  RankDistribution out;
  out.k = places_up_to(most);
  out.model = shares_within(ranks, out.k);
  if (!popularity.empty()) out.popularity = shares_within(popularity, out.k);
  if (options.baselines) out.random = shares_by_chance(ranks, out.k);
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
                         std::span<const RankCounts> popularity, const Observer& observer,
                         const StopFlag& stop) {
  ProtocolResult out;
  out.protocol = protocol;
  out.micro = metrics::ranking_metrics(ranks);
  std::optional<Intervals> intervals;
  if (options.resamples > 0) {
    intervals = intervals_over_edges(set, options, divisions, ranks, observer, stop);
    out.intervals = intervals->micro;
  }
  for (std::size_t d = 0; d < divisions.size(); ++d) {
    out.breakdowns.push_back(
        break_down(divisions[d], ranks, popularity, intervals ? &intervals->groups[d] : nullptr));
  }
  out.distribution = distribution(options, ranks, popularity);
  if (options.baselines) {
    out.random = random_metrics(ranks);
    if (!popularity.empty()) out.popularity = metrics::ranking_metrics(popularity);
  }
  return out;
}

}  // namespace twhin
