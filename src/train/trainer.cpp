#include "train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>

#include "train/run_config.h"
#include "train/step_candidates.h"
#include "train/warm_start.h"
#include "twhin/base/error.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"
#include "twhin/config/declared.h"
#include "twhin/storage/version_directory.h"
#include "twhin/train/plan.h"

namespace twhin::training {
namespace fs = std::filesystem;
using Json = nlohmann::json;
namespace {

constexpr double kReportEvery_s = 0.5;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double mean(double sum, std::uint64_t count) {
  return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

std::string duration(double seconds) {
  const auto s = static_cast<std::uint64_t>(std::max(0.0, seconds) + 0.5);
  return s < 60     ? fmt::format("{}s", s)
         : s < 3600 ? fmt::format("{}m{:02}s", s / 60, s % 60)
                    : fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
}

std::string bucket_name(const Bucket& first, std::size_t num_buckets) {
  const std::string name = fmt::format("({}, {})", first.lhs, first.rhs);
  return num_buckets == 1 ? name : fmt::format("{} and {} more", name, num_buckets - 1);
}

RunStart start_of(const TrainRequest& request) {
  RunStart start{{}, request.promote};
  if (!request.warm_start.empty()) {
    start.warm_start = fs::weakly_canonical(VersionDirectory::resolve(request.warm_start));
  }
  return start;
}

}  // namespace

Trainer::Trainer(const Graph& graph, const TrainRequest& request, const Observer& observer,
                 const StopFlag& stop)
    : graph_(graph),
      request_(request),
      options_(request.config.train),
      observer_(observer),
      stop_(stop),
      network_(TrainingNetwork::of(graph, request.config)),
      directory_(request.models, network_.name, request.resume, start_of(request)),
      num_threads_(options_.threads == 0 ? num_hardware_threads() : options_.threads),
      relations_(network_, options_),
      files_(graph, network_, options_.mask_known_edges, options_.seed),
      validator_(graph, options_.validation_edges, num_threads_),
      bucket_ranks_(graph, network_, options_, num_threads_, relations_),
      last_commit_(Clock::now()),
      last_report_(Clock::now()) {
  config::Checker<TrainConfig>::check(request.config, "");
}

void Trainer::check_resumed() const {
  const ModelInfo& recorded = directory_.resumed()->info;
  if (recorded.graph_checksum != graph_.checksum()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "train.other_graph")
        .what("the unfinished run was trained on another graph")
        .at(directory_.path().string())
        .found(fmt::format("checksum {} of {}", to_hex(graph_.checksum()),
                           quote(graph_.path().string())))
        .expected(fmt::format("checksum {} of {}", to_hex(recorded.graph_checksum),
                              quote(recorded.graph_path)))
        .hint("restore that graph, or remove the unfinished run and train anew")
        .build();
  }
  const std::vector<std::string> keys = differing_keys(recorded.config_json, request_.config);
  if (keys.empty()) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "train.other_config")
      .what("the unfinished run has another config")
      .at(directory_.path().string())
      .found("other values of " + list(keys))
      .hint("take back the change, or remove the unfinished run and train anew")
      .build();
}

// A run that goes on knows what it began with; one that was killed before its first checkpoint
// begins with it again.
void Trainer::check_warm_start() const {
  const TrainOptions& train = options_;
  const auto needs_version = [&](std::string_view what) {
    return ErrorBuilder(ErrorKind::invalid_argument, "train.no_warm_start")
        .what(fmt::format("{} needs a version to begin with", what))
        .expected("--warm-start MODEL")
        .build();
  };
  if (request_.resume && !request_.warm_start.empty()) {
    const fs::path given = start_of(request_).warm_start;
    if (given != warm_start()) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "train.other_warm_start")
          .what("the unfinished run began with another version")
          .at(directory_.path().string())
          .found(given.string())
          .expected(warm_start().empty() ? "none: leave --warm-start out" : warm_start().string())
          .hint("--resume without --warm-start goes on with the run as it began")
          .build();
    }
  }
  if (!warm_start().empty()) return;
  if (train.epochs == 0) throw needs_version("a run of no epochs");
  if (train.refresh.replay) throw needs_version("train.refresh");
  if (network_.pulls()) observer_.say("nothing is pulled: the run begins with no version");
}

// The first state of the run is a checkpoint, so that nothing of this is done again.
void Trainer::begin_with_version() {
  WarmStart start(graph_, network_, options_, relations_, num_threads_, warm_start());
  const ModelVersion& version = start.version();
  std::error_code none;
  if (fs::equivalent(version.path().parent_path(), directory_.path().parent_path(), none)) {
    parent_ = version.info().version;
  }
  observer_.say(fmt::format("beginning with {}", version.path().string()));
  warm_start_json_ = start.run(directory_.working(), directory_.before(), observer_, stop_);
}

void Trainer::go_on() {
  check_resumed();
  const RunDirectory::Checkpoint& checkpoint = *directory_.resumed();
  parent_ = checkpoint.info.parent;
  warm_start_json_ = checkpoint.info.warm_start_json;
  if (pulls()) remember_before(directory_.before(), network_, relations_);
  position_ = checkpoint.position;
  last_checkpoint_ = checkpoint.path;
  relations_.load(last_checkpoint_);
  observer_.say(fmt::format("resuming {} in epoch {} of {}", directory_.path().string(),
                            position_.epoch + 1, options_.epochs));
  if (position_.step_buckets == options_.checkpoint_every.buckets) return;
  const std::uint32_t most = position_.step_buckets;
  observer_.say(fmt::format(
      "{} buckets are trained together, as when the run began; only checkpoints follow the new "
      "train.checkpoint_every",
      most == 0 ? "as many as fit the buffer" : fmt::format("at most {}", most)));
}

// Those of the epoch under way; a place among them is one of the same steps, whoever goes on.
std::vector<Step> Trainer::steps() const {
  std::vector<Step> steps =
      epoch_steps(graph_, network_, options_, {position_.step_buckets}, position_.epoch);
  if (position_.step <= steps.size()) return steps;
  throw ErrorBuilder(ErrorKind::corrupt_data, "train.bad_position")
      .what("the checkpoint stands behind the end of its epoch")
      .at(last_checkpoint_.string())
      .found(fmt::format("step {}", position_.step))
      .expected(fmt::format("at most {}, the steps of an epoch", steps.size()))
      .hint("remove the unfinished run and train anew")
      .build();
}

TrainSummary Trainer::run() {
  const Clock::time_point begin = Clock::now();
  summary_.number = directory_.number();
  if (directory_.is_complete()) {
    summary_.version = directory_.publish({}, {});
    summary_.epochs = options_.epochs;
    return summary_;
  }
  check_warm_start();
  position_.step_buckets = options_.checkpoint_every.buckets;
  if (directory_.resumed()) go_on();
  const bool begins_with_version = !warm_start().empty() && !directory_.resumed();
  if (begins_with_version) begin_with_version();
  InitialRows initial{options_.init_scale, options_.seed, num_threads_, {}};
  if (pulls()) initial.before = directory_.before();
  buffer_.emplace(graph_, network_, RowFormat::of(options_), initial, options_.buffer,
                  directory_.working());
  runner_.emplace(network_, options_, num_threads_, relations_);
  log_.emplace(directory_.metrics(),
               options_.tensorboard ? std::optional(directory_.events()) : std::nullopt);
  const std::uint64_t edges_at_begin = position_.run_totals.edges;
  const double seconds_at_begin = position_.run_totals.seconds;

  if (options_.validate_every > 0 && !has_valid_edges()) {
    observer_.say("no edges in split valid: epochs are not validated");
  }
  if (options_.patience && !has_valid_edges()) throw nothing_to_validate();
  if (!directory_.resumed()) report_vectors();
  if (begins_with_version) {
    log_->warm_start(place(0), Json::parse(warm_start_json_));
    commit();
    validate_beginning();
  }
  if (network_.replay) {
    observer_.say(
        fmt::format("an epoch trains {} edges: {} are new, {:.1f} % of {}", network_.num_edges,
                    network_.num_new_edges,
                    100.0 * mean(static_cast<double>(network_.num_new_edges), network_.num_edges),
                    network_.num_edges));
  }
  validate();  // the last epoch of the run that is resumed may lack it
  while (!is_finished()) {
    train_epoch();
    end_epoch();
  }
  publish();
  summary_.edges = position_.run_totals.edges - edges_at_begin;
  summary_.train_seconds = position_.run_totals.seconds - seconds_at_begin;
  if (summary_.train_seconds > 0) {
    summary_.edges_per_s = static_cast<double>(summary_.edges) / summary_.train_seconds;
  }
  summary_.seconds = seconds_since(begin);
  return summary_;
}

// Also finds what is wrong with a file before a run has begun.
void Trainer::report_vectors() {
  for (const TrainedType& type : network_.types) {
    if (type.vectors.empty()) continue;
    const VectorCounts counts =
        count_vectors(graph_.vocabulary(type.graph_type), type.vectors, options_.dim);
    // After a warm start the others may begin with a mean, which has been said.
    const std::string others =
        warm_start().empty() ? fmt::format(", {} at random", counts.missing) : "";
    observer_.say(fmt::format(
        "{}: {} of {} entities begin with a vector of {}{}; {} vectors are of no entity", type.name,
        counts.placed, type.num_entities(), type.vectors.path.string(), others, counts.unknown));
    log_->vectors(place(0), type.name, counts);
  }
}

bool Trainer::is_finished() const {
  return position_.epoch >= options_.epochs ||
         (options_.patience && position_.best.misses >= *options_.patience);
}

// The last epoch is the version; with patience the best one.
void Trainer::publish() {
  ModelInfo result = info();
  fs::path checkpoint = last_checkpoint_;
  if (options_.patience && position_.best.epoch > 0) {
    const BestEpoch& best = position_.best;
    checkpoint = directory_.checkpoint_path(best.checkpoint);
    result.epochs = best.epoch;
    result.metrics_json = best.validation_json;
    summary_.valid_mrr = best.mrr;
    log_->best(place(position_.epoch), best);
    observer_.say(fmt::format("the version is epoch {} of {}, the best one: MRR {:.4f}", best.epoch,
                              position_.epoch, best.mrr));
  }
  summary_.version = directory_.publish(checkpoint, result);
  summary_.epochs = result.epochs;
}

Error Trainer::nothing_to_validate() const {
  return ErrorBuilder(ErrorKind::invalid_argument, "train.nothing_to_validate")
      .what("train.patience needs validations, and the graph has no edges in split " +
            quote(kValidSplit))
      .at(graph_.path().string())
      .hint("import with split.valid above 0, or leave train.patience out")
      .build();
}

// Rows of all partitions that the step's edges end in will change.
void Trainer::touch(const Step& step) {
  const auto touch_part = [&](PartId id) {
    if (!network_.types[id.type].frozen) buffer_->touch(id);
  };
  for (const EdgeShare& share : step.shares) {
    const TrainedRelation& relation = network_.relations[share.relation];
    touch_part({relation.lhs, share.lhs_partition});
    touch_part({relation.rhs, share.rhs_partition});
  }
}

GroupPlan Trainer::plan_of(const Step& step, std::vector<StepFile> files) {
  touch(step);
  const StepCandidates candidates(network_, step, options_.mask_known_edges);
  std::vector<RelationEdges> edges;
  for (const EdgeShare& share : step.shares) {
    const TrainedRelation& relation = network_.relations[share.relation];
    const PartId lhs{relation.lhs, share.lhs_partition}, rhs{relation.rhs, share.rhs_partition};
    StepFile& file = files[edges.size()];
    const EdgeSpan span = file.edges.edges();
    edges.push_back({&relation, share, std::move(file.edges), span, buffer_->part(lhs),
                     buffer_->part(rhs), candidates.of(share.relation, Side::lhs),
                     candidates.of(share.relation, Side::rhs), std::move(file.known),
                     std::move(file.selection)});
  }
  return {std::move(edges),
          options_.group_size(),
          {options_.seed, position_.epoch, step.buckets.front(), step.chunk}};
}

void Trainer::train_epoch() {
  const std::vector<Step> steps = this->steps();
  std::uint64_t edges_before = network_.num_edges * position_.epoch;
  for (std::uint32_t s = 0; s < position_.step; ++s) edges_before += steps[s].num_edges();
  const std::size_t first = position_.step;
  std::vector<std::vector<PartId>> parts;
  for (std::size_t s = first; s < steps.size(); ++s) parts.push_back(steps[s].parts);
  buffer_->expect(parts);

  // The edges of a step are opened, and so read from the disk, while the one before it is
  // trained.
  std::future<std::vector<StepFile>> next_edges;
  const auto open_edges = [&](std::size_t s) {
    next_edges = std::async(std::launch::async,
                            [this, &steps, s] { return files_.open(steps[s], position_.epoch); });
  };
  if (first < steps.size()) open_edges(first);
  while (position_.step < steps.size()) {
    const Step& step = steps[position_.step];
    const IoTotals before = buffer_->io_totals();
    const Clock::time_point begin = Clock::now();
    std::vector<StepFile> edges = next_edges.get();
    buffer_->enter(position_.step - first);
    add({.wait_seconds = seconds_since(begin)});
    if (position_.step + 1 < steps.size()) open_edges(position_.step + 1);
    num_buckets_ = step.buckets.size();
    const GroupPlan plan = plan_of(step, std::move(edges));
    Json held_out;
    if (position_.group == 0) held_out["before"] = held_out_ranks(step);
    train_step(plan, edges_before);
    held_out["after"] = held_out_ranks(step);
    report(plan, plan.num_groups(), position_.step_totals, 0.0, edges_before);
    edges_before += step.num_edges();
    end_step(step, before, held_out);
  }
}

void Trainer::train_step(const GroupPlan& plan, std::uint64_t edges_before) {
  while (position_.group < plan.num_groups()) {
    PassStretch stretch{position_.group, edges_before, network_.num_edges * options_.epochs, {}};
    const PassTotals before = position_.step_totals;
    const Clock::time_point begin = Clock::now();
    const double commit_after = options_.checkpoint_every.time.value;
    bool commit_due = false;
    stretch.halt = [&](std::uint64_t groups_done, const PassTotals& totals) {
      if (stop_.requested()) return true;
      const Clock::time_point now = Clock::now();
      commit_due = commit_after > 0 &&
                   std::chrono::duration<double>(now - last_commit_).count() > commit_after;
      if (std::chrono::duration<double>(now - last_report_).count() > kReportEvery_s) {
        last_report_ = now;
        PassTotals sums = before;
        sums += totals;
        report(plan, groups_done, sums, std::chrono::duration<double>(now - begin).count(),
               edges_before);
      }
      return commit_due;
    };
    PassTotals totals;
    position_.group = runner_->run(plan, stretch, totals);
    add(totals);
    const bool stopped = stop_.requested() && position_.group < plan.num_groups();
    if (stopped || (commit_due && position_.group < plan.num_groups())) commit();
    if (stopped) throw interrupted();
  }
}

// What the step's totals do not have yet, the pass under way, has taken pass_seconds.
void Trainer::report(const GroupPlan& plan, std::uint64_t groups_done, const PassTotals& totals,
                     double pass_seconds, std::uint64_t edges_before) {
  if (!observer_.progress) return;
  const double share = static_cast<double>(groups_done) / static_cast<double>(plan.num_groups());
  const double in_bucket = share * static_cast<double>(plan.num_edges());
  const double in_run = static_cast<double>(edges_before) + in_bucket;
  const PassTotals &epoch = position_.epoch_totals, &run = position_.run_totals;
  const double wall = epoch.seconds + epoch.wait_seconds + pass_seconds;
  const double run_wall = run.seconds + run.wait_seconds + pass_seconds;
  const double left = static_cast<double>(network_.num_edges) * options_.epochs - in_run;
  Progress progress;
  progress.stage = fmt::format("epoch {} of {}", position_.epoch + 1, options_.epochs);
  progress.done =
      edges_before - network_.num_edges * position_.epoch + static_cast<std::uint64_t>(in_bucket);
  progress.total = network_.num_edges;
  progress.fields = {
      {"loss", fmt::format("{:.4f}", mean(totals.loss, totals.edges))},
      {"waiting", fmt::format("{:.0f} %", wall > 0 ? 100 * epoch.wait_seconds / wall : 0.0)},
      {"memory", format_bytes(resident_bytes())},
      {"run ends in", in_run > 0 ? duration(left * run_wall / in_run) : "?"}};
  if (network_.num_partitions > 1) {
    progress.fields.insert(progress.fields.begin(),
                           {"bucket", bucket_name(plan.key().bucket, num_buckets_)});
  }
  observer_.report(progress);
}

void Trainer::add(const PassTotals& totals) {
  position_.step_totals += totals;
  position_.epoch_totals += totals;
  position_.run_totals += totals;
}

LogPlace Trainer::place(std::uint32_t epoch) const { return {epoch, position_.run_totals.edges}; }

Json Trainer::held_out_ranks(const Step& step) {
  return bucket_ranks_.of(step, [this](PartId id) { return buffer_->part(id); });
}

void Trainer::end_step(const Step& step, const IoTotals& io_before, const Json& held_out) {
  log_->bucket(place(position_.epoch + 1), step, position_.step_totals,
               buffer_->io_totals() - io_before, held_out["after"].is_null() ? Json() : held_out);
  position_.step_totals = {};
  position_.group = 0;
  ++position_.step;
  buckets_since_commit_ += static_cast<std::uint32_t>(step.buckets.size());
  const std::uint32_t every = options_.checkpoint_every.buckets;
  if (every > 0 && buckets_since_commit_ >= every) commit();
}

void Trainer::end_epoch() {
  const PassTotals totals = position_.epoch_totals;
  ++position_.epoch;
  position_.step = 0;
  position_.epoch_totals = {};
  summary_.loss = mean(totals.loss, totals.edges);
  log_->epoch(place(position_.epoch), totals, position_.run_totals);
  commit();
  validate();
  const bool validated = summary_.valid_mrr && position_.validated_epoch == position_.epoch;
  observer_.say(fmt::format("epoch {} of {}: loss {:.4f}{}", position_.epoch, options_.epochs,
                            summary_.loss,
                            validated ? fmt::format(", MRR {:.4f}", *summary_.valid_mrr) : ""));
  if (stop_.requested() && !is_finished()) throw interrupted();
}

Error Trainer::interrupted() const {
  return ErrorBuilder(ErrorKind::cancelled, "train.interrupted")
      .what(fmt::format("training was interrupted in epoch {} of {}",
                        std::min(position_.epoch + 1, options_.epochs), options_.epochs))
      .at(directory_.path().string())
      .hint("a checkpoint was written; go on with --resume")
      .build();
}

void Trainer::validate() {
  const bool is_due =
      options_.validate_every > 0 &&
      (position_.epoch % options_.validate_every == 0 || position_.epoch == options_.epochs);
  const bool at_border = position_.epoch > 0 && position_.step == 0 && position_.group == 0;
  if (!is_due || !at_border || !has_valid_edges()) return;
  if (position_.validated_epoch == position_.epoch) return;
  Validator::Result result;
  try {
    result = validator_.run(ModelVersion::open(last_checkpoint_), stop_);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::cancelled) throw;
    throw interrupted();  // the epoch is committed; a resumed run begins with its validation
  }
  summary_.valid_mrr = result.mrr;
  position_.validated_epoch = position_.epoch;
  position_.validation_json = result.json;
  if (options_.patience) {
    position_.best.add({position_.epoch, result.mrr, result.json, directory_.last_checkpoint(), 0},
                       options_.least_gain);
  }
  log_->validation(place(position_.epoch), Json::parse(result.json));
}

// What the run began with, for comparison; no epoch, and so never the best one.
void Trainer::validate_beginning() {
  if (options_.validate_every == 0 || !has_valid_edges()) return;
  Validator::Result result;
  try {
    result = validator_.run(ModelVersion::open(last_checkpoint_), stop_);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::cancelled) throw;
    throw interrupted();
  }
  summary_.valid_mrr = result.mrr;
  position_.validation_json = result.json;
  log_->validation(place(0), Json::parse(result.json));
  observer_.say(fmt::format("before training: MRR {:.4f}", result.mrr));
}

bool Trainer::has_valid_edges() const {
  if (!graph_.has_split(kValidSplit)) return false;
  return std::any_of(network_.relations.begin(), network_.relations.end(),
                     [&](const TrainedRelation& r) {
                       return graph_.num_edges(r.graph_relation, kValidSplit) > 0;
                     });
}

fs::path Trainer::commit() {
  const Clock::time_point begin = Clock::now();
  buffer_->save();
  const std::string yaml =
      request_.config_yaml.empty() ? config_to_yaml(request_.config) : request_.config_yaml;
  last_checkpoint_ =
      directory_.commit(graph_, info(), relations_, position_, yaml, options_.keep_checkpoints);
  last_commit_ = Clock::now();
  buckets_since_commit_ = 0;
  log_->checkpoint(place(position_.epoch + (position_.step > 0 || position_.group > 0 ? 1 : 0)),
                   seconds_since(begin));
  return last_checkpoint_;
}

ModelInfo Trainer::info() const {
  ModelInfo info;
  info.network = network_.name;
  info.version = directory_.number();
  info.schema = network_.schema();
  info.dim = options_.dim;
  info.row_type = options_.row_type;
  info.comparator = enum_name(options_.comparator);
  for (const TrainedRelation& r : network_.relations) {
    info.operators.emplace_back(enum_name(r.options.op));
    info.relation_weights.push_back(r.weight);
    const std::optional<TimeRange> times = graph_.times(r.graph_relation);
    if (!times) continue;
    info.data_window = info.data_window ? info.data_window->united(*times) : *times;
  }
  info.reciprocal = options_.reciprocal;
  info.global_embedding = options_.global_embedding;
  info.graph_path = fs::absolute(graph_.path()).lexically_normal().string();
  info.graph_checksum = graph_.checksum();
  info.epochs = position_.epoch;
  info.config_json = config_to_json(request_.config);
  info.parent = parent_;
  info.warm_start_json = warm_start_json_;
  if (!position_.validation_json.empty()) info.metrics_json = position_.validation_json;
  return info;
}

}  // namespace twhin::training

namespace twhin {

TrainSummary train(const Graph& graph, const TrainRequest& request, const Observer& observer,
                   const StopFlag& stop) {
  const TrainPlan plan = plan_training(graph, request, false);
  plan.check_memory();
  if (!request.resume) plan.check_disk();  // an unfinished run has most of its room already
  return training::Trainer(graph, request, observer, stop).run();
}

}  // namespace twhin
