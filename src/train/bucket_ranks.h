// train/bucket_ranks.h -- how well a bucket's held-out edges are ranked, while it is in memory.
//
// At most `max_edges` edges of split "valid" of each relation of the bucket, evenly spread over its
// file and the same ones each time, are ranked on both sides. An end is ranked among the entities
// of the partition that it lies in, known edges included: with P partitions these ranks are about
// 1/P of those among all entities, so they tell how a bucket changes, not how good the model is.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>

#include "train/part.h"
#include "train/relation_table.h"
#include "train/steps.h"
#include "train/training_network.h"
#include "twhin/graph/graph.h"

namespace twhin::training {

/// Borrows all that it is given. Not while workers train.
class BucketRanks {
 public:
  /// max_edges 0: ranks nothing.
  BucketRanks(const Graph& graph, const TrainingNetwork& network, const TrainOptions& options,
              std::size_t num_threads, const RelationTable& relations)
      : graph_(graph),
        network_(network),
        options_(options),
        num_threads_(num_threads),
        relations_(relations) {}

  /// {"queries", "mrr", "mr", "hits_at_10"}; null if the bucket has no held-out edges, or none are
  /// wanted. `part` gives the parts of the step.
  nlohmann::json of(const Step& step, const std::function<Part*(PartId)>& part) const;

 private:
  const Graph& graph_;
  const TrainingNetwork& network_;
  const TrainOptions& options_;
  std::size_t num_threads_;
  const RelationTable& relations_;
};

}  // namespace twhin::training
