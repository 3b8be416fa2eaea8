// twhin/index/options.h -- how an index is built: the config's section `index`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "twhin/config/field.h"
#include "twhin/model/comparators.h"

namespace twhin {

enum class IndexKind { exact, hnsw, ivf_pq, ivf_opq };
/// What an HNSW graph is made of where the comparator is dot.
enum class GraphSpace { plain, centred, augmented };
enum class OnLowRecall { refuse, exact };

template <>
struct EnumNames<IndexKind> {
  static constexpr EnumName<IndexKind> values[] = {
      {"exact", IndexKind::exact, "Every entity is compared."},
      {"hnsw", IndexKind::hnsw, "A graph of near rows: the fastest; the rows once more in memory."},
      {"ivf_pq", IndexKind::ivf_pq, "Lists of codes of some bytes a row: the smallest."},
      {"ivf_opq", IndexKind::ivf_opq, "The same, with a rotation before that makes codes better."},
  };
};
template <>
struct EnumNames<GraphSpace> {
  static constexpr EnumName<GraphSpace> values[] = {
      {"plain", GraphSpace::plain, "Rows as they are, joined by their products."},
      {"centred", GraphSpace::centred, "Their mean taken off, joined by their products."},
      {"augmented", GraphSpace::augmented,
       "Centred, and made equally long by one more dimension, joined by distance."},
  };
};
template <>
struct EnumNames<OnLowRecall> {
  static constexpr EnumName<OnLowRecall> values[] = {
      {"refuse", OnLowRecall::refuse, "It is an error, and nothing is written."},
      {"exact", OnLowRecall::exact, "An exact index takes its place."},
  };
};

/// Head of the file.
struct IndexOptions {
  IndexKind kind = IndexKind::hnsw;
  std::optional<Comparator> comparator;
  std::vector<std::string> relations;
  double min_recall = 0.95;
  std::uint32_t recall_k = 10;
  std::uint32_t num_queries = 1000;
  OnLowRecall on_low_recall = OnLowRecall::refuse;
  std::uint64_t seed = 1;
  bool deterministic = true;

  std::uint32_t links = 16;
  std::uint32_t ef_construction = 200;
  std::optional<std::uint32_t> ef;
  GraphSpace inner_product = GraphSpace::augmented;

  std::optional<std::uint32_t> lists;
  std::optional<std::uint32_t> code_bytes;
  std::optional<std::uint32_t> nprobe;
  std::uint32_t rescored = 30;
  std::uint32_t rows_per_list = 64;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("kind", &IndexOptions::kind, "How near rows are found.");
    f("comparator", &IndexOptions::comparator,
      "Similarity that the index is for; null: the model's own.");
    f("relations", &IndexOptions::relations,
      "Recall is measured on the queries of these relations, each by itself; empty: on rows of the "
      "type.");
    f("min_recall", &IndexOptions::min_recall,
      "Recall that must be reached; ef or nprobe is raised until it is.", between(0, 1));
    f("recall_k", &IndexOptions::recall_k, "Of so many nearest entities.", between(1, 1000));
    f("num_queries", &IndexOptions::num_queries,
      "Queries that recall is measured on, for each relation, drawn evenly.", at_least(1));
    f("on_low_recall", &IndexOptions::on_low_recall, "What happens if it is not reached.");
    f("seed", &IndexOptions::seed, "Of the drawn queries, the levels of the graph, the clusters.");
    f("deterministic", &IndexOptions::deterministic,
      "hnsw: rows are inserted by one thread, in the order of their ids, so that builds repeat; "
      "false: by all threads.");
    f("links", &IndexOptions::links,
      "hnsw: neighbours of a row on the upper levels, half of level 0's.", between(2, 256));
    f("ef_construction", &IndexOptions::ef_construction,
      "hnsw: rows that are looked at for the neighbours of a new one.", between(1, 10000));
    f("ef", &IndexOptions::ef,
      "hnsw: rows that a search keeps under way, at least; null: the fewest that reach min_recall.",
      at_least(1));
    f("inner_product", &IndexOptions::inner_product, "hnsw, comparator dot: what the graph joins.");
    f("lists", &IndexOptions::lists, "ivf: lists; null: 4 sqrt(entities), less for few.",
      at_least(1));
    f("code_bytes", &IndexOptions::code_bytes,
      "ivf: bytes of a row's code; null: one for 4 numbers.", between(1, 256));
    f("nprobe", &IndexOptions::nprobe,
      "ivf: lists that a search reads, at least; null: the fewest that reach min_recall.",
      at_least(1));
    f("rescored", &IndexOptions::rescored,
      "ivf: rows, for each that is wanted, that are compared again by their own vectors.",
      at_least(1));
    f("rows_per_list", &IndexOptions::rows_per_list,
      "ivf: rows that lists are trained on, for each of them.", between(1, 1024));
  }
};

}  // namespace twhin
