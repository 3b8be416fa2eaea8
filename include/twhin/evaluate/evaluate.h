// twhin/evaluate/evaluate.h -- link prediction: held-out edges ranked against all entities.
//
// For a held-out edge (l, r, t) and its rhs, every entity t' of the rhs type is a candidate, and
// t has the rank
//
//     1 + #{t' : s(l, r, t') > s(l, r, t)} + #{t' != t : s(l, r, t') = s(l, r, t)} / 2       (1)
//
// and likewise l among all l' for the lhs. Ties take the mean rank. Candidates are
//
//   filtered   all but the other known answers: those t' for which (l, r, t') is an edge of any
//              split of the graph (train, valid, test, …)
//   raw        all
//
// Scores are compared, never reported: a candidate is compared by <q, y>, which orders candidates
// as the comparator does. Entities with equal rows have equal scores, in every place and partition,
// so ties are real. A score is one float sum: candidates whose scores differ by less than its
// rounding may change places.
//
// Exact means against all candidates. `candidates: uniform` or `prevalence` ranks among a sample
// instead; such figures depend on the size of the sample, and an order of models by them need not
// be the order by the exact ones (Krichene and Rendle, KDD 2020). Everything that prints them says
// so.
//
// Source: Bordes et al., NIPS 2013 (raw, filtered); Sun et al., ACL 2020 (ties).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/config/field.h"
#include "twhin/evaluate/scoring_view.h"
#include "twhin/graph/graph.h"
#include "twhin/metrics/bootstrap.h"
#include "twhin/metrics/ranking.h"

namespace twhin {

/// Which ends of the held-out edges are ranked.
enum class Sides { both, lhs, rhs };
/// Which known edges compete; see the head of the file.
enum class Protocol { filtered, raw, both };
/// What a held-out end is ranked among.
enum class CandidateSet { all, uniform, prevalence };

template <>
struct EnumNames<Sides> {
  static constexpr EnumName<Sides> values[] = {
      {"both", Sides::both, "Each edge is ranked twice."},
      {"lhs", Sides::lhs, "The lhs among the lhs type."},
      {"rhs", Sides::rhs, "The rhs among the rhs type."},
  };
};
template <>
struct EnumNames<Protocol> {
  static constexpr EnumName<Protocol> values[] = {
      {"filtered", Protocol::filtered, "Other known edges of any split do not compete."},
      {"raw", Protocol::raw, "All compete."},
      {"both", Protocol::both, "Both, from one pass over the scores."},
  };
};
template <>
struct EnumNames<CandidateSet> {
  static constexpr EnumName<CandidateSet> values[] = {
      {"all", CandidateSet::all, "All entities of the type: exact."},
      {"uniform", CandidateSet::uniform, "A sample, each entity as likely as another: biased."},
      {"prevalence", CandidateSet::prevalence,
       "A sample by training edges of the relation, with replacement: biased."},
  };
};

struct EvalOptions {
  std::string split = "test";
  std::vector<std::string> relations;
  Sides sides = Sides::both;
  Protocol protocol = Protocol::filtered;
  std::optional<std::uint64_t> max_edges;
  CandidateSet candidates = CandidateSet::all;
  std::uint32_t num_candidates = 1000;
  std::uint64_t seed = 1;
  bool baselines = true;
  std::uint32_t degree_groups = 10;
  std::uint32_t time_slices = 5;
  std::uint32_t resamples = 1000;
  Bytes query_memory = {std::uint64_t{256} << 20};
  std::size_t threads = 0;  ///< 0: as many as the machine has. No result depends on it.

  template <class Visitor>
  static void fields(Visitor& f) {
    f("split", &EvalOptions::split, "Edges to rank: test, valid or another split of the graph.",
      not_empty);
    f("relations", &EvalOptions::relations, "Only these relations; empty: all of the model.");
    f("sides", &EvalOptions::sides, "Which ends of an edge are ranked.");
    f("protocol", &EvalOptions::protocol, "Whether other known edges compete.");
    f("max_edges", &EvalOptions::max_edges,
      "At most so many edges, drawn evenly from the split; null: all.", at_least(1));
    f("candidates", &EvalOptions::candidates, "What a held-out end is ranked among.");
    f("num_candidates", &EvalOptions::num_candidates,
      "Size of the sample, for each relation and side, if candidates are sampled.", at_least(1));
    f("seed", &EvalOptions::seed, "Of the drawn edges, the sample and the bootstrap.");
    f("baselines", &EvalOptions::baselines, "Also rank by popularity, and give what chance gives.");
    f("degree_groups", &EvalOptions::degree_groups,
      "Groups of edges by training degree of the ranked end; 10: deciles, 0: no such table.",
      at_most(1000));
    f("time_slices", &EvalOptions::time_slices,
      "Groups of edges by their timestamp, if they have one; 0: no such table.", at_most(1000));
    f("resamples", &EvalOptions::resamples,
      "Of the bootstrap behind the confidence intervals; 0: no intervals.", at_most(100000));
    f("query_memory", &EvalOptions::query_memory,
      "Query vectors that are kept at a time; more are taken in several passes over the rows.",
      greater_than(Bytes{0}));
  }
};

/// Breakdowns of more groups have no intervals: those would need too much memory.
inline constexpr std::size_t kMostGroupsWithIntervals = 1000;

/// By bootstrap over edges; NaN if the group was in no resample.
struct GroupIntervals {
  metrics::Interval mrr, hits_at_10;
};

/// One line of a table.
struct EvalGroup {
  std::string name;
  metrics::RankingMetrics metrics;
  std::optional<GroupIntervals> intervals;
  std::optional<metrics::RankingMetrics> popularity;  ///< of the same queries, by popularity
};

/// Shares of queries whose rank is at most k[i]: Hits@k for every k, on a grid.
struct RankDistribution {
  std::vector<std::uint64_t> k;  ///< 1, 2, 3, 5, 7, 10, 15, 20, 30, …: up to all candidates
  std::vector<double> model;
  std::vector<double> popularity, random;  ///< empty without baselines
};

/// The queries divided by something. `macro` weighs each group alike that has a query.
struct Breakdown {
  std::string by;  ///< "side", "relation", "relation and side", "types", "degree", "time"
  std::vector<EvalGroup> groups;
  metrics::MacroMetrics macro;
};

/// What one protocol gave.
struct ProtocolResult {
  Protocol protocol = Protocol::filtered;  ///< filtered or raw
  metrics::RankingMetrics micro;           ///< each query (an edge and a side of it) weighs alike
  /// By bootstrap over edges, so that the two sides of an edge are drawn together.
  std::optional<metrics::RankingIntervals> intervals;
  std::vector<Breakdown> breakdowns;
  RankDistribution distribution;
  /// Candidates ranked by their training edges of the relation on that side.
  std::optional<metrics::RankingMetrics> popularity;
  /// Expected if candidates are put in random order.
  std::optional<metrics::RankingMetrics> random;

  const Breakdown* breakdown(std::string_view by) const;
};

struct EvalResult {
  EvalOptions options;
  std::string model;  ///< path of the version; empty if the rows came from a trainer
  std::string graph;
  std::uint64_t model_checksum = 0, graph_checksum = 0;
  std::uint64_t num_edges_in_split = 0;  ///< of the selected relations
  std::uint64_t num_edges = 0;           ///< ranked
  std::uint64_t num_unknown = 0;  ///< left out: the model does not have one of their entities
  std::uint64_t num_queries = 0;  ///< num_edges times sides
  std::uint64_t num_distinct_queries = 0;  ///< whose candidates were scored
  std::uint64_t num_scores = 0;            ///< computed
  double seconds = 0.0;                    ///< of ranking, without reading edges
  std::vector<ProtocolResult> protocols;

  /// The result of a protocol that was asked for; nullptr if it was not.
  const ProtocolResult* find(Protocol protocol) const;
  /// Filtered if it was asked for, otherwise raw.
  const ProtocolResult& main() const { return protocols.front(); }
};

/// Two models on the same queries. Intervals are by bootstrap over edges of the differences, model
/// minus other: what both find hard or easy cancels, so that they tell models apart that intervals
/// of their own do not.
struct EvalComparison {
  EvalResult model, other;
  Protocol protocol = Protocol::filtered;  ///< of what follows: model.main()'s
  std::optional<metrics::RankingIntervals> difference;
  /// Of model.main().breakdowns, by group; none of a large one.
  std::vector<std::vector<GroupIntervals>> group_differences;
  /// Queries whose answer the model ranks before, behind and where the other one does.
  std::uint64_t num_better = 0, num_worse = 0, num_alike = 0;
};

/// One ranked end of a held-out edge.
struct RankedTarget {
  std::uint32_t relation = 0;  ///< of the model's schema
  Side side = Side::rhs;       ///< that was ranked
  EntityId lhs, rhs;
  metrics::RankCounts filtered, raw;  ///< of the protocols that were asked for
};

/// Edges, known answers and baselines of a graph, read once and used for any number of models with
/// the same entities: a trainer makes one and calls run() after each epoch.
/// Threads   run() and ranks() may be called concurrently.
class Evaluation {
 public:
  /// `schema` is the model's: some relations of the graph's, with the graph's ids. Both are
  /// borrowed.
  ///
  /// Errors    not_found "evaluate.unknown_split", "schema.unknown_relation"; invalid_argument
  ///           "evaluate.no_edges", "evaluate.schema_mismatch"; cancelled "evaluate.cancelled";
  ///           those of the options' limits.
  Evaluation(const Graph& graph, const Schema& schema, const EvalOptions& options,
             const StopFlag& stop = {});
  /// For a version and any graph: entities are matched by id if it is the graph that the version
  /// was trained on, otherwise by name, with a warning. Both are borrowed.
  Evaluation(const Graph& graph, const ModelVersion& version, const EvalOptions& options,
             const Observer& observer = {}, const StopFlag& stop = {});
  ~Evaluation();
  Evaluation(Evaluation&&) noexcept;

  /// Errors    invalid_argument "evaluate.wrong_shape" if the view does not fit the schema;
  ///           "model.not_finite" for a row or parameter that is NaN, infinite or too large to
  ///           be compared; cancelled.
  EvalResult run(const ScoringView& model, const Observer& observer = {},
                 const StopFlag& stop = {}) const;

  /// Runs both. The second model must have the schema and ids of the first one.
  /// Errors    as run; invalid_argument "evaluate.not_comparable".
  EvalComparison compare(const ScoringView& model, const ScoringView& other,
                         const Observer& observer = {}, const StopFlag& stop = {}) const;

  /// The ranks behind run(), by (side, relation, fixed end, ranked end).
  std::vector<RankedTarget> ranks(const ScoringView& model, const Observer& observer = {},
                                  const StopFlag& stop = {}) const;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

/// Ranks the held-out edges of `graph` by a version.
EvalResult evaluate(const ModelVersion& version, const Graph& graph, const EvalOptions& options,
                    const Observer& observer = {}, const StopFlag& stop = {});

/// Compares two versions that were trained on the same graph and relations.
/// Errors    as evaluate; invalid_argument "evaluate.not_comparable".
EvalComparison compare(const ModelVersion& version, const ModelVersion& other, const Graph& graph,
                       const EvalOptions& options, const Observer& observer = {},
                       const StopFlag& stop = {});

/// The same figures as one JSON object.
std::string to_json(const EvalResult& result);
std::string to_json(const EvalComparison& comparison);

/// What must stand beside every sampled figure.
inline constexpr std::string_view kSampledWarning =
    "sampled: ranked among a sample of the candidates. Such figures are biased, grow as the sample "
    "shrinks, and can order models otherwise than the exact ones do";

}  // namespace twhin
