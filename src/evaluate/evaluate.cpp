#include "twhin/evaluate/evaluate.h"

#include <fmt/format.h>

#include <chrono>

#include "evaluate/baselines.h"
#include "evaluate/intervals.h"
#include "evaluate/query_set.h"
#include "evaluate/ranker.h"
#include "evaluate/summary.h"
#include "twhin/base/checksum.h"
#include "twhin/base/error.h"
#include "twhin/config/declared.h"

namespace twhin {
const Breakdown* ProtocolResult::breakdown(std::string_view by) const {
  for (const Breakdown& each : breakdowns) {
    if (each.by == by) return &each;
  }
  return nullptr;
}

const ProtocolResult* EvalResult::find(Protocol protocol) const {
  for (const ProtocolResult& each : protocols) {
    if (each.protocol == protocol) return &each;
  }
  return nullptr;
}

namespace {

Error not_comparable(std::string_view what, std::string_view found, std::string_view expected) {
  return ErrorBuilder(ErrorKind::invalid_argument, "evaluate.not_comparable")
      .what(what)
      .found(found)
      .expected(expected)
      .hint("versions of one network, trained on one graph, rank the same queries")
      .build();
}

/// "user, tweet; follow, favorite": what ids of queries refer to.
std::string in_words(const Schema& schema) {
  std::string out;
  for (const EntityType& type : schema.entities) {
    out += fmt::format("{} {}, ", type.name, fmt::join(type.partition_sizes, "+"));
  }
  for (const RelationType& relation : schema.relations) {
    out += fmt::format("{} ({} to {}), ", relation.name, schema.entities[relation.lhs].name,
                       schema.entities[relation.rhs].name);
  }
  return out.substr(0, out.size() - 2);
}

void require_same_entities(const Schema& model, const Schema& other) {
  const std::string expected = in_words(model), found = in_words(other);
  if (found != expected)
    throw not_comparable("the models are of different relations or entities", found, expected);
}

}  // namespace

struct Evaluation::Data {
  EvalOptions options;
  EdgeSource source;
  QuerySet set;
  std::vector<Division> divisions;
  TargetRanks popularity;

  Data(EdgeSource edges, const EvalOptions& wanted, const Observer& observer, const StopFlag& stop)
      : options(checked(wanted)), source(std::move(edges)) {
    const WatchedScans watched(source, num_edges_to_read(), observer, stop);
    set = make_queries(source, options, stop);
    const auto degrees =
        options.degree_groups > 0 ? answer_degrees(source, set) : std::vector<std::int64_t>();
    divisions = divide(source, set, options, degrees);
    if (ranks_popularity()) popularity = popularity_ranks(source, set, options, stop);
  }

  /// Popularity ranks against all candidates; beside sampled figures it would mislead.
  bool ranks_popularity() const {
    return options.baselines && options.candidates == CandidateSet::all;
  }

  /// By the scans of the constructor, for progress.
  std::uint64_t num_edges_to_read() const {
    const std::uint64_t num_sides = options.sides == Sides::both ? 2 : 1;
    std::uint64_t num = 0;
    for (const std::uint32_t r : selected_relations(source.schema(), options)) {
      num += source.num_edges(r, options.split);
      for (const std::string& split : source.graph().splits()) {
        num += 2 * source.num_edges(r, split);  // known answers are counted, then placed
      }
      if (ranks_popularity()) num += num_sides * source.num_edges(r, kTrainSplit);
    }
    for (std::uint32_t r = 0; r < source.schema().relations.size(); ++r) {
      if (options.degree_groups > 0) num += source.num_edges(r, kTrainSplit);
    }
    return num;
  }

  TargetRanks rank(const ScoringView& model, const Observer& observer, const StopFlag& stop) const {
    model.validate();
    const auto start = std::chrono::steady_clock::now();
    TargetRanks out = rank_targets(model, source, set, options, observer, stop);
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return out;
  }

  EvalResult result_of(const TargetRanks& ranks, const Observer& observer,
                       const StopFlag& stop) const {
    EvalResult out;
    out.options = options;
    out.graph = source.graph().path().string();
    out.graph_checksum = source.graph().checksum();
    out.seconds = ranks.seconds;
    out.num_edges_in_split = set.num_edges_in_split;
    out.num_edges = set.edges.size();
    out.num_unknown = set.num_unknown;
    out.num_queries = set.num_targets();
    out.num_distinct_queries = set.num_queries();
    out.num_scores = ranks.num_scores;
    const auto add = [&](Protocol protocol, const std::vector<metrics::RankCounts>& counts,
                         const std::vector<metrics::RankCounts>& of_popularity) {
      if (counts.empty()) return;
      out.protocols.push_back(
          summarise(protocol, set, options, divisions, counts, of_popularity, observer, stop));
    };
    add(Protocol::filtered, ranks.filtered, popularity.filtered);
    add(Protocol::raw, ranks.raw, popularity.raw);
    return out;
  }

  static const EvalOptions& checked(const EvalOptions& options) {
    config::Checker<EvalOptions>::check(options, "eval");
    return options;
  }
};

Evaluation::Evaluation(const Graph& graph, const Schema& schema, const EvalOptions& options,
                       const StopFlag& stop)
    : data_(std::make_unique<Data>(EdgeSource(graph, schema, {}), options, Observer(), stop)) {}

Evaluation::Evaluation(const Graph& graph, const ModelVersion& version, const EvalOptions& options,
                       const Observer& observer, const StopFlag& stop)
    : data_(std::make_unique<Data>(edges_for(graph, version, observer), options, observer, stop)) {}

Evaluation::~Evaluation() = default;
Evaluation::Evaluation(Evaluation&&) noexcept = default;

EvalResult Evaluation::run(const ScoringView& model, const Observer& observer,
                           const StopFlag& stop) const {
  return data_->result_of(data_->rank(model, observer, stop), observer, stop);
}

EvalComparison Evaluation::compare(const ScoringView& model, const ScoringView& other,
                                   const Observer& observer, const StopFlag& stop) const {
  require_same_entities(*model.schema, *other.schema);
  const TargetRanks ranks = data_->rank(model, observer, stop);
  const TargetRanks others = data_->rank(other, observer, stop);
  EvalComparison out;
  out.model = data_->result_of(ranks, observer, stop);
  out.other = data_->result_of(others, observer, stop);
  out.protocol = out.model.main().protocol;
  const bool filtered = out.protocol == Protocol::filtered;
  const auto& ours = filtered ? ranks.filtered : ranks.raw;
  const auto& theirs = filtered ? others.filtered : others.raw;
  for (std::size_t t = 0; t < ours.size(); ++t) {
    const double a = ours[t].rank(), b = theirs[t].rank();
    ++(a < b ? out.num_better : a > b ? out.num_worse : out.num_alike);
  }
  if (data_->options.resamples > 0) {
    Intervals intervals = intervals_over_edges(data_->set, data_->options, data_->divisions, ours,
                                               observer, stop, theirs);
    out.difference = intervals.micro;
    out.group_differences = std::move(intervals.groups);
  }
  return out;
}

std::vector<RankedTarget> Evaluation::ranks(const ScoringView& model, const Observer& observer,
                                            const StopFlag& stop) const {
  const QuerySet& set = data_->set;
  const TargetRanks ranks = data_->rank(model, observer, stop);
  std::vector<RankedTarget> out;
  for (std::size_t q = 0; q < set.num_queries(); ++q) {
    for (std::uint64_t t = set.first_target[q]; t < set.first_target[q + 1]; ++t) {
      const HeldOutEdge& edge = set.edges[set.target_edge[t]];
      RankedTarget target{edge.relation,
                          set.queries[q].side,
                          data_->source.lhs_layout(edge.relation).id(edge.lhs),
                          data_->source.rhs_layout(edge.relation).id(edge.rhs),
                          {},
                          {}};
      if (!ranks.filtered.empty()) target.filtered = ranks.filtered[t];
      if (!ranks.raw.empty()) target.raw = ranks.raw[t];
      out.push_back(target);
    }
  }
  return out;
}

namespace {

void name_version(const ModelVersion& version, EvalResult& result) {
  result.model = version.path().string();
  result.model_checksum = version.checksum();
}

}  // namespace

EvalResult evaluate(const ModelVersion& version, const Graph& graph, const EvalOptions& options,
                    const Observer& observer, const StopFlag& stop) {
  const OpenModel model(version);
  const Evaluation evaluation(graph, version, options, observer, stop);
  EvalResult result = evaluation.run(model.view(), observer, stop);
  name_version(version, result);
  return result;
}

EvalComparison compare(const ModelVersion& version, const ModelVersion& other, const Graph& graph,
                       const EvalOptions& options, const Observer& observer, const StopFlag& stop) {
  if (version.info().graph_checksum != other.info().graph_checksum) {
    throw not_comparable(
        "the versions were trained on different graphs",
        to_hex(other.info().graph_checksum) + " (" + other.path().string() + ")",
        to_hex(version.info().graph_checksum) + " (" + version.path().string() + ")");
  }
  const OpenModel model(version), other_model(other);
  const Evaluation evaluation(graph, version, options, observer, stop);
  EvalComparison result = evaluation.compare(model.view(), other_model.view(), observer, stop);
  name_version(version, result.model);
  name_version(other, result.other);
  return result;
}

}  // namespace twhin
