#include "twhin/evaluate/neighbors.h"

#include <fmt/format.h>

#include <algorithm>

#include "evaluate/check_stop.h"
#include "model/top_candidates.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

void check_end(const ScoringView& model, const NeighborQuery& query) {
  const Schema& schema = *model.schema;
  const RelationType& relation = schema.relations[*query.relation];
  const std::uint32_t needed = query.wanted == Side::rhs ? relation.lhs : relation.rhs;
  if (needed == query.type) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "evaluate.wrong_end")
      .what(fmt::format("{} cannot ask for the {} of {}", quote(schema.entities[query.type].name),
                        query.wanted == Side::rhs ? "rhs" : "lhs", quote(relation.name)))
      .found(fmt::format("{} goes from {} to {}", quote(relation.name),
                         quote(schema.entities[relation.lhs].name),
                         quote(schema.entities[relation.rhs].name)))
      .build();
}

}  // namespace

std::vector<Neighbor> neighbors(const ScoringView& model, const NeighborQuery& query,
                                const StopFlag& stop) {
  if (query.relation) check_end(model, query);
  const Side wanted = query.relation ? query.wanted : Side::rhs;
  std::uint32_t type = query.wanted_type;
  if (query.relation) {
    const RelationType& relation = model.schema->relations[*query.relation];
    type = wanted == Side::rhs ? relation.rhs : relation.lhs;
  }
  const ScoreFunction function = query.relation ? model.relations[*query.relation]
                                                : ScoreFunction::raw(query.comparator, model.dim());
  const EntityType& candidates = model.schema->entities[type];
  const ProductSpace space(*model.rows[type], candidates, function, wanted);

  std::vector<float> row(model.dim()), prepared(space.width());
  model.rows[query.type]->read(query.entity, row.data());
  const ConstMatrixView asking(row.data(), 1, row.size());
  space.queries(
      function, wanted, asking,
      [&](std::size_t) { return describe_row(model.schema->entities[query.type], query.entity); },
      MatrixView(prepared.data(), 1, prepared.size()));

  const TypeLayout layout(candidates);
  std::vector<std::uint32_t> itself;
  if (type == query.type) itself.push_back(layout.flat(query.entity));
  ScoreJob job{space, {}, ConstMatrixView(prepared.data(), 1, prepared.size())};
  job.threads = query.threads == 0 ? num_hardware_threads() : query.threads;
  job.check_stop = [&] { check_stop(stop); };
  const auto found =
      top_candidates(job, query.k, [&](std::size_t) { return std::span(itself); }).front();

  // The order of products is that of scores; here are the scores themselves.
  std::vector<Neighbor> out;
  std::vector<float> rows(found.size() * model.dim()), scores(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    out.push_back({layout.id(found[i].place), 0.0f});
    model.rows[type]->read(out.back().id, rows.data() + i * model.dim());
  }
  Candidates near;
  function.prepare_candidates(wanted, ConstMatrixView(rows.data(), found.size(), model.dim()),
                              near);
  function.score(function.prepare_queries(wanted, asking), near,
                 MatrixView(scores.data(), 1, scores.size()));
  for (std::size_t i = 0; i < out.size(); ++i) out[i].score = scores[i];
  std::stable_sort(out.begin(), out.end(),
                   [](const Neighbor& a, const Neighbor& b) { return a.score > b.score; });
  return out;
}

FoundEntity find_entity(const ModelVersion& version, const std::string& text) {
  const EntityName name = EntityName::parse(text);
  const std::uint32_t type = version.schema().entity(name.type);
  const Vocabulary vocabulary = version.vocabulary(type);
  if (const auto id = vocabulary.find(name.name)) return {type, *id};
  throw ErrorBuilder(ErrorKind::not_found, "evaluate.unknown_entity")
      .what(fmt::format("the model has no {} {}", name.type, quote(name.name)))
      .at(version.path().string())
      .hint(vocabulary.nearest(name.name))
      .build();
}

}  // namespace twhin
