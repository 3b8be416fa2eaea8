#include "index/recall.h"

#include <fmt/format.h>

#include <algorithm>

#include "index/directory.h"
#include "twhin/base/error.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

std::vector<EntityId> sample(const EntityType& type, std::size_t count, std::uint64_t seed) {
  const TypeLayout layout(type);
  const Permutation order(layout.size(), Rng(seed, RngPurpose::sample, 0x726563616c6c));
  std::vector<EntityId> out;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, layout.size()); ++i) {
    out.push_back(layout.id(static_cast<FlatId>(order(i))));
  }
  return out;
}

std::vector<float> rows_of(const ModelVersion& version, std::uint32_t type,
                           std::span<const EntityId> ids) {
  std::vector<float> out(ids.size() * version.info().dim);
  version.rows(type)->read(ids, out.data());
  return out;
}

void check_relation(const ModelVersion& version, std::uint32_t type, std::uint32_t relation,
                    Comparator comparator) {
  const Schema& schema = version.schema();
  const RelationType& asked = schema.relations[relation];
  if (asked.lhs != type && asked.rhs != type) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "index.foreign_relation")
        .what(fmt::format("{} is at no end of {}", quote(schema.entities[type].name),
                          quote(asked.name)))
        .found(fmt::format("{} goes from {} to {}", quote(asked.name),
                           quote(schema.entities[asked.lhs].name),
                           quote(schema.entities[asked.rhs].name)))
        .build();
  }
  if (comparator != comparator_of(version)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "index.options")
        .what("queries of a relation are compared as the model was trained")
        .found(std::string(enum_name(comparator)))
        .expected(std::string(enum_name(comparator_of(version))))
        .hint("leave out index.relations or index.comparator")
        .build();
  }
  const ScoreFunction function = ScoreFunction::of(version, relation);
  if (asked.rhs != type && function.transforms_candidates(Side::lhs)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "index.transformed_candidates")
        .what(fmt::format("{} transforms its lhs, which an index has as it is", quote(asked.name)))
        .found(fmt::format("an index of its lhs, {}", quote(schema.entities[type].name)))
        .expected(fmt::format("one of its rhs, {}: --type {}",
                              quote(schema.entities[asked.rhs].name),
                              schema.entities[asked.rhs].name))
        .hint("leave the relation out of index.relations; or train with train.reciprocal")
        .build();
  }
}

}  // namespace

void RecallQueries::check(const ModelVersion& version, std::uint32_t type, Comparator comparator,
                          const IndexOptions& options) {
  for (const std::string& name : options.relations) {
    const std::uint32_t relation = version.schema().relation(name);
    if (options.kind != IndexKind::exact) check_relation(version, type, relation, comparator);
  }
}

std::vector<RecallQueries> RecallQueries::draw(const ModelVersion& version, std::uint32_t type,
                                               Comparator comparator, const IndexOptions& options,
                                               std::size_t threads, const Observer& observer,
                                               const StopFlag& stop) {
  const Schema& schema = version.schema();
  const std::size_t dim = version.info().dim;
  std::vector<RecallQueries> out;
  const auto add = [&](const std::string& name, const ScoreFunction& function, Side wanted,
                       std::uint32_t asking) {
    const std::vector<EntityId> ids =
        sample(schema.entities[asking], options.num_queries, options.seed);
    const std::vector<float> rows = rows_of(version, asking, ids);
    RecallQueries one(name, function);
    function.prepare_queries(wanted, ConstMatrixView(rows.data(), ids.size(), dim), one.queries_);
    if (asking == type) one.itself_ = ids;
    out.push_back(std::move(one));
  };
  if (options.relations.empty()) {
    add("rows of " + schema.entities[type].name, ScoreFunction::raw(comparator, dim), Side::rhs,
        type);
  }
  for (const std::string& name : options.relations) {
    const std::uint32_t relation = schema.relation(name);
    const RelationType& ends = schema.relations[relation];
    const ScoreFunction function = ScoreFunction::of(version, relation);
    if (ends.rhs == type) add(name + ", rhs wanted", function, Side::rhs, ends.lhs);
    if (ends.lhs == type && !function.transforms_candidates(Side::lhs)) {
      add(name + ", lhs wanted", function, Side::lhs, ends.rhs);
    }
  }
  const SearchTarget exact = target_of(version, type, {});
  for (RecallQueries& each : out) each.solve(exact, options.recall_k, threads, observer, stop);
  return out;
}

SearchOptions RecallQueries::search_options(std::size_t threads) const {
  SearchOptions out;
  out.k = k_;
  out.threads = threads;
  if (!itself_.empty()) {
    out.excluded = [this](std::size_t i) { return std::span(itself_).subspan(i, 1); };
  }
  return out;
}

void RecallQueries::solve(const SearchTarget& exact, std::size_t k, std::size_t threads,
                          const Observer& observer, const StopFlag& stop) {
  k_ = k;
  const Hits hits =
      search_target(exact, function_, queries_, search_options(threads), observer, stop);
  for (std::size_t q = 0; q < hits.size(); ++q) {
    best_.emplace_back();
    for (const Hit& hit : hits[q]) best_.back().push_back(hit.score);
  }
}

double RecallQueries::recall(const SearchTarget& target, std::uint32_t effort, std::size_t threads,
                             const StopFlag& stop) const {
  SearchTarget at = target;
  at.effort = effort;
  const Hits hits = search_target(at, function_, queries_, search_options(threads), {}, stop);
  double sum = 0.0;
  std::size_t num_asked = 0;
  for (std::size_t q = 0; q < hits.size(); ++q) {
    const std::vector<float>& best = best_[q];
    if (best.empty()) continue;
    const auto good = std::count_if(hits[q].begin(), hits[q].end(),
                                    [&](const Hit& hit) { return hit.score >= best.back(); });
    sum += static_cast<double>(good) / static_cast<double>(best.size());
    ++num_asked;
  }
  return num_asked == 0 ? 1.0 : sum / static_cast<double>(num_asked);
}

}  // namespace twhin
