#include "versions/answer_drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <span>

#include "evaluate/check_stop.h"
#include "kernel/products.h"
#include "model/top_candidates.h"

namespace twhin {
namespace {

constexpr std::size_t kQueriesAtOnce = 4096;

using Lists = std::vector<std::vector<EntityId>>;

/// One version asked for the best of a type.
struct Question {
  const ScoringView& model;
  const ScoreFunction& function;
  std::uint32_t asking_type, wanted_type;
  std::vector<EntityId> asking;
  CandidateList candidates;
  std::size_t k;
};

/// The k best for each asking entity, itself left out.
Lists ask(const Question& q, std::size_t threads, const StopFlag& stop,
          const std::function<void(std::uint64_t)>& progress) {
  const EntityType& type = q.model.schema->entities[q.wanted_type];
  const ProductSpace space(*q.model.rows[q.wanted_type], type, q.function, Side::rhs);
  const TypeLayout layout(type);
  const std::size_t dim = q.model.dim();
  Lists out;
  std::uint64_t done = 0;
  kernel::single_threaded_products();
  for (std::size_t first = 0; first < q.asking.size(); first += kQueriesAtOnce) {
    const std::size_t count = std::min(kQueriesAtOnce, q.asking.size() - first);
    std::vector<float> rows(count * dim), prepared(count * space.width());
    const std::span<const EntityId> asking(q.asking.data() + first, count);
    q.model.rows[q.asking_type]->read(asking, rows.data());
    space.queries(
        q.function, Side::rhs, ConstMatrixView(rows.data(), count, dim),
        [&](std::size_t i) {
          return describe_row(q.model.schema->entities[q.asking_type], asking[i]);
        },
        MatrixView(prepared.data(), count, space.width()));
    const ScoreJob job{space,
                       q.candidates,
                       ConstMatrixView(prepared.data(), count, space.width()),
                       threads,
                       [&] { check_stop(stop); },
                       [&](std::uint64_t n) { progress(done + n); }};
    std::vector<std::uint32_t> itself(count);
    std::vector<std::size_t> num_itself(count, 0);
    if (q.asking_type == q.wanted_type) {
      for (std::size_t i = 0; i < count; ++i) {
        const auto [begin, end] = q.candidates.places_of(layout.flat(asking[i]));
        itself[i] = begin;
        num_itself[i] = end - begin;
      }
    }
    const auto best = top_candidates(job, q.k, [&](std::size_t i) {
      return std::span<const std::uint32_t>(&itself[i], num_itself[i]);
    });
    for (const auto& list : best) {
      std::vector<EntityId>& ids = out.emplace_back();
      for (const ScoredPlace& each : list) {
        ids.push_back(layout.id(q.candidates.id_at(each.place)));
      }
    }
    done += count * job.num_candidates();
  }
  return out;
}

/// What two lists of one asking entity have in common.
struct Shared {
  std::size_t num_shared = 0, num_new = 0;  ///< of the newer list: in both; unknown to the older
};

Shared compare(const std::vector<EntityId>& before, const std::vector<EntityId>& after,
               const NameMatch& to_older) {
  Shared out;
  for (const EntityId& id : after) {
    const auto older = to_older(id);
    if (!older) {
      ++out.num_new;
    } else if (std::find(before.begin(), before.end(), *older) != before.end()) {
      ++out.num_shared;
    }
  }
  return out;
}

std::vector<EntityId> of_older(const DriftSample& sample) {
  std::vector<EntityId> ids;
  for (const CommonEntity& each : sample.entities) ids.push_back(each.older);
  return ids;
}

std::vector<EntityId> of_newer(const DriftSample& sample) {
  std::vector<EntityId> ids;
  for (const CommonEntity& each : sample.entities) ids.push_back(each.newer);
  return ids;
}

}  // namespace

AnswerComparison::AnswerComparison(const ModelVersion& older, const ModelVersion& newer,
                                   const DriftOptions& options, std::size_t threads,
                                   const Observer& observer, const StopFlag& stop)
    : older_(older),
      newer_(newer),
      old_model_(older),
      new_model_(newer),
      options_(options),
      threads_(threads),
      observer_(observer),
      stop_(stop) {}

ShareFigures AnswerComparison::figures_of(std::vector<double> shares, std::size_t k) const {
  ShareFigures out;
  out.num_sampled = shares.size();
  out.k = static_cast<std::uint32_t>(k);
  if (shares.empty()) return out;
  metrics::BootstrapOptions bootstrap;
  bootstrap.seed = options_.seed;
  out.interval = metrics::bootstrap_mean(shares, bootstrap);
  double sum = 0.0;
  for (const double share : shares) sum += share;
  out.mean = sum / static_cast<double>(shares.size());
  std::sort(shares.begin(), shares.end());
  out.p10 = metrics::quantile_of_sorted(shares, 0.1);
  out.p50 = metrics::quantile_of_sorted(shares, 0.5);
  out.p90 = metrics::quantile_of_sorted(shares, 0.9);
  return out;
}

void AnswerComparison::compare_neighbors(const DriftSample& sample, TypeDrift& type) const {
  const std::size_t k =
      std::min<std::uint64_t>(options_.neighbors, type.num_common > 0 ? type.num_common - 1 : 0);
  if (k == 0) return;
  const ScoreFunction cosine = ScoreFunction::raw(Comparator::cos, newer_.info().dim);
  Progress progress{
      "neighbours of " + type.name, 0, 2 * sample.entities.size() * type.num_common, "scores", {}};
  const std::uint64_t of_each = progress.total / 2;
  std::uint64_t before_this = 0;
  const auto report = [&](std::uint64_t n) {
    progress.done = before_this + n;
    observer_.report(progress);
  };
  const Lists before = ask({old_model_.view(),
                            cosine,
                            sample.old_type,
                            sample.old_type,
                            of_older(sample),
                            {sample.old_common, sample.all_old},
                            k},
                           threads_, stop_, report);
  before_this = of_each;
  const Lists after = ask({new_model_.view(),
                           cosine,
                           sample.new_type,
                           sample.new_type,
                           of_newer(sample),
                           {sample.new_common, sample.all_new},
                           k},
                          threads_, stop_, report);
  const Vocabulary old_names = older_.vocabulary(sample.old_type);
  const Vocabulary new_names = newer_.vocabulary(sample.new_type);
  const NameMatch to_older(new_names, old_names);
  std::vector<double> shares;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const Shared shared = compare(before[i], after[i], to_older);
    shares.push_back(static_cast<double>(shared.num_shared) / static_cast<double>(k));
  }
  type.overlap = figures_of(std::move(shares), k);
}

void AnswerComparison::compare_candidates(const std::vector<DriftSample>& samples,
                                          DriftResult& result) const {
  if (options_.candidates == 0) return;
  const Schema &old_schema = older_.schema(), &new_schema = newer_.schema();
  for (std::uint32_t r = 0; r < new_schema.relations.size(); ++r) {
    const RelationType& relation = new_schema.relations[r];
    const auto& wanted = options_.relations;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), relation.name) == wanted.end()) {
      continue;
    }
    const auto before_r = old_schema.find_relation(relation.name);
    const auto sample = std::find_if(samples.begin(), samples.end(), [&](const DriftSample& each) {
      return each.new_type == relation.lhs;
    });
    if (!before_r || sample == samples.end() || sample->entities.empty()) continue;
    const RelationType& old_relation = old_schema.relations[*before_r];
    const std::string& answers = new_schema.entities[relation.rhs].name;
    if (old_relation.lhs != sample->old_type ||
        old_schema.entities[old_relation.rhs].name != answers) {
      result.only_new.push_back("ends of relation " + relation.name);
      continue;
    }
    const std::uint64_t num_old = old_schema.entities[old_relation.rhs].num_entities();
    const std::uint64_t num_new = new_schema.entities[relation.rhs].num_entities();
    const std::uint64_t itself = relation.lhs == relation.rhs ? 1 : 0;
    const std::size_t k =
        std::min<std::uint64_t>(options_.candidates, std::min(num_old, num_new) - itself);
    if (k == 0) continue;
    Progress progress{"candidates of " + relation.name,
                      0,
                      sample->entities.size() * (num_old + num_new),
                      "scores",
                      {}};
    std::uint64_t before_this = 0;
    const auto report = [&](std::uint64_t n) {
      progress.done = before_this + n;
      observer_.report(progress);
    };
    const Lists before = ask({old_model_.view(),
                              old_model_.view().relations[*before_r],
                              old_relation.lhs,
                              old_relation.rhs,
                              of_older(*sample),
                              {},
                              k},
                             threads_, stop_, report);
    before_this = sample->entities.size() * num_old;
    const Lists after = ask({new_model_.view(),
                             new_model_.view().relations[r],
                             relation.lhs,
                             relation.rhs,
                             of_newer(*sample),
                             {},
                             k},
                            threads_, stop_, report);
    const Vocabulary old_names = older_.vocabulary(old_relation.rhs);
    const Vocabulary new_names = newer_.vocabulary(relation.rhs);
    const NameMatch to_older(new_names, old_names);
    std::vector<double> changed;
    double num_unknown = 0.0;
    for (std::size_t i = 0; i < after.size(); ++i) {
      const Shared shared = compare(before[i], after[i], to_older);
      changed.push_back(1.0 - static_cast<double>(shared.num_shared) / static_cast<double>(k));
      num_unknown += static_cast<double>(shared.num_new);
    }
    CandidateDrift out{relation.name, figures_of(std::move(changed), k), 0.0};
    out.new_entities = num_unknown / static_cast<double>(after.size() * k);
    result.candidates.push_back(std::move(out));
  }
}

}  // namespace twhin
