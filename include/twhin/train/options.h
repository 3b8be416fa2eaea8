// twhin/train/options.h -- what a run of train may be told.
//
// Options of the model, of its negatives, its loss and its optimizer are declared in twhin/model/;
// TrainOptions puts them beside those of the run itself, flat, as the `train` section of a config.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "twhin/config/field.h"
#include "twhin/config/value.h"
#include "twhin/model/losses.h"
#include "twhin/model/model_options.h"
#include "twhin/model/negatives.h"
#include "twhin/model/optimizers.h"
#include "twhin/model/regularization.h"
#include "twhin/train/warm_start_options.h"

namespace twhin {

/// In which order the buckets of an epoch are trained.
enum class BucketOrder { inside_out, outside_in, affinity, random, buffer_aware };

template <>
struct EnumNames<BucketOrder> {
  static constexpr EnumName<BucketOrder> values[] = {
      {"inside_out", BucketOrder::inside_out,
       "Layers min(i, j) = P-1 … 0, transposed buckets together, otherwise shuffled."},
      {"outside_in", BucketOrder::outside_in, "The same layers, from 0 to P-1."},
      {"affinity", BucketOrder::affinity,
       "The transposed bucket next, else one that shares a partition."},
      {"random", BucketOrder::random, "Any order; loads the most."},
      {"buffer_aware", BucketOrder::buffer_aware, "The fewest loads for the buffer's size."},
  };
};

/// How often a run commits its state: "every 8 buckets" or "every 10 minutes"; each epoch ends with
/// a checkpoint besides. Written `8` or `10m`; 0 for epochs only.
struct CheckpointInterval {
  std::uint32_t buckets = 0;  ///< 0: not by buckets
  Seconds time{600};          ///< 0: not by time
  friend bool operator==(const CheckpointInterval&, const CheckpointInterval&) = default;
};

namespace config {
template <>
struct Value<CheckpointInterval> {
  static void read(const Place& at, CheckpointInterval& out);
  static Node write(const CheckpointInterval& value);
  static Type type();
};
}  // namespace config

/// Section `train`.
struct TrainOptions : ModelOptions,
                      NegativesOptions,
                      LossOptions,
                      OptimizerOptions,
                      RegularizationOptions {
  std::uint32_t epochs = 10;
  std::uint64_t seed = 1;
  std::uint32_t threads = 0;
  bool deterministic = false;
  std::uint32_t buffer = 0;
  BucketOrder bucket_order = BucketOrder::buffer_aware;
  std::uint32_t edge_chunks = 1;
  CheckpointInterval checkpoint_every;
  std::uint32_t keep_checkpoints = 1;
  std::uint32_t validate_every = 1;
  std::uint32_t validation_edges = 1000;
  std::uint32_t bucket_edges = 0;
  bool tensorboard = false;
  std::optional<std::uint32_t> patience;
  float least_gain = 0.0f;
  float balance_relations = 0.0f;
  WarmStartOptions warm_start;
  float pull = 0.0f;
  RefreshOptions refresh;

  template <class Visitor>
  static void fields(Visitor& f) {
    ModelOptions::fields(f);
    NegativesOptions::fields(f);
    LossOptions::fields(f);
    OptimizerOptions::fields(f);
    RegularizationOptions::fields(f);
    f("epochs", &TrainOptions::epochs,
      "How often every edge is trained; 0, after a warm start only: the version is what it begins "
      "with.");
    f("seed", &TrainOptions::seed, "Of everything that is random.");
    f("threads", &TrainOptions::threads, "Workers; 0: one for each hardware thread.",
      at_most(1024));
    f("deterministic", &TrainOptions::deterministic,
      "The same bits for any number of threads and after any resume, at some cost in speed.");
    f("buffer", &TrainOptions::buffer,
      "Partitions of each partitioned type that are in memory for training, while one more is read "
      "and one written; 0: all.");
    f("bucket_order", &TrainOptions::bucket_order, "Order of the buckets of an epoch.");
    f("edge_chunks", &TrainOptions::edge_chunks,
      "Parts of each bucket: an epoch trains all first parts, then all second ones, …",
      between(1, 4096));
    f("checkpoint_every", &TrainOptions::checkpoint_every,
      "A number of buckets (8), or a time (10m); each epoch ends with a checkpoint besides, and 0 "
      "leaves it at that.");
    f("keep_checkpoints", &TrainOptions::keep_checkpoints,
      "How many of a run's latest checkpoints are kept.", at_least(1));
    f("validate_every", &TrainOptions::validate_every,
      "Epochs between two validations on the split `valid`; 0: none.");
    f("validation_edges", &TrainOptions::validation_edges,
      "Edges of split `valid` that a validation ranks, both ends, the same ones each time; 0: "
      "all.");
    f("bucket_edges", &TrainOptions::bucket_edges,
      "Edges of split `valid` of each bucket and relation that are ranked, among their partitions "
      "only, before and after the bucket is trained, for metrics.jsonl; 0: none.");
    f("tensorboard", &TrainOptions::tensorboard,
      "Also write metrics.jsonl as an event file that TensorBoard reads.");
    f("patience", &TrainOptions::patience,
      "Training ends after so many validations in a row without a better MRR, and the version is "
      "the epoch of the best one. Null: it is the last of all epochs.",
      at_least(1));
    f("least_gain", &TrainOptions::least_gain,
      "With patience: an MRR is better if it is above the best one by more than this.",
      at_least(0));
    f("balance_relations", &TrainOptions::balance_relations,
      "0: each edge counts alike; 1: each relation does, whatever its number of edges; between: "
      "edges weigh (edges of the relation)^-x, their mean weight kept.",
      between(0, 1));
    f("warm_start", &TrainOptions::warm_start,
      "What a run takes from the version that --warm-start names.");
    f("pull", &TrainOptions::pull,
      "Factor on the squared distance of rows and relations from what they were in the version "
      "that "
      "--warm-start names.",
      at_least(0));
    f("refresh", &TrainOptions::refresh, "Training on what is new.");
  }

  /// Errors    those of the parts; invalid_argument "train.buffer" for a buffer of one partition,
  ///           "train.patience" for patience without validations.
  void validate(const std::string& at) const;
};

/// What train may be told of an entity type. Fields of an entry of `entities`.
struct EntityTrainOptions {
  std::optional<float> learning_rate;
  bool frozen = false;
  std::optional<float> pull;
  Path vectors;
  Path vector_names;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("learning_rate", &EntityTrainOptions::learning_rate,
      "Size of a step for this type's rows; as in `train` if it is left out.", greater_than(0));
    f("frozen", &EntityTrainOptions::frozen, "Rows keep the values that they begin with.");
    f("pull", &EntityTrainOptions::pull,
      "As `train.pull`, for this type's rows; as in `train` if it is left out.", at_least(0));
    f("vectors", &EntityTrainOptions::vectors,
      "Rows begin with these: a .parquet of columns `name` and `vector` (a list of floats), or a "
      ".npy [n, dim]. Entities that it lacks begin at random and are counted.");
    f("vector_names", &EntityTrainOptions::vector_names,
      "Names of the rows of a .npy, one a line; without it they are all entities in the order of "
      "their ids.");
  }
};

/// All that a run depends on besides the graph. Types and relations that are left out have
/// defaults.
struct TrainConfig {
  TrainOptions train;
  Named<EntityTrainOptions> entities;
  Named<RelationOptions> relations;
  std::string network;

  template <class Visitor>
  static void fields(Visitor& f) {
    f("train", &TrainConfig::train, "How the model is trained.");
    f("entities", &TrainConfig::entities, "By entity type.");
    f("relations", &TrainConfig::relations, "By relation.");
    f("network", &TrainConfig::network, "Which relations are trained; empty: all.");
  }
};

}  // namespace twhin
