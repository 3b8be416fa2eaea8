// twhin/evaluate/recommend.h -- recommendation: are held-out items in the first k places of all?
//
// For each user (an entity at one end of a relation) that has held-out edges, all items (entities
// at the other end) are put in the order of their scores, those that the user is known to have and
// the user itself are left out, and the first k are compared with the held-out ones:
//
//     recall@k, precision@k, hit rate@k, nDCG@k, MAP@k, MRR@k      (twhin/metrics/recommendation.h)
//     coverage@k      items that are recommended to anybody / items
//     diversity@k     mean over lists of the mean of 1 - cos of two rows of it
//     popularity@k    mean over lists of the mean number of training edges of its items
//
// Each is a mean over users that have something to be found. Exact: all items compete; no sample.
// Equal scores go by the item's id. A held-out item that the user is known to have, by an excluded
// split, is not asked for; neither is one that does not compete. LightGCN's protocol (SIGIR 2020)
// is the default: all items, training items left out, every user with test items counts alike.
//
// Memory    16 bytes a user and item, 4 bytes an edge of the asking users, 80 bytes a user and
//           length of list; rows are streamed, and query_memory bounds the queries at a time.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/config/field.h"
#include "twhin/evaluate/scoring_view.h"
#include "twhin/graph/graph.h"
#include "twhin/metrics/bootstrap.h"
#include "twhin/metrics/recommendation.h"

namespace twhin {

/// Which entities can be recommended.
enum class ItemSet { all, linked, trained };

template <>
struct EnumNames<ItemSet> {
  static constexpr EnumName<ItemSet> values[] = {
      {"all", ItemSet::all, "All of the type."},
      {"linked", ItemSet::linked, "Those with an edge of the relation, in any split."},
      {"trained", ItemSet::trained, "Those with a training edge of the relation."},
  };
};

struct RecommendOptions {
  std::string relation;
  Side recommended = Side::rhs;
  std::string split = "test";
  std::vector<std::uint32_t> k = {10, 20, 50};
  std::optional<std::vector<std::string>> exclude;
  ItemSet items = ItemSet::all;
  std::optional<std::uint64_t> max_users;
  std::uint64_t seed = 1;
  std::uint32_t user_groups = 10;
  std::uint32_t resamples = 1000;
  Bytes query_memory = {std::uint64_t{256} << 20};
  std::size_t threads = 0;  ///< 0: as many as the machine has. No result depends on it.

  template <class Visitor>
  static void fields(Visitor& f) {
    f("recommend", &RecommendOptions::relation,
      "Judge lists of recommendations by this relation's held-out edges, instead of ranking edges.",
      not_empty);
    f("side", &RecommendOptions::recommended,
      "The end of the relation that is recommended; the other one asks.");
    f("split", &RecommendOptions::split, "Held-out edges: test, valid or another split.",
      not_empty);
    f("k", &RecommendOptions::k, "Lengths of the lists that are judged.", not_empty,
      each(at_least(1)));
    f("exclude", &RecommendOptions::exclude,
      "Splits whose edges are not recommended again; null: train, and valid unless it is asked "
      "for.");
    f("items", &RecommendOptions::items, "Which entities can be recommended.");
    f("max_users", &RecommendOptions::max_users,
      "At most so many users, drawn evenly; null: all with held-out edges.", at_least(1));
    f("seed", &RecommendOptions::seed, "Of the drawn users and of the bootstrap.");
    f("user_groups", &RecommendOptions::user_groups,
      "Groups of users by their training edges of the relation; 10: deciles, 0: no such table.",
      at_most(1000));
    f("resamples", &RecommendOptions::resamples,
      "Of the bootstrap behind the confidence intervals; 0: no intervals.", at_most(100000));
    f("query_memory", &RecommendOptions::query_memory,
      "Query vectors and lists that are kept at a time.", greater_than(Bytes{0}));
  }
};

/// By bootstrap over users.
struct RecommendationIntervals {
  metrics::Interval recall, precision, hit_rate, ndcg, map;
};

/// Lists of one length.
struct ListQuality {
  std::uint32_t k = 0;
  metrics::RecommendationMetrics metrics;
  std::optional<RecommendationIntervals> intervals;
  double coverage = std::numeric_limits<double>::quiet_NaN();
  double diversity = std::numeric_limits<double>::quiet_NaN();
  double popularity = std::numeric_limits<double>::quiet_NaN();
};

/// Groups that the caller divides users into: by country, by age, by what an experiment showed
/// them.
struct UserLabels {
  std::string by;                                         ///< what the groups are, for the table
  std::vector<std::string> groups;                        ///< their names
  std::vector<std::pair<EntityId, std::uint32_t>> users;  ///< each once, with its group
};

/// Some users, and what they got.
struct UserGroup {
  std::string name;
  std::vector<metrics::RecommendationMetrics> at_k;
  std::vector<metrics::RecommendationMetrics> popularity_at_k;  ///< of the most popular items
};

/// The users divided by something.
struct UserBreakdown {
  std::string by;  ///< "training edges" (groups are ranges), or that of the labels
  std::vector<UserGroup> groups;
};

struct RecommendResult {
  RecommendOptions options;
  std::string model;  ///< path of the version; empty if the rows came from a trainer
  std::string graph;
  std::uint64_t model_checksum = 0, graph_checksum = 0;
  std::string user_type, item_type;
  std::vector<std::string> excluded;  ///< splits that were
  std::uint64_t num_users = 0;        ///< with held-out edges, all or drawn
  std::uint64_t num_asking = 0;  ///< of them, with something to be found: the others count nowhere
  std::uint64_t num_items = 0;   ///< that compete
  std::uint64_t num_relevant = 0;  ///< held-out items that are asked for
  std::uint64_t num_known = 0;     ///< not asked for: also in an excluded split
  std::uint64_t num_outside = 0;   ///< not asked for: not among the items that compete
  std::uint64_t num_unknown = 0;   ///< edges of entities that the model does not have
  std::uint64_t num_scores = 0;
  double seconds = 0.0;                 ///< of putting items in order
  std::vector<ListQuality> lists;       ///< of the model, for each k
  std::vector<ListQuality> popularity;  ///< the items with most training edges, to everybody
  std::vector<UserBreakdown> breakdowns;
};

/// Judges a version on a graph; entities are matched as by evaluate().
///
/// Errors    not_found "schema.unknown_relation", "evaluate.unknown_split"; invalid_argument
///           "evaluate.no_edges", "evaluate.excluded_split", "evaluate.schema_mismatch",
///           "model.not_finite"; cancelled; those of the options' limits.
RecommendResult recommend(const ModelVersion& version, const Graph& graph,
                          const RecommendOptions& options, const Observer& observer = {},
                          const StopFlag& stop = {}, const UserLabels& labels = {});
/// The same with the rows of a trainer, whose ids are the graph's.
RecommendResult recommend(const ScoringView& model, const Graph& graph,
                          const RecommendOptions& options, const Observer& observer = {},
                          const StopFlag& stop = {}, const UserLabels& labels = {});

/// The type of the users that options.recommend and options.side ask, in a model's schema.
/// Errors    not_found "schema.unknown_relation".
std::uint32_t user_type(const Schema& schema, const RecommendOptions& options);

/// The same figures as one JSON object.
std::string to_json(const RecommendResult& result);

}  // namespace twhin
