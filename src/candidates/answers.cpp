#include "candidates/answers.h"

#include <algorithm>

#include "candidates/merge.h"
#include "kernel/products.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"

namespace twhin {

void Answers::ask(const StopFlag& stop) {
  parallel_for(queries_.size(), state_.threads, [&](std::size_t i) {
    kernel::single_threaded_products();
    if (stop.requested()) {
      throw ErrorBuilder(ErrorKind::cancelled, "candidates.cancelled")
          .what("finding candidates was interrupted")
          .build();
    }
    asked_[i] = state_.asker.asked(queries_[i]);
    exclude(i);
  });
}

void Answers::exclude(std::size_t query) {
  std::vector<EntityId>& out = excluded_[query];
  if (const auto& entity = queries_[query].entity) {
    if (state_.known) {
      const FlatId asking = state_.asking_layout.flat(*entity);
      if (!state_.known->was_read(asking)) {
        throw ErrorBuilder(ErrorKind::invalid_argument, "candidates.not_read")
            .what("what an entity has already was not read before it asks")
            .at(queries_[query].name)
            .build();
      }
      for (const FlatId each : (*state_.known)[asking]) {
        out.push_back(state_.candidate_layout.id(each));
      }
    }
    if (state_.ends.asking == state_.ends.candidates) out.push_back(*entity);
    return;
  }
  for (const Engagement& each : queries_[query].engagements) {
    const RelationType& relation = state_.version.schema().relations[each.relation];
    const auto side = asking_side(relation, state_.ends);
    if (side) out.push_back(each.other);
  }
}

void Answers::collect() {
  for (std::size_t i = 0; i < queries_.size(); ++i) {
    first_vector_.push_back(vectors_.probes.size());
    first_component_.push_back(components_.probes.size());
    const Asked& asked = asked_[i];
    if (!asked.refused.empty()) continue;
    if (asked.components.empty()) vectors_.add({i}, asked.own);
    for (std::size_t c = 0; c < asked.components.size(); ++c) {
      const Component& component = asked.components[c];
      components_.add({i, component.weight, component.cluster},
                      std::span(asked.rows).subspan(c * dim_, dim_));
    }
  }
  first_vector_.push_back(vectors_.probes.size());
  first_component_.push_back(components_.probes.size());
}

void Answers::search(const Searcher& searcher, Probes& probes, const Observer& observer,
                     const StopFlag& stop) const {
  if (probes.probes.empty()) return;
  const Queries prepared = searcher.function.prepare_queries(
      searcher.wanted, ConstMatrixView(probes.rows.data(), probes.probes.size(), dim_));
  SearchOptions search;
  search.k = std::size_t{options_.k} * (options_.rescore ? options_.pool : 1);
  search.effort = searcher.index->info().kind == IndexKind::exact ? std::nullopt : options_.effort;
  search.excluded = [&](std::size_t i) -> std::span<const EntityId> {
    return excluded_[probes.probes[i].query];
  };
  search.allowed = state_.allowed;
  search.threads = state_.threads;
  probes.hits = searcher.index->search(searcher.function, prepared, search, observer, stop);
}

void Answers::drop_low(std::vector<Candidate>& list) const {
  if (!options_.min_score) return;
  std::erase_if(list, [&](const Candidate& each) { return each.score < *options_.min_score; });
}

std::vector<Candidate> Answers::rescored(std::size_t query, std::vector<Candidate> pool) const {
  const Searcher& searcher = state_.vectors;
  const Queries prepared = searcher.function.prepare_queries(
      searcher.wanted, ConstMatrixView(asked_[query].own.data(), 1, dim_));
  std::vector<EntityId> ids;
  for (const Candidate& each : pool) ids.push_back(each.id);
  std::vector<float> scores(ids.size());
  exact_scores(searcher.function, prepared, 0, *state_.rows, ids, scores);
  for (std::size_t i = 0; i < pool.size(); ++i) pool[i].score = scores[i];
  sort_by_score(pool);
  drop_low(pool);
  if (pool.size() > options_.k) pool.resize(options_.k);
  return pool;
}

CandidateList Answers::list_of(std::size_t query) const {
  CandidateList out;
  out.refused = asked_[query].refused;
  out.components = asked_[query].components;
  const bool components = !out.components.empty();
  const Probes& found = components ? components_ : vectors_;
  const auto& first = components ? first_component_ : first_vector_;
  const bool rescore = options_.rescore && components;

  std::vector<ComponentHits> lists;
  for (std::size_t i = first[query]; i < first[query + 1]; ++i) {
    std::span<const Hit> hits = found.hits[i];
    if (options_.min_score && !rescore) {
      const auto low = std::find_if(hits.begin(), hits.end(), [&](const Hit& hit) {
        return hit.score < *options_.min_score;
      });
      hits = hits.first(static_cast<std::size_t>(low - hits.begin()));
    }
    lists.push_back({hits, found.probes[i].weight, found.probes[i].component});
  }
  const std::size_t k = options_.k;
  if (rescore) {
    out.candidates = rescored(query, merge(lists, k * options_.pool));
    return out;
  }
  out.candidates = merge(lists, k);
  if (components && options_.order == ListOrder::score) sort_by_score(out.candidates);
  return out;
}

std::vector<CandidateList> Answers::run(CandidateCounts& counts, const Observer& observer,
                                        const StopFlag& stop) {
  ask(stop);
  collect();
  Observer rest = observer;  // of few, where there are components: not told as progress again
  if (!components_.probes.empty()) rest.progress = {};
  search(state_.components, components_, observer, stop);
  search(state_.vectors, vectors_, rest, stop);
  std::vector<CandidateList> out(queries_.size());
  parallel_for(out.size(), state_.threads, [&](std::size_t i) {
    kernel::single_threaded_products();
    out[i] = list_of(i);
  });
  for (std::size_t i = 0; i < out.size(); ++i) {
    counts.num_lists += 1;
    counts.num_candidates += out[i].candidates.size();
    counts.num_refused += !out[i].refused.empty();
    counts.num_short += out[i].refused.empty() && out[i].candidates.size() < options_.k;
    counts.num_without_mixture += asked_[i].without_mixture;
  }
  counts.num_refilled += vectors_.hits.num_refilled + components_.hits.num_refilled;
  counts.num_exact += vectors_.hits.num_exact + components_.hits.num_exact;
  return out;
}

}  // namespace twhin
