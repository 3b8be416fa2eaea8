// twhin/train/train.h -- Algorithm 1: from a graph to a version of a model.
//
//     theta <- initial values
//     for each epoch, for each step of buckets (i, j) whose partitions fit the buffer together:
//         the partitions i and j of every type in memory, the buckets' edges mapped
//         for each group of their edges: gradients of the loss, one step of the optimizer
//
//   score s(l, r, t) = c( g_r(x[l]), x[t] )     twhin/model/operators.h, comparators.h
//   loss                                        twhin/model/losses.h; Eq. 2 by default
//   negatives                                   twhin/model/negatives.h
//   optimizer                                   twhin/model/optimizers.h
//
// Negatives come from the partitions of the step, each drawn from as often as the step's edges end
// in it. With P partitions and a buffer of B an edge is therefore compared with about B/P of the
// type's entities at a time, with others in other steps, and a rank among the entities of one
// partition says less than a rank among all.
//
// A run's state lies in models/<network>/vN.partial/:
//
//   working/                 the files of partitions as they are written; means nothing by itself
//   checkpoints/<n>/         a complete, checksummed model (twhin/model/version.h) with
//   training.json
//   metrics.jsonl            one line for each bucket and each epoch
//   run.json                 which version it begins with, and whether CURRENT moves at the end
//   before/                  with a pull: the rows and relations that it pulls toward
//
// A checkpoint shares the files of unchanged partitions with others by hard links; it exists once
// its manifest does, and older ones are deleted only then. A killed run loses what it did since.
//
// Source: El-Kishky et al., TwHIN, KDD 2022, Algorithm 1; the partition buffer after
// PyTorch-BigGraph and Marius.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/graph/graph.h"
#include "twhin/train/options.h"

namespace twhin {

struct TrainRequest {
  TrainConfig config;
  /// The run makes models/<network>/vN in it.
  std::filesystem::path models;
  /// Goes on with the unfinished run of the network instead of beginning one.
  bool resume = false;
  /// The version that the run begins with (a directory, or "NETWORK@v3"); empty: none. A resumed
  /// run knows its own; if both are given they must be the same.
  std::filesystem::path warm_start;
  /// CURRENT moves to the new version at the end; otherwise it stays, for a gate to decide. A
  /// resumed run that was not to be promoted is not, whatever this says.
  bool promote = true;
  /// The effective config of all verbs as YAML, for the record; empty: that of `config`.
  std::string config_yaml;
};

struct TrainSummary {
  std::filesystem::path version;  ///< directory of the version that was made
  std::uint32_t number = 0;       ///< N of vN
  std::uint32_t epochs = 0;
  std::uint64_t edges = 0;  ///< trained by this call
  double loss = 0.0;        ///< of the last epoch, for each edge
  /// Exact filtered MRR on (some of) split "valid", after the last epoch that was validated.
  std::optional<double> valid_mrr;
  double seconds = 0.0;        ///< of this call
  double train_seconds = 0.0;  ///< of them spent on groups
  double edges_per_s = 0.0;    ///< edges / train_seconds
};

/// Trains one version from the beginning, or from the last checkpoint, to the end.
///
/// Errors    invalid_argument "train.unfinished_run" if the network has an unfinished run that is
/// not
///           to be resumed, "train.other_config", "train.other_graph" if the resumed run had
///           others, "train.diverged" if the loss is no longer finite, "train.no_edges",
///           "train.partition_counts", "train.unknown_entity_type", "train.unknown_relation";
///           of a warm start "train.warm_start_differs" for a version of another dim, comparator,
///           operator or optimizer, "train.other_warm_start" if a resumed run began with another
///           one, "train.no_warm_start" for options that need one, "train.no_new_edges" for a
///           refresh of a graph that does not know what is new, "train.other_base" if that is new
///           since another graph than the version's;
///           not_found "train.nothing_to_resume"; unavailable "file.locked" if another run is at
///           it; corrupt_data for a damaged checkpoint; io for a full disk: then the last
///           checkpoint is as it was; cancelled "train.interrupted" after `stop`, when a checkpoint
///           has been committed; "train.not_enough_memory" and "train.not_enough_disk" of
///           twhin/train/plan.h.
TrainSummary train(const Graph& graph, const TrainRequest& request, const Observer& observer,
                   const StopFlag& stop);

}  // namespace twhin
