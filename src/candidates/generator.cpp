#include <fmt/format.h>

#include <algorithm>

#include "candidates/answers.h"
#include "candidates/open_generator.h"
#include "evaluate/check_split.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"
#include "twhin/candidates/candidates.h"
#include "twhin/config/declared.h"
#include "twhin/config/load.h"

namespace twhin {
namespace {

std::optional<Mixture> mixture_of(const ModelVersion& version, const CandidateOptions& options) {
  if (!options.asks_mixture()) return std::nullopt;
  return Mixture::open(version, options.mixture);
}

void check_users(const Schema& schema, const Mixture& mixture, const Ends& ends) {
  if (mixture.has_users(ends.asking)) return;
  std::vector<std::string> types;
  for (const std::uint32_t type : mixture.info().user_types) {
    types.push_back(schema.entities[type].name);
  }
  throw ErrorBuilder(ErrorKind::invalid_argument, "candidates.no_mixture")
      .what(fmt::format("mixture {} has no components of {}", quote(mixture.info().name),
                        quote(schema.entities[ends.asking].name)))
      .at(mixture.path().string())
      .expected(types.size() == 1 ? types.front() : "one of " + list(types))
      .hint("twhin mixture makes one of other relations; --query unimodal asks with vectors")
      .build();
}

}  // namespace

OpenGenerator::OpenGenerator(const ModelVersion& v, const CandidateOptions& o)
    : version(v),
      options(o),
      mixture(mixture_of(v, o)),
      ends(resolve_ends(v.schema(), o, mixture ? &mixture->info() : nullptr)),
      asker(v, options, ends, mixture ? &*mixture : nullptr),
      vectors(searcher_of_vectors(v, o, ends)),
      components(searcher_of_components(v, o, ends, vectors)),
      asking_layout(v.schema().entities[ends.asking]),
      candidate_layout(v.schema().entities[ends.candidates]),
      rows(v.rows(ends.candidates)),
      threads(o.threads == 0 ? num_hardware_threads() : o.threads) {
  if (!mixture) {
    open_index(v, o, ends, vectors);
    return;
  }
  check_users(v.schema(), *mixture, ends);
  open_index(v, o, ends, components);
  // Asked only for those without components.
  const bool same = components.index->answers(vectors.function, vectors.wanted);
  vectors.index =
      same ? components.index : std::make_shared<const Index>(Index::exact(v, ends.candidates));
}

void CandidateCounts::add(const CandidateCounts& other) {
  num_lists += other.num_lists;
  num_candidates += other.num_candidates;
  num_refused += other.num_refused;
  num_short += other.num_short;
  num_without_mixture += other.num_without_mixture;
  num_refilled += other.num_refilled;
  num_exact += other.num_exact;
}

struct CandidateGenerator::State : OpenGenerator {
  using OpenGenerator::OpenGenerator;
};

CandidateGenerator::CandidateGenerator(const ModelVersion& version,
                                       const CandidateOptions& options) {
  config::check(options, "candidates");
  state_ = std::make_unique<State>(version, options);
}
CandidateGenerator::~CandidateGenerator() = default;
CandidateGenerator::CandidateGenerator(CandidateGenerator&&) noexcept = default;

const ModelVersion& CandidateGenerator::version() const { return state_->version; }
const CandidateOptions& CandidateGenerator::options() const { return state_->options; }
std::uint32_t CandidateGenerator::asking_type() const { return state_->ends.asking; }
std::uint32_t CandidateGenerator::candidate_type() const { return state_->ends.candidates; }
const IndexInfo& CandidateGenerator::index() const { return state_->main().index->info(); }
std::string CandidateGenerator::mixture() const {
  return state_->mixture ? state_->mixture->info().name : "";
}

Comparator CandidateGenerator::comparator() const {
  return (state_->options.rescore ? state_->vectors : state_->main()).function.comparator();
}

std::vector<std::string> CandidateGenerator::excluded_relations() const {
  std::vector<std::string> out;
  const Schema& schema = state_->version.schema();
  for (const KnownRelation& each : known_relations(schema, state_->options, state_->ends)) {
    out.push_back(schema.relations[each.relation].name);
  }
  return out;
}

Side CandidateGenerator::candidates_at(std::uint32_t relation) const {
  const RelationType& type = state_->version.schema().relations[relation];
  return opposite(asking_side(type, state_->ends).value_or(opposite(state_->ends.wanted)));
}

namespace {

/// Which entities of a type have an edge of some relations in some splits.
std::vector<bool> with_edges(const OpenGenerator& opened, const Graph& graph,
                             const std::vector<std::string>& splits, bool asking,
                             const Observer& observer, const StopFlag& stop) {
  std::vector<KnownRelation> relations;
  if (opened.ends.relation) {
    relations = {{*opened.ends.relation, opposite(opened.ends.wanted)}};
  } else {
    relations = joining_relations(opened.version.schema(), opened.ends);
  }
  EdgeSource source = edges_for(graph, opened.version, observer);
  std::uint64_t num_edges = 0;
  for (const KnownRelation& each : relations) {
    for (const std::string& split : splits) num_edges += source.num_edges(each.relation, split);
  }
  const WatchedScans watched(source, num_edges, observer, stop);
  std::vector<bool> out((asking ? opened.asking_layout : opened.candidate_layout).size(), false);
  for (const KnownRelation& each : relations) {
    const bool lhs = (each.asking == Side::lhs) == asking;
    for (const std::string& split : splits) {
      source.scan(each.relation, split, [&](const EdgeSource::Edge& edge) {
        const FlatId end = lhs ? edge.lhs : edge.rhs;
        if (end != kNoEntity) out[end] = true;
      });
    }
  }
  return out;
}

}  // namespace

std::vector<EntityId> CandidateGenerator::asking_in(const Graph& graph, const std::string& split,
                                                    const Observer& observer,
                                                    const StopFlag& stop) const {
  check_split(graph, split);
  const std::vector<bool> has_edge = with_edges(*state_, graph, {split}, true, observer, stop);
  std::vector<EntityId> out;
  for (FlatId i = 0; i < has_edge.size(); ++i) {
    if (has_edge[i]) out.push_back(state_->asking_layout.id(i));
  }
  return out;
}

EntitySet CandidateGenerator::competing(const Graph& graph, const Observer& observer,
                                        const StopFlag& stop) const {
  EntitySet out(state_->version.schema().entities[state_->ends.candidates]);
  std::vector<bool> competes(state_->candidate_layout.size(), true);
  if (state_->options.items != ItemSet::all) {
    const bool trained = state_->options.items == ItemSet::trained;
    competes =
        with_edges(*state_, graph, trained ? std::vector<std::string>{kTrainSplit} : graph.splits(),
                   false, observer, stop);
  }
  for (FlatId i = 0; i < competes.size(); ++i) {
    if (competes[i]) out.insert(state_->candidate_layout.id(i));
  }
  return out;
}

void CandidateGenerator::exclude_known(const Graph& graph, std::span<const EntityId> asking,
                                       const Observer& observer, const StopFlag& stop) {
  EdgeSource source = edges_for(graph, state_->version, observer);
  std::vector<FlatId> flat;
  for (const EntityId each : asking) flat.push_back(state_->asking_layout.flat(each));
  state_->known = KnownLists::read(
      source, known_relations(state_->version.schema(), state_->options, state_->ends),
      known_splits(graph, state_->options), flat, state_->asking_layout.size(), observer, stop);
}

void CandidateGenerator::accept_engagements(const InferOptions& options) {
  if (!state_->mixture) state_->inferring = Mixture::open(state_->version, state_->options.mixture);
  state_->asker.accept_engagements(state_->mixture ? *state_->mixture : *state_->inferring,
                                   options);
}

const MixtureInfo& CandidateGenerator::inferring_mixture() const {
  return (state_->mixture ? *state_->mixture : *state_->inferring).info();
}

void CandidateGenerator::allow(const EntitySet* allowed) { state_->allowed = allowed; }

std::vector<CandidateList> CandidateGenerator::find(std::span<const CandidateQuery> queries,
                                                    CandidateCounts& counts,
                                                    const Observer& observer,
                                                    const StopFlag& stop) const {
  return Answers(*state_, queries).run(counts, observer, stop);
}

std::size_t CandidateGenerator::most_at_once() const {
  // So that lists are handed on, and progress is told, while others are made; inferring somebody
  // takes milliseconds, searching much less.
  return state_->asker.accepts_engagements() ? 128 : 8192;
}

std::uint64_t CandidateGenerator::bytes_per_query() const {
  const CandidateOptions& options = state_->options;
  const std::uint64_t length = std::uint64_t{options.k} * (options.rescore ? options.pool : 1);
  const std::uint64_t rows =
      3 * sizeof(float) * state_->version.info().dim;  // read, probed, prepared
  const std::uint64_t hits = (state_->threads + 1) * length * sizeof(Hit);
  return state_->asker.most_components() * (rows + hits) + length * sizeof(Candidate);
}

}  // namespace twhin
