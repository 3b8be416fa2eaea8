#include "evaluate/edge_source.h"

#include <fmt/format.h>

#include "evaluate/check_stop.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

std::string join(const std::vector<std::uint32_t>& sizes) {
  return fmt::format("{}", fmt::join(sizes, ", "));
}

Error schema_mismatch(std::string what, std::string found, std::string expected,
                      std::string_view hint) {
  return ErrorBuilder(ErrorKind::invalid_argument, "evaluate.schema_mismatch")
      .what(what)
      .found(found)
      .expected(expected)
      .hint(hint)
      .build();
}

}  // namespace

EdgeSource::EdgeSource(const Graph& graph, const Schema& schema,
                       const VocabularySource& model_vocabulary)
    : graph_(graph),
      schema_(schema),
      layouts_(layouts_of(schema)),
      graph_layouts_(layouts_of(graph.schema())),
      ids_(graph.schema().entities.size()) {
  const Schema& there = graph.schema();
  for (const RelationType& relation : schema.relations) {
    relations_.push_back(there.find_relation(relation.name));
    if (!relations_.back()) continue;
    const std::uint32_t r = *relations_.back();
    const std::string here = fmt::format("{} to {}", quote(schema.entities[relation.lhs].name),
                                         quote(schema.entities[relation.rhs].name));
    const std::string found =
        fmt::format("{} to {}", quote(there.lhs_type(r).name), quote(there.rhs_type(r).name));
    if (found != here) {
      throw schema_mismatch(
          fmt::format("relation {} joins other types in the graph", quote(relation.name)), found,
          here + " (model)", "");
    }
  }
  for (std::uint32_t t = 0; t < schema.entities.size(); ++t) {
    const auto in_graph = there.find_entity(schema.entities[t].name);
    if (!in_graph) continue;  // then the graph has no relation of that type either
    if (model_vocabulary) {
      match_by_name(t, *in_graph, model_vocabulary(t));
    } else {
      match_by_id(t, there.entities[*in_graph]);
    }
  }
}

void EdgeSource::match_by_id(std::uint32_t entity_type, const EntityType& in_graph) const {
  const EntityType& here = schema_.entities[entity_type];
  if (here.partition_sizes == in_graph.partition_sizes) return;
  throw schema_mismatch(
      fmt::format("{} has other partitions in the graph", quote(here.name)),
      join(in_graph.partition_sizes), join(here.partition_sizes) + " (model)",
      "entities of another graph are matched by name, for which the model's vocabulary "
      "is needed");
}

void EdgeSource::match_by_name(std::uint32_t entity_type, std::uint32_t in_graph,
                               const Vocabulary& model) {
  const Vocabulary names = graph_.vocabulary(in_graph);
  std::vector<FlatId>& ids = ids_[in_graph];
  ids.reserve(names.size());
  for (std::uint32_t p = 0; p < names.num_partitions(); ++p) {
    for (std::uint32_t row = 0; row < names.size(p); ++row) {
      const std::optional<EntityId> id = model.find(names.name({p, row}));
      ids.push_back(id ? layouts_[entity_type].flat(*id) : kNoEntity);
    }
  }
}

std::uint64_t EdgeSource::num_edges(std::uint32_t relation, std::string_view split) const {
  return relations_[relation] ? graph_.num_edges(*relations_[relation], split) : 0;
}

bool EdgeSource::has_timestamps(std::uint32_t relation) const {
  return relations_[relation] && graph_.has_timestamps(*relations_[relation]);
}

WatchedScans::WatchedScans(EdgeSource& source, std::uint64_t num_edges, const Observer& observer,
                           const StopFlag& stop)
    : source_(source) {
  Progress progress{"reading edges", 0, num_edges, "edges", {}};
  source.tell([progress, &observer, &stop](std::uint64_t more) mutable {
    check_stop(stop);
    progress.done += more;
    observer.report(progress);
  });
}

EdgeSource edges_for(const Graph& graph, const ModelVersion& version, const Observer& observer) {
  if (graph.checksum() == version.info().graph_checksum) return {graph, version.schema(), {}};
  observer.warn(
      "the graph is not the one that the version was trained on: entities are matched by name");
  return {graph, version.schema(),
          [&version](std::uint32_t type) { return version.vocabulary(type); }};
}

}  // namespace twhin
