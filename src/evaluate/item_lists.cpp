#include "evaluate/item_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "evaluate/check_split.h"
#include "evaluate/check_stop.h"
#include "twhin/base/error.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

std::vector<std::string> excluded_splits(const Graph& graph, const RecommendOptions& options) {
  std::vector<std::string> out;
  if (!options.exclude) {
    for (const char* split : {kTrainSplit, "valid"}) {
      if (graph.has_split(split) && split != options.split) out.emplace_back(split);
    }
    return out;
  }
  for (const std::string& split : *options.exclude) {
    check_split(graph, split);
    if (split == options.split) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "evaluate.excluded_split")
          .what(fmt::format("split {} is to be found and left out", quote(split)))
          .hint("take it out of exclude, or ask for another split")
          .build();
    }
    out.push_back(split);
  }
  return out;
}

/// Reads the relation's edges as pairs of user and item.
class PairSource {
 public:
  PairSource(const EdgeSource& source, const RecommendOptions& options, std::uint32_t relation,
             const StopFlag& stop)
      : source_(source), rhs_(options.recommended == Side::rhs), relation_(relation), stop_(stop) {}

  /// visit(user, item) for edges whose ends the model has; returns how many others there are.
  template <class Visit>
  std::uint64_t scan(std::string_view split, const Visit& visit) const {
    check_stop(stop_);
    std::uint64_t num_unknown = 0;
    source_.scan(relation_, split, [&](const EdgeSource::Edge& edge) {
      if (edge.lhs == kNoEntity || edge.rhs == kNoEntity) {
        ++num_unknown;
      } else {
        visit(rhs_ ? edge.lhs : edge.rhs, rhs_ ? edge.rhs : edge.lhs);
      }
    });
    return num_unknown;
  }
  const TypeLayout& users() const {
    return rhs_ ? source_.lhs_layout(relation_) : source_.rhs_layout(relation_);
  }
  const TypeLayout& items() const {
    return rhs_ ? source_.rhs_layout(relation_) : source_.lhs_layout(relation_);
  }

 private:
  const EdgeSource& source_;
  bool rhs_;
  std::uint32_t relation_;
  const StopFlag& stop_;
};

std::vector<FlatId> users_of(const PairSource& pairs, const RecommendOptions& options,
                             std::uint64_t& num_unknown) {
  std::vector<bool> has_edge(pairs.users().size(), false);
  num_unknown = pairs.scan(options.split, [&](FlatId user, FlatId) { has_edge[user] = true; });
  std::vector<FlatId> users;
  for (FlatId user = 0; user < has_edge.size(); ++user) {
    if (has_edge[user]) users.push_back(user);
  }
  if (options.max_users && *options.max_users < users.size()) {
    const Permutation shuffle(users.size(), Rng(options.seed, RngPurpose::sample));
    std::vector<FlatId> drawn;
    for (std::uint64_t i = 0; i < *options.max_users; ++i) drawn.push_back(users[shuffle(i)]);
    std::sort(drawn.begin(), drawn.end());
    users = std::move(drawn);
  }
  return users;
}

void choose_items(const PairSource& pairs, const Graph& graph, const RecommendOptions& options,
                  ItemLists& lists) {
  lists.popularity.assign(pairs.items().size(), 0.0);
  pairs.scan(kTrainSplit, [&](FlatId, FlatId item) { lists.popularity[item] += 1.0; });
  lists.all_items = options.items == ItemSet::all;
  if (lists.all_items) return;
  std::vector<bool> competes(lists.popularity.size());
  for (FlatId item = 0; item < competes.size(); ++item) {
    competes[item] = lists.popularity[item] > 0.0;
  }
  if (options.items == ItemSet::linked) {
    for (const std::string& split : graph.splits()) {
      pairs.scan(split, [&](FlatId, FlatId item) { competes[item] = true; });
    }
  }
  for (FlatId item = 0; item < competes.size(); ++item) {
    if (competes[item]) lists.items.push_back(item);
  }
}

/// By the scans of make_item_lists, for progress.
std::uint64_t num_edges_to_read(const EdgeSource& source, const RecommendOptions& options,
                                const ItemLists& lists) {
  const auto num = [&](std::string_view split) { return source.num_edges(lists.relation, split); };
  // Lists are counted, then placed.
  std::uint64_t sum = 3 * num(options.split) + 2 * num(kTrainSplit);
  for (const std::string& split : lists.excluded_splits) sum += 2 * num(split);
  if (options.items != ItemSet::linked) return sum;
  for (const std::string& split : source.graph().splits()) sum += num(split);
  return sum;
}

}  // namespace

ItemLists make_item_lists(EdgeSource& source, const RecommendOptions& options,
                          const Observer& observer, const StopFlag& stop) {
  const Graph& graph = source.graph();
  ItemLists lists;
  lists.relation = source.schema().relation(options.relation);
  check_split(graph, options.split);
  const RelationType& relation = source.schema().relations[lists.relation];
  lists.user_type = options.recommended == Side::rhs ? relation.lhs : relation.rhs;
  lists.item_type = options.recommended == Side::rhs ? relation.rhs : relation.lhs;
  lists.excluded_splits = excluded_splits(graph, options);
  const WatchedScans watched(source, num_edges_to_read(source, options, lists), observer, stop);

  const PairSource pairs(source, options, lists.relation, stop);
  lists.users = users_of(pairs, options, lists.num_unknown);
  if (lists.users.empty()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "evaluate.no_edges")
        .what(fmt::format("split {} has no edge of {} to find", quote(options.split),
                          quote(options.relation)))
        .at(graph.path().string())
        .found(fmt::format("{} edges, {} of them of entities that the model does not have",
                           source.num_edges(lists.relation, options.split), lists.num_unknown))
        .build();
  }
  choose_items(pairs, graph, options, lists);

  constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::vector<std::uint32_t> list_of(pairs.users().size(), kNone);
  for (std::uint32_t u = 0; u < lists.users.size(); ++u) list_of[lists.users[u]] = u;
  lists.excluded = IdLists::build(lists.users.size(), [&](const auto& visit) {
    for (const std::string& split : lists.excluded_splits) {
      pairs.scan(split, [&](FlatId user, FlatId item) {
        if (list_of[user] != kNone) visit(list_of[user], item);
      });
    }
    for (std::uint32_t u = 0; u < lists.users.size(); ++u) {
      if (lists.user_type == lists.item_type) visit(u, lists.users[u]);
    }
  });
  const auto competes = [&](FlatId item) {
    return lists.all_items || std::binary_search(lists.items.begin(), lists.items.end(), item);
  };
  lists.relevant = IdLists::build(lists.users.size(), [&](const auto& visit) {
    lists.num_known = lists.num_outside = 0;
    pairs.scan(options.split, [&](FlatId user, FlatId item) {
      const std::uint32_t u = list_of[user];
      if (u == kNone) return;
      if (lists.excluded.has(u, item)) {
        ++lists.num_known;
      } else if (!competes(item)) {
        ++lists.num_outside;
      } else {
        visit(u, item);
      }
    });
  });
  lists.user_degree.assign(lists.users.size(), 0);
  pairs.scan(kTrainSplit, [&](FlatId user, FlatId) {
    if (list_of[user] != kNone) ++lists.user_degree[list_of[user]];
  });
  return lists;
}

PopularItems::PopularItems(const ItemLists& lists) : lists_(lists), order_(lists.items) {
  if (lists.all_items) {
    order_.resize(lists.popularity.size());
    std::iota(order_.begin(), order_.end(), FlatId{0});
  }
  std::stable_sort(order_.begin(), order_.end(),
                   [&](FlatId a, FlatId b) { return lists.popularity[a] > lists.popularity[b]; });
}

std::vector<std::vector<std::uint64_t>> PopularItems::lists(std::size_t first, std::size_t count,
                                                            std::size_t k) const {
  std::vector<std::vector<std::uint64_t>> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (auto item = order_.begin(); item != order_.end() && out[i].size() < k; ++item) {
      if (!lists_.excluded.has(first + i, *item)) out[i].push_back(*item);
    }
  }
  return out;
}

}  // namespace twhin
