// train/neighbor_means.h -- Eq. 5: what new entities begin with, from what they are joined to.
//
//     theta_s = (1 / |N_s|) sum over (s, r, t) in N_s of  h_r(theta_t)     an entity's edges as lhs
//     theta_t = (1 / |N_t|) sum over (s, r, t) in N_t of  g_r(theta_s)     and as rhs, together
//
//   mean         h and g leave the row as it is
//   translated   g_r is the relation's operator: theta_s + theta_r for a translation. h_r is its
//                reciprocal operator if the model has them, since that is what a lhs is looked for
//                with; otherwise the inverse of g_r, theta_t - theta_r for a translation
//                (model/operator_inverse.h); edges of a relation without one say nothing of a new
//                lhs
//
// over edges of split "train" to entities that have a vector; an edge counts once, whatever its
// weight. It goes in rounds: a round looks only at what had a vector before it, so that no order
// matters, and gives a vector to every entity that has such a neighbour; entities at the end of a
// chain of new ones get theirs one round for each link. The rounds end with the first that finds
// nobody.
//
// Memory: one partition with its sums, of which a quarter of a partition (64 MiB if that is more)
// is summed up at a time, and two bits an entity. Rows of neighbours are read from the files.
//
// Source: El-Kishky et al., TwHIN, KDD 2022, Eq. 5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "train/part.h"
#include "train/relation_table.h"
#include "train/row_bits.h"
#include "train/training_network.h"
#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/graph/graph.h"
#include "twhin/model/rows.h"

namespace twhin::training {

/// Rows that have a vector: [type][partition].
using KnownRows = std::vector<std::vector<RowBits>>;

struct NeighborMeansResult {
  std::vector<std::uint64_t> placed;  ///< rows that got a mean, by type
  std::uint32_t rounds = 0;           ///< that placed any
  /// Relations without an inverse whose edges were left out for new lhs.
  std::vector<std::uint32_t> without_inverse;
};

class NeighborMeans {
 public:
  /// Borrows all. The files of all partitions lie below `directory` and are written anew where rows
  /// change.
  NeighborMeans(const Graph& graph, const TrainingNetwork& network, const TrainOptions& options,
                const RelationTable& relations, std::filesystem::path directory,
                std::size_t num_threads);

  /// `known` says who has a vector, and afterwards also who got one.
  /// Errors    cancelled "train.interrupted" after `stop`; those of Container.
  NeighborMeansResult run(KnownRows& known, const Observer& observer, const StopFlag& stop);

 private:
  struct Block;
  /// A relation's edges as seen from one of its ends.
  struct Direction {
    std::uint32_t relation = 0;
    bool new_is_lhs = false;
    Operator op = Operator::none;
    std::vector<float> params;
  };

  void find_directions(const TrainOptions& options, bool translated);
  std::uint64_t place_partition(PartId id, const KnownRows& known, RowBits& found);
  void add_up(PartId id, const KnownRows& known, Block& block);
  void add_bucket(const Direction& direction, PartId id, std::uint32_t other_partition,
                  const KnownRows& known, Block& block);

  const Graph& graph_;
  const TrainingNetwork& network_;
  const RelationTable& relations_;
  std::filesystem::path directory_;
  std::size_t num_threads_;
  RowFormat format_;
  std::optional<float> max_norm_;
  std::vector<Direction> directions_;
  std::vector<std::uint32_t> without_inverse_;
  std::vector<std::unique_ptr<Rows>> rows_;  // of all types, opened for a round
};

}  // namespace twhin::training
