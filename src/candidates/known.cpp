#include "candidates/known.h"

#include <fmt/format.h>

#include "evaluate/check_split.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

Error unrelated(const Schema& schema, const std::string& relation, const Ends& ends) {
  std::vector<std::string> fitting;
  for (const RelationType& each : schema.relations) {
    if (asking_side(each, ends)) fitting.push_back(each.name);
  }
  return ErrorBuilder(ErrorKind::invalid_argument, "candidates.unrelated")
      .what(fmt::format("by {} nothing of type {} has anything of type {}", quote(relation),
                        quote(schema.entities[ends.asking].name),
                        quote(schema.entities[ends.candidates].name)))
      .at("exclude_relations")
      .expected(fitting.empty() ? "an empty list: no relation joins them"
                                : "some of " + list(fitting))
      .build();
}

}  // namespace

std::vector<KnownRelation> joining_relations(const Schema& schema, const Ends& ends) {
  std::vector<KnownRelation> out;
  for (std::uint32_t r = 0; r < schema.relations.size(); ++r) {
    if (const auto side = asking_side(schema.relations[r], ends)) out.push_back({r, *side});
  }
  return out;
}

std::vector<KnownRelation> known_relations(const Schema& schema, const CandidateOptions& options,
                                           const Ends& ends) {
  std::vector<KnownRelation> out;
  if (options.exclude_relations) {
    for (const std::string& name : *options.exclude_relations) {
      const std::uint32_t relation = schema.relation(name);
      const auto side = asking_side(schema.relations[relation], ends);
      if (!side) throw unrelated(schema, name, ends);
      out.push_back({relation, *side});
    }
    return out;
  }
  if (ends.relation) return {{*ends.relation, opposite(ends.wanted)}};
  return joining_relations(schema, ends);
}

std::vector<std::string> known_splits(const Graph& graph, const CandidateOptions& options) {
  if (!options.exclude_splits) return graph.splits();
  for (const std::string& split : *options.exclude_splits) check_split(graph, split);
  return *options.exclude_splits;
}

KnownLists KnownLists::read(EdgeSource& source, std::span<const KnownRelation> relations,
                            const std::vector<std::string>& splits, std::span<const FlatId> asking,
                            std::uint32_t num_asking, const Observer& observer,
                            const StopFlag& stop) {
  KnownLists out;
  out.list_of_.assign(num_asking, kNone);
  std::uint32_t num_lists = 0;
  for (const FlatId each : asking) {
    if (out.list_of_[each] == kNone) out.list_of_[each] = num_lists++;
  }
  std::uint64_t num_edges = 0;
  for (const KnownRelation& each : relations) {
    for (const std::string& split : splits) num_edges += source.num_edges(each.relation, split);
  }
  const WatchedScans watched(source, 2 * num_edges, observer, stop);  // counted, then placed
  out.lists_ = IdLists::build(num_lists, [&](const auto& visit) {
    for (const KnownRelation& each : relations) {
      for (const std::string& split : splits) {
        source.scan(each.relation, split, [&](const EdgeSource::Edge& edge) {
          if (edge.lhs == kNoEntity || edge.rhs == kNoEntity) return;
          const FlatId one = each.asking == Side::lhs ? edge.lhs : edge.rhs;
          const FlatId other = each.asking == Side::lhs ? edge.rhs : edge.lhs;
          if (out.list_of_[one] != kNone) visit(out.list_of_[one], other);
        });
      }
    }
  });
  return out;
}

}  // namespace twhin
