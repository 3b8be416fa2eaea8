#include "twhin/evaluate/evaluate.h"

#include <chrono>

#include "evaluate/baselines.h"
#include "evaluate/query_set.h"
#include "evaluate/ranker.h"
#include "evaluate/summary.h"
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
  const QuerySet& set = data_->set;
  model.validate();
  const auto start = std::chrono::steady_clock::now();
  const TargetRanks ranks = rank_targets(model, data_->source, set, data_->options, observer, stop);

  EvalResult out;
  out.options = data_->options;
  out.graph = data_->source.graph().path().string();
  out.graph_checksum = data_->source.graph().checksum();
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  out.num_edges_in_split = set.num_edges_in_split;
  out.num_edges = set.edges.size();
  out.num_unknown = set.num_unknown;
  out.num_queries = set.num_targets();
  out.num_distinct_queries = set.num_queries();
  out.num_scores = ranks.num_scores;
  const auto add = [&](Protocol protocol, const std::vector<metrics::RankCounts>& counts,
                       const std::vector<metrics::RankCounts>& popularity) {
    if (counts.empty()) return;
    out.protocols.push_back(summarise(protocol, set, data_->options, data_->divisions, counts,
                                      popularity, observer, stop));
  };
  add(Protocol::filtered, ranks.filtered, data_->popularity.filtered);
  add(Protocol::raw, ranks.raw, data_->popularity.raw);
  return out;
}

std::vector<RankedTarget> Evaluation::ranks(const ScoringView& model, const Observer& observer,
                                            const StopFlag& stop) const {
  const QuerySet& set = data_->set;
  model.validate();
  const TargetRanks ranks = rank_targets(model, data_->source, set, data_->options, observer, stop);
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

EvalResult evaluate(const ModelVersion& version, const Graph& graph, const EvalOptions& options,
                    const Observer& observer, const StopFlag& stop) {
  const OpenModel model(version);
  const Evaluation evaluation(graph, version, options, observer, stop);
  EvalResult result = evaluation.run(model.view(), observer, stop);
  result.model = version.path().string();
  result.model_checksum = version.checksum();
  return result;
}

}  // namespace twhin
