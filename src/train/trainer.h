// train/trainer.h -- one run: its epochs, buckets, checkpoints and reports.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/bucket_ranks.h"
#include "train/metrics_log.h"
#include "train/partition_buffer.h"
#include "train/pass_runner.h"
#include "train/run_directory.h"
#include "train/step_files.h"
#include "train/steps.h"
#include "train/validation.h"
#include "twhin/base/error.h"
#include "twhin/train/train.h"

namespace twhin::training {

class Trainer {
 public:
  Trainer(const Graph& graph, const TrainRequest& request, const Observer& observer,
          const StopFlag& stop);

  TrainSummary run();

 private:
  using Clock = std::chrono::steady_clock;

  void check_resumed() const;
  void check_warm_start() const;
  void go_on();
  std::vector<Step> steps() const;
  void begin_with_version();
  const std::filesystem::path& warm_start() const { return directory_.start().warm_start; }
  bool pulls() const { return !warm_start().empty() && network_.pulls(); }
  void train_epoch();
  void train_step(const GroupPlan& plan, std::uint64_t edges_before);
  void add(const PassTotals& totals);
  LogPlace place(std::uint32_t epoch) const;
  nlohmann::json held_out_ranks(const Step& step);
  void end_step(const Step& step, const IoTotals& io_before, const nlohmann::json& held_out);
  void end_epoch();
  void validate();
  void validate_beginning();
  bool is_finished() const;
  void publish();
  Error nothing_to_validate() const;
  void report_vectors();
  bool has_valid_edges() const;
  std::filesystem::path commit();
  ModelInfo info() const;
  Error interrupted() const;
  void touch(const Step& step);
  GroupPlan plan_of(const Step& step, std::vector<StepFile> files);
  void report(const GroupPlan& plan, std::uint64_t groups_done, const PassTotals& totals,
              double pass_seconds, std::uint64_t edges_before);

  const Graph& graph_;
  const TrainRequest& request_;
  const TrainOptions& options_;
  const Observer& observer_;
  const StopFlag& stop_;
  TrainingNetwork network_;
  RunDirectory directory_;
  std::size_t num_threads_;
  RelationTable relations_;
  StepFiles files_;
  std::optional<PartitionBuffer> buffer_;
  std::optional<PassRunner> runner_;
  std::optional<MetricsLog> log_;
  Validator validator_;
  BucketRanks bucket_ranks_;

  std::optional<std::uint32_t> parent_;
  std::string warm_start_json_ = "{}";
  RunPosition position_;
  std::filesystem::path last_checkpoint_;
  Clock::time_point last_commit_;
  std::uint32_t buckets_since_commit_ = 0;
  std::size_t num_buckets_ = 1;  // of the step under way
  Clock::time_point last_report_;
  TrainSummary summary_;
};

}  // namespace twhin::training
