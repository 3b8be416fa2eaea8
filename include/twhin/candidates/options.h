// twhin/candidates/options.h -- what is asked for, and how a list is made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "twhin/config/field.h"
#include "twhin/config/types.h"
#include "twhin/evaluate/recommend.h"
#include "twhin/mixture/options.h"
#include "twhin/model/comparators.h"
#include "twhin/model/side.h"

namespace twhin {

/// What stands for who asks.
enum class QueryKind { unimodal, mixture };
/// How lists of several components are put in order.
enum class ListOrder { interleaved, score };
/// What searches.
enum class Backend { best, exact, hnsw, ivf_pq, ivf_opq };

template <>
struct EnumNames<QueryKind> {
  static constexpr EnumName<QueryKind> values[] = {
      {"unimodal", QueryKind::unimodal, "Its own vector: one search."},
      {"mixture", QueryKind::mixture,
       "Its components: a search for each, with places by their weights."},
  };
};
template <>
struct EnumNames<ListOrder> {
  static constexpr EnumName<ListOrder> values[] = {
      {"interleaved", ListOrder::interleaved,
       "Components take turns by their weights, so that the beginning of a list is shared out like "
       "the whole."},
      {"score", ListOrder::score, "The larger score first, whichever component gave it."},
  };
};
template <>
struct EnumNames<Backend> {
  static constexpr EnumName<Backend> values[] = {
      {"best", Backend::best, "The fastest index that was built and can answer; else exact."},
      {"exact", Backend::exact, "All entities of the type are compared."},
      {"hnsw", Backend::hnsw, "The index of that kind."},
      {"ivf_pq", Backend::ivf_pq, "The index of that kind."},
      {"ivf_opq", Backend::ivf_opq, "The index of that kind."},
  };
};

struct CandidateOptions {
  std::optional<std::string> relation;
  std::optional<Side> side;
  std::optional<std::string> type;
  std::optional<std::string> from;
  std::uint32_t k = 50;
  ItemSet items = ItemSet::all;
  std::optional<float> min_score;
  std::optional<Comparator> comparator;

  QueryKind query = QueryKind::unimodal;
  std::string mixture;
  Representation representation = Representation::centroid;
  std::optional<std::uint32_t> max_components;
  bool transform_components = false;
  ListOrder order = ListOrder::interleaved;
  bool rescore = false;
  std::uint32_t pool = 4;

  std::optional<std::vector<std::string>> exclude_relations;
  std::optional<std::vector<std::string>> exclude_splits;

  Backend backend = Backend::best;
  std::optional<std::uint32_t> effort;
  Bytes query_memory = {std::uint64_t{256} << 20};
  std::size_t threads = 0;  ///< 0: as many as the machine has. No result depends on it.

  template <class Visitor>
  static void fields(Visitor& f) {
    using O = CandidateOptions;
    f("relation", &O::relation,
      "Candidates for the other end of this relation, scored by it; null: those with similar rows.",
      not_empty);
    f("side", &O::side,
      "The end of the relation that is looked for; null: rhs, if who asks can be the lhs.");
    f("type", &O::type,
      "Without a relation: entity type of the candidates; null: that of the mixture's targets, or "
      "of who asks.",
      not_empty);
    f("from", &O::from,
      "Entity type of who asks; null: that of the named entity, or of the relation's other end.",
      not_empty);
    f("k", &O::k, "Candidates of a list.", between(1, 1'000'000));
    f("items", &O::items,
      "Which entities can be candidates, by the edges of the relation, or without one of all "
      "between the two types.");
    f("min_score", &O::min_score, "Candidates below this score are left out.");
    f("comparator", &O::comparator,
      "How rows are compared where no operator is applied; null: cos. An operator's scores are "
      "compared as the model was trained.");
    f("query", &O::query, "What stands for who asks.");
    f("mixture", &O::mixture,
      "Name of the mixture, which is then asked by; empty: the only one that the version has.");
    f("representation", &O::representation, "What stands for a component of a mixture.");
    f("max_components", &O::max_components,
      "Only so many components, the heaviest; null: all that the mixture keeps.", at_least(1));
    f("transform_components", &O::transform_components,
      "Apply the relation's operator to components, as it is to a user's own vector.");
    f("order", &O::order, "How a list of several components is put in order.");
    f("rescore", &O::rescore,
      "Unite what the components find, score it by the user's own vector (with the relation, Eq. "
      "1), and keep the best.");
    f("pool", &O::pool, "With rescore: candidates that are scored again, as a multiple of k.",
      between(1, 1000));
    f("exclude_relations", &O::exclude_relations,
      "Relations by which who asks has candidates already; null: the asked one, or without one "
      "all between the two types; empty: none.");
    f("exclude_splits", &O::exclude_splits,
      "Splits of these relations that count; null: all of the graph.");
    f("backend", &O::backend, "What searches.");
    f("effort", &O::effort,
      "ef of hnsw, nprobe of ivf; null: what reached the wanted recall when the index was built.",
      at_least(1));
    f("query_memory", &O::query_memory, "Query vectors and lists that are kept at a time.",
      greater_than(Bytes{0}));
  }

  bool asks_mixture() const { return query == QueryKind::mixture || !mixture.empty(); }

  /// Rules between options.
  /// Errors    invalid_argument "candidates.conflicting_options".
  void validate(const std::string& at) const;
};

}  // namespace twhin
