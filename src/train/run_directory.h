// train/run_directory.h -- the state of a run on disk: vN.partial/.
//
//   working/embeddings/, working/optimizer/   files of partitions, newer than any checkpoint
//   checkpoints/<n>/                          committed states, each a complete model
//   metrics.jsonl                             the log up to now
//   events.out.tfevents.twhin                 made from it, if the run is to write one
//   run.json                                  RunStart; there from the first moment on
//   before/                                   train/earlier_rows.h
//
// A commit links the files of working/ into a new directory and ends with its manifest; until then
// the directory counts as nothing. Files are replaced, never changed, so that links keep their
// content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/early_stopping.h"
#include "train/pass_runner.h"
#include "train/relation_table.h"
#include "train/training_network.h"
#include "twhin/base/file.h"
#include "twhin/model/version.h"
#include "twhin/storage/version_directory.h"

namespace twhin::training {

/// Where a run is, and what it has found so far. Steps are the (chunk, bucket) pairs of an epoch.
struct RunPosition {
  std::uint32_t epoch = 0;            ///< epochs that are complete
  std::uint32_t step = 0;             ///< steps of the current epoch that are complete
  std::uint64_t group = 0;            ///< groups of the current step that are trained
  std::uint32_t step_buckets = 0;     ///< most buckets of a step, throughout the run; 0: any number
  PassTotals step_totals;             ///< of the current step
  PassTotals epoch_totals;            ///< of the current epoch, the current step included
  PassTotals run_totals;              ///< since the run began
  std::uint32_t validated_epoch = 0;  ///< last epoch that was validated; 0: none
  std::string validation_json;        ///< its result
  BestEpoch best;                     ///< with patience

  std::string to_json() const;
  /// Errors    corrupt_data "train.bad_position".
  static RunPosition from_json(std::string_view text, const std::filesystem::path& path);
};

/// What a run is told when it begins; whoever goes on with it keeps to it.
struct RunStart {
  std::filesystem::path warm_start;  ///< the version that it begins with; empty: none
  bool promote = true;               ///< CURRENT moves to its version
};

class RunDirectory {
 public:
  /// Begins the next version of the network, or goes on with the unfinished one as it began; of
  /// `start` only a promotion that is not wanted any more counts then. Takes the network's lock.
  /// Errors    invalid_argument "train.unfinished_run"; not_found "train.nothing_to_resume";
  ///           unavailable "file.locked"; corrupt_data if the newest checkpoint is damaged,
  ///           "train.bad_run_file".
  RunDirectory(const std::filesystem::path& models, const std::string& network, bool resume,
               const RunStart& start);

  std::uint32_t number() const { return number_; }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path working() const { return path_ / "working"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  /// The log once more, for TensorBoard, if the run writes one.
  std::filesystem::path events() const { return path_ / "events.out.tfevents.twhin"; }
  /// What a pull of the run pulls to.
  std::filesystem::path before() const { return path_ / "before"; }

  const RunStart& start() const { return start_; }

  /// The newest checkpoint, verified byte for byte; none if the run has none yet.
  struct Checkpoint {
    std::filesystem::path path;
    ModelInfo info;
    RunPosition position;
  };
  const std::optional<Checkpoint>& resumed() const { return resumed_; }
  /// A run that had written its version and was killed before it was published.
  bool is_complete() const { return complete_; }

  /// Makes the files of `working`, the relations and the log a checkpoint; then deletes all but the
  /// last `keep` and position.best's. Returns its directory.
  std::filesystem::path commit(const Graph& graph, const ModelInfo& info,
                               const RelationTable& relations, const RunPosition& position,
                               const std::string& config_yaml, std::uint32_t keep);

  std::filesystem::path checkpoint_path(std::uint64_t number) const;
  /// Number of the newest one.
  std::uint64_t last_checkpoint() const { return last_checkpoint_; }

  /// Makes the checkpoint the version vN and, if it is to be promoted, moves CURRENT to it. Returns
  /// its directory.
  std::filesystem::path publish(const std::filesystem::path& checkpoint, const ModelInfo& info);

 private:
  std::vector<std::uint64_t> checkpoints() const;
  void begin(const RunStart& start) const;
  RunStart read_start() const;
  void open_checkpoint();
  void prepare();

  std::filesystem::path root_;
  DirectoryLock lock_;
  VersionDirectory versions_;
  std::uint32_t number_ = 0;
  std::filesystem::path path_;
  RunStart start_;
  std::uint64_t last_checkpoint_ = 0;
  std::optional<Checkpoint> resumed_;
  bool complete_ = false;
};

}  // namespace twhin::training
