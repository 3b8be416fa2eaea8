// evaluate/edge_source.h -- a graph's edges in the numbering of a model.
//
// A model is trained on a part of a graph's relations, and may be evaluated on another graph than
// that which it was trained on. Relations and types are matched by name; entities by their ids if
// the graph is the model's own, otherwise by name.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "model/layout.h"
#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/graph/graph.h"
#include "twhin/model/version.h"

namespace twhin {

/// Opens the vocabulary of a type of the model's schema.
using VocabularySource = std::function<Vocabulary(std::uint32_t entity_type)>;

class EdgeSource {
 public:
  /// With the model's vocabularies, entities are matched by name; without (empty), by id.
  /// Errors    invalid_argument "evaluate.schema_mismatch" if a relation of the model joins other
  ///           types in the graph, or, matching by id, a type has other partitions there.
  EdgeSource(const Graph& graph, const Schema& schema, const VocabularySource& model_vocabulary);

  /// One edge, its ends numbered as in the model; kNoEntity for one that the model does not have.
  struct Edge {
    FlatId lhs, rhs;
    std::int64_t timestamp;  ///< 0 where the relation has none
  };

  /// Edges of a relation of the model in a split; 0 if the graph does not have the relation.
  std::uint64_t num_edges(std::uint32_t relation, std::string_view split) const;
  bool has_timestamps(std::uint32_t relation) const;
  /// Calls visit(edge) for each of them, always in the same order.
  template <class Visit>
  void scan(std::uint32_t relation, std::string_view split, const Visit& visit) const;

  /// From now on every scan calls report(n) after each n more edges, n at most 2^20. What it throws
  /// ends the scan. Empty: nobody is told.
  void tell(std::function<void(std::uint64_t num_edges)> report) { report_ = std::move(report); }

  const Graph& graph() const { return graph_; }
  const Schema& schema() const { return schema_; }
  const TypeLayout& layout(std::uint32_t entity_type) const { return layouts_[entity_type]; }
  const TypeLayout& lhs_layout(std::uint32_t relation) const {
    return layouts_[schema_.relations[relation].lhs];
  }
  const TypeLayout& rhs_layout(std::uint32_t relation) const {
    return layouts_[schema_.relations[relation].rhs];
  }

 private:
  struct Side {  // of a bucket: where the partition begins, and what its rows are in the model
    FlatId first;
    const std::vector<FlatId>& ids;
    FlatId operator()(std::uint32_t row) const {
      return ids.empty() ? first + row : ids[first + row];
    }
  };
  void match_by_id(std::uint32_t entity_type, const EntityType& in_graph) const;
  void match_by_name(std::uint32_t entity_type, std::uint32_t in_graph, const Vocabulary& model);

  const Graph& graph_;
  const Schema& schema_;
  std::vector<std::optional<std::uint32_t>> relations_;  // of the graph, by relation of the model
  std::vector<TypeLayout> layouts_;                      // of the model
  std::vector<TypeLayout> graph_layouts_;
  std::vector<std::vector<FlatId>> ids_;  // by type of the graph; empty: the same as there
  std::function<void(std::uint64_t)> report_;
};

/// While it lives, scans of a source are one job of `num_edges` to an observer, and can be stopped.
/// Borrows all.
class WatchedScans {
 public:
  WatchedScans(EdgeSource& source, std::uint64_t num_edges, const Observer& observer,
               const StopFlag& stop);
  ~WatchedScans() { source_.tell({}); }
  WatchedScans(const WatchedScans&) = delete;
  WatchedScans& operator=(const WatchedScans&) = delete;

 private:
  EdgeSource& source_;
};

/// A graph's edges for a version: entities are matched by id if it is the graph that the version
/// was trained on, otherwise by name, with a warning.
EdgeSource edges_for(const Graph& graph, const ModelVersion& version, const Observer& observer);

template <class Visit>
void EdgeSource::scan(std::uint32_t relation, std::string_view split, const Visit& visit) const {
  if (!relations_[relation]) return;
  const std::uint32_t r = *relations_[relation];
  const RelationType& type = graph_.schema().relations[r];
  const TypeLayout& lhs_layout = graph_layouts_[type.lhs];
  const TypeLayout& rhs_layout = graph_layouts_[type.rhs];
  for (std::uint32_t i = 0; i < graph_.schema().lhs_type(r).num_partitions(); ++i) {
    for (std::uint32_t j = 0; j < graph_.schema().rhs_type(r).num_partitions(); ++j) {
      const EdgeBucket bucket = graph_.bucket(r, i, j, split);
      const EdgeSpan& edges = bucket.edges();
      const Side lhs{lhs_layout.first(i), ids_[type.lhs]};
      const Side rhs{rhs_layout.first(j), ids_[type.rhs]};
      constexpr std::size_t kPiece = 1 << 20;
      for (std::size_t begin = 0; begin < edges.size(); begin += kPiece) {
        const std::size_t end = std::min(begin + kPiece, edges.size());
        for (std::size_t e = begin; e < end; ++e) {
          visit(Edge{lhs(edges.lhs[e]), rhs(edges.rhs[e]),
                     edges.timestamp.empty() ? 0 : edges.timestamp[e]});
        }
        if (report_) report_(end - begin);
      }
    }
  }
}

}  // namespace twhin
