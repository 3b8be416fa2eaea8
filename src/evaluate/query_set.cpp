#include "evaluate/query_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "evaluate/check_split.h"
#include "evaluate/check_stop.h"
#include "twhin/base/error.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

/// Where the edges that are evaluated stand among those of the split, ascending; nothing: all are.
std::optional<std::vector<std::uint64_t>> sampled_places(std::uint64_t num_edges,
                                                         const EvalOptions& options) {
  if (!options.max_edges || *options.max_edges >= num_edges) return std::nullopt;
  std::vector<std::uint64_t> places;
  const Permutation shuffle(num_edges, Rng(options.seed, RngPurpose::sample));
  for (std::uint64_t i = 0; i < *options.max_edges; ++i) places.push_back(shuffle(i));
  std::sort(places.begin(), places.end());
  return places;
}

void collect_edges(const EdgeSource& source, const EvalOptions& options,
                   const std::vector<std::uint32_t>& relations, QuerySet& set) {
  for (const std::uint32_t r : relations) {
    set.num_edges_in_split += source.num_edges(r, options.split);
  }
  const auto places = sampled_places(set.num_edges_in_split, options);
  std::uint64_t place = 0;
  std::size_t next = 0;
  for (const std::uint32_t r : relations) {
    source.scan(r, options.split, [&](const EdgeSource::Edge& edge) {
      const bool wanted = !places || (next < places->size() && (*places)[next] == place);
      ++place;
      if (!wanted) return;
      ++next;
      if (edge.lhs == kNoEntity || edge.rhs == kNoEntity) {
        ++set.num_unknown;
      } else {
        set.edges.push_back({r, edge.lhs, edge.rhs, edge.timestamp});
      }
    });
  }
}

/// Appends the queries of one side of set.edges.
void add_side(Side side, QuerySet& set) {
  const auto fixed = [&](std::uint32_t e) {
    return side == Side::rhs ? set.edges[e].lhs : set.edges[e].rhs;
  };
  const auto ranked = [&](std::uint32_t e) {
    return side == Side::rhs ? set.edges[e].rhs : set.edges[e].lhs;
  };
  std::vector<std::uint32_t> order(set.edges.size());
  for (std::uint32_t e = 0; e < order.size(); ++e) order[e] = e;
  const auto key = [&](std::uint32_t e) {
    return std::tuple(set.edges[e].relation, fixed(e), ranked(e), e);
  };
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t e = order[i];
    const bool another = i == 0 || set.edges[e].relation != set.edges[order[i - 1]].relation ||
                         fixed(e) != fixed(order[i - 1]);
    if (another) {
      set.first_target.push_back(set.answer.size());
      set.queries.push_back({set.edges[e].relation, side, fixed(e)});
    }
    set.target_edge.push_back(e);
    set.answer.push_back(ranked(e));
  }
}

/// The queries of one relation and side by their fixed end.
class QueryIndex {
 public:
  QueryIndex(const QuerySet& set, std::uint32_t relation, Side side, FlatId num_fixed) {
    const auto before = [](const Query& q, std::pair<Side, std::uint32_t> key) {
      return std::pair(q.side, q.relation) < key;
    };
    const auto begin =
        std::lower_bound(set.queries.begin(), set.queries.end(), std::pair(side, relation), before);
    for (auto q = begin; q != set.queries.end() && q->side == side && q->relation == relation;
         ++q) {
      if (query_of_.empty()) query_of_.assign(num_fixed, kNone);
      query_of_[q->fixed] = static_cast<std::uint32_t>(q - set.queries.begin());
    }
  }

  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::uint32_t find(FlatId fixed) const { return query_of_.empty() ? kNone : query_of_[fixed]; }
  bool empty() const { return query_of_.empty(); }

 private:
  std::vector<std::uint32_t> query_of_;
};

/// Calls visit(query, answer) for every edge of the relation in any split that answers a query.
template <class Visit>
void for_each_known(const EdgeSource& source, std::uint32_t relation, const QueryIndex& by_lhs,
                    const QueryIndex& by_rhs, const StopFlag& stop, const Visit& visit) {
  if (by_lhs.empty() && by_rhs.empty()) return;
  for (const std::string& split : source.graph().splits()) {
    check_stop(stop);
    source.scan(relation, split, [&](const EdgeSource::Edge& edge) {
      if (edge.lhs == kNoEntity || edge.rhs == kNoEntity) return;
      if (const auto q = by_lhs.find(edge.lhs); q != QueryIndex::kNone) visit(q, edge.rhs);
      if (const auto q = by_rhs.find(edge.rhs); q != QueryIndex::kNone) visit(q, edge.lhs);
    });
  }
}

IdLists collect_known(const EdgeSource& source, const std::vector<std::uint32_t>& relations,
                      const StopFlag& stop, const QuerySet& set) {
  return IdLists::build(set.num_queries(), [&](const auto& visit) {
    for (const std::uint32_t r : relations) {
      const QueryIndex by_lhs(set, r, Side::rhs, source.lhs_layout(r).size());
      const QueryIndex by_rhs(set, r, Side::lhs, source.rhs_layout(r).size());
      for_each_known(source, r, by_lhs, by_rhs, stop, visit);
    }
  });
}

}  // namespace

std::vector<std::uint32_t> selected_relations(const Schema& schema, const EvalOptions& options) {
  std::vector<std::uint32_t> out;
  for (const std::string& name : options.relations) out.push_back(schema.relation(name));
  if (options.relations.empty()) {
    for (std::uint32_t r = 0; r < schema.relations.size(); ++r) out.push_back(r);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

QuerySet make_queries(const EdgeSource& source, const EvalOptions& options, const StopFlag& stop) {
  check_split(source.graph(), options.split);
  const std::vector<std::uint32_t> relations = selected_relations(source.schema(), options);
  QuerySet set;
  collect_edges(source, options, relations, set);
  if (set.edges.empty()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "evaluate.no_edges")
        .what(fmt::format("split {} has no edge to rank", quote(options.split)))
        .at(source.graph().path().string())
        .found(fmt::format("{} edges, {} of them of entities that the model does not have",
                           set.num_edges_in_split, set.num_unknown))
        .hint("hold edges out when importing: split: {valid: 0.05, test: 0.1}")
        .build();
  }
  if (options.sides != Sides::rhs) add_side(Side::lhs, set);
  if (options.sides != Sides::lhs) add_side(Side::rhs, set);
  set.first_target.push_back(set.answer.size());
  set.known = collect_known(source, relations, stop, set);
  return set;
}

}  // namespace twhin
