#include "train/run_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "train/part.h"
#include "twhin/base/error.h"
#include "twhin/storage/manifest.h"

namespace twhin::training {
namespace fs = std::filesystem;
using Json = nlohmann::json;
namespace {

constexpr const char* kPositionFile = "training.json";
constexpr const char* kLogFile = "metrics.jsonl";
constexpr const char* kRunFile = "run.json";
constexpr std::uint64_t kMostPositionBytes = 1 << 20;  // of the run file, too

Json to_json(const PassTotals& totals) {
  return {{"edges", totals.edges},
          {"loss", totals.loss},
          {"penalty", totals.penalty},
          {"masked", totals.masked},
          {"seconds", totals.seconds},
          {"cpu_seconds", totals.cpu_seconds},
          {"wait_seconds", totals.wait_seconds}};
}

PassTotals totals_from(const Json& json) {
  PassTotals totals;
  totals.edges = json.at("edges").get<std::uint64_t>();
  totals.loss = json.at("loss").get<double>();
  totals.penalty = json.at("penalty").get<double>();
  totals.masked = json.at("masked").get<std::uint64_t>();
  totals.seconds = json.at("seconds").get<double>();
  totals.cpu_seconds = json.at("cpu_seconds").get<double>();
  totals.wait_seconds = json.at("wait_seconds").get<double>();
  return totals;
}

fs::path locked_root(const fs::path& models, const std::string& network) {
  const fs::path root = models / file_name_for(network);
  make_directories(root);
  return root;
}

// All files below `directory`, as paths relative to it.
std::vector<std::string> files_in(const fs::path& directory) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().lexically_relative(directory).generic_string();
    files.push_back(name);
  }
  std::sort(files.begin(), files.end());
  return files;
}

void link_files(const fs::path& from, const std::vector<std::string>& files, const fs::path& to) {
  for (const std::string& file : files) {
    make_directories((to / file).parent_path());
    link_or_copy(from / file, to / file);
  }
}

void write_unsynced(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit(false);
}

// Directories whose entries a manifest relies on.
void sync_directories(const fs::path& directory) {
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_directory()) sync_directory(entry.path());
  }
  sync_directory(directory);
}

void write_manifest(const fs::path& directory, const ModelInfo& info,
                    const std::vector<std::string>& files) {
  Manifest manifest;
  manifest.format = ModelVersion::kFormat;
  manifest.meta_json = info.to_json();
  for (const std::string& file : files) {
    manifest.add(directory, file);
    if (file.rfind("vocabulary/", 0) != 0) sync_file(directory / file);  // those are the graph's
  }
  sync_directories(directory);
  manifest.write(directory);
}

void write_start(const fs::path& directory, const RunStart& start) {
  const Json json = {{"warm_start", start.warm_start.string()}, {"promote", start.promote}};
  write_text(directory / kRunFile, json.dump() + "\n");
}

// Without its manifest a directory is nothing, so that a removal cut short leaves no half of one.
void remove_model(const fs::path& directory) {
  fs::remove(directory / Manifest::kFileName);
  fs::remove_all(directory);
}

}  // namespace

std::string RunPosition::to_json() const {
  const Json json = {{"epoch", epoch},
                     {"step", step},
                     {"group", group},
                     {"step_buckets", step_buckets},
                     {"step_totals", training::to_json(step_totals)},
                     {"epoch_totals", training::to_json(epoch_totals)},
                     {"run_totals", training::to_json(run_totals)},
                     {"validated_epoch", validated_epoch},
                     {"validation", validation_json},
                     {"best", best.to_json()}};
  return json.dump(1) + "\n";
}

RunPosition RunPosition::from_json(std::string_view text, const fs::path& path) {
  try {
    const Json json = Json::parse(text);
    RunPosition position;
    position.epoch = json.at("epoch").get<std::uint32_t>();
    position.step = json.at("step").get<std::uint32_t>();
    position.group = json.at("group").get<std::uint64_t>();
    position.step_buckets = json.at("step_buckets").get<std::uint32_t>();
    position.step_totals = totals_from(json.at("step_totals"));
    position.epoch_totals = totals_from(json.at("epoch_totals"));
    position.run_totals = totals_from(json.at("run_totals"));
    position.validated_epoch = json.at("validated_epoch").get<std::uint32_t>();
    position.validation_json = json.at("validation").get<std::string>();
    position.best = BestEpoch::from_json(json.at("best"));
    return position;
  } catch (const Json::exception& e) {
    throw ErrorBuilder(ErrorKind::corrupt_data, "train.bad_position")
        .what(fmt::format("{} does not say where the run was", quote(path.string())))
        .found(e.what())
        .build();
  }
}

RunDirectory::RunDirectory(const fs::path& models, const std::string& network, bool resume,
                           const RunStart& start)
    : root_(locked_root(models, network)), lock_(root_, "train"), versions_(root_) {
  const auto unfinished = versions_.partial();
  number_ = unfinished ? *unfinished : versions_.next();
  path_ = versions_.partial_path(number_);
  complete_ = fs::exists(path_ / Manifest::kFileName);
  const std::vector<std::uint64_t> committed = checkpoints();
  const bool has_state = complete_ || !committed.empty();
  // With neither, nobody knows what the run was to begin with.
  if (resume && !has_state && !fs::exists(path_ / kRunFile)) {
    throw ErrorBuilder(ErrorKind::not_found, "train.nothing_to_resume")
        .what(fmt::format("network {} has no unfinished run", quote(network)))
        .at(root_.string())
        .hint("start a new run without --resume")
        .build();
  }
  if (!resume && has_state) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "train.unfinished_run")
        .what(fmt::format("network {} has an unfinished run", quote(network)))
        .at(path_.string())
        .hint("go on with it: --resume")
        .hint("or give it up: remove that directory")
        .build();
  }
  if (!resume) begin(start);
  start_ = read_start();
  if (start_.promote && !start.promote) {
    start_.promote = false;
    write_start(path_, start_);
  }
  if (complete_) return;
  if (!committed.empty()) {
    last_checkpoint_ = committed.back();
    open_checkpoint();
  }
  prepare();
}

// The directory comes with its run file, and in the place of what a run without a checkpoint left:
// whenever this is cut short, what is there is one run or the other, or none.
void RunDirectory::begin(const RunStart& start) const {
  const fs::path made = root_ / fmt::format("v{}.begun", number_);
  const fs::path left = root_ / fmt::format("v{}.left", number_);
  fs::remove_all(made);
  fs::remove_all(left);
  make_directories(made);
  write_start(made, start);
  if (fs::exists(path_)) rename_durably(path_, left);
  rename_durably(made, path_);
  fs::remove_all(left);
}

RunStart RunDirectory::read_start() const {
  const fs::path file = path_ / kRunFile;
  if (!fs::exists(file)) return {};  // of an older program
  try {
    const Json json = Json::parse(read_text(file, kMostPositionBytes));
    return {json.at("warm_start").get<std::string>(), json.at("promote").get<bool>()};
  } catch (const Json::exception& e) {
    throw ErrorBuilder(ErrorKind::corrupt_data, "train.bad_run_file")
        .what(fmt::format("{} does not say how the run began", quote(file.string())))
        .found(e.what())
        .hint("remove the unfinished run and train anew")
        .build();
  }
}

// Leaves what is committed, and makes the rest anew from it.
void RunDirectory::prepare() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path_ / "checkpoints", ignored)) {
    if (!fs::exists(entry.path() / Manifest::kFileName)) fs::remove_all(entry.path());
  }
  fs::remove_all(working());
  if (!resumed_) fs::remove_all(before());
  fs::remove(metrics());
  fs::remove(events());
  make_directories(working());
  make_directories(path_ / "checkpoints");
  sync_directory(path_);
  if (!resumed_) return;
  const std::vector<std::string> files = files_in(resumed_->path);
  std::vector<std::string> parts;
  std::copy_if(files.begin(), files.end(), std::back_inserter(parts), [](const std::string& f) {
    return f.rfind("embeddings/", 0) == 0 || f.rfind("optimizer/", 0) == 0;
  });
  link_files(resumed_->path, parts, working());
  write_unsynced(metrics(), read_text(resumed_->path / kLogFile));
}

fs::path RunDirectory::checkpoint_path(std::uint64_t number) const {
  return path_ / "checkpoints" / fmt::format("{:06}", number);
}

std::vector<std::uint64_t> RunDirectory::checkpoints() const {
  std::vector<std::uint64_t> numbers;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(path_ / "checkpoints", none)) {
    const std::string name = entry.path().filename().string();
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
    const bool is_number = failed == std::errc() && end == name.data() + name.size();
    if (is_number && fs::exists(entry.path() / Manifest::kFileName)) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

void RunDirectory::open_checkpoint() {
  const fs::path path = checkpoint_path(last_checkpoint_);
  const Manifest manifest = Manifest::read(path, ModelVersion::kFormat);
  manifest.verify(path, true);
  resumed_ = {path, ModelInfo::from_json(manifest.meta_json),
              RunPosition::from_json(read_text(path / kPositionFile, kMostPositionBytes),
                                     path / kPositionFile)};
  const std::uint64_t best = resumed_->position.best.checkpoint;
  if (best == 0 || best == last_checkpoint_) return;
  const fs::path best_path = checkpoint_path(best);
  Manifest::read(best_path, ModelVersion::kFormat).verify(best_path, true);
}

fs::path RunDirectory::commit(const Graph& graph, const ModelInfo& info,
                              const RelationTable& relations, const RunPosition& position,
                              const std::string& config_yaml, std::uint32_t keep) {
  const fs::path path = checkpoint_path(++last_checkpoint_);
  make_directories(path);
  link_files(working(), files_in(working()), path);
  for (const EntityType& type : info.schema.entities) {
    for (std::uint32_t p = 0; p < type.num_partitions(); ++p) {
      link_files(graph.path(), {Vocabulary::file_name(type.name, p)}, path);
    }
  }
  relations.save(path);
  write_unsynced(path / "config.yaml", config_yaml);
  write_unsynced(path / kLogFile, fs::exists(metrics()) ? read_text(metrics()) : "");
  write_unsynced(path / kPositionFile, position.to_json());
  write_manifest(path, info, files_in(path));
  sync_directory(path_ / "checkpoints");
  const std::vector<std::uint64_t> all = checkpoints();
  for (std::size_t i = 0; i + keep < all.size(); ++i) {
    if (all[i] != position.best.checkpoint) remove_model(checkpoint_path(all[i]));
  }
  return path;
}

fs::path RunDirectory::publish(const fs::path& checkpoint, const ModelInfo& info) {
  if (!complete_) {
    fs::remove_all(working());
    std::vector<std::string> files = files_in(checkpoint);
    std::erase(files, Manifest::kFileName);
    std::erase(files, kPositionFile);
    // The log has gone on since the checkpoint: it lies in place already.
    std::erase(files, kLogFile);
    link_files(checkpoint, files, path_);
    files.emplace_back(kLogFile);
    if (fs::exists(events())) files.push_back(events().filename().string());
    write_manifest(path_, info, files);
    complete_ = true;
  }
  fs::remove_all(working());
  for (const std::uint64_t old : checkpoints()) remove_model(checkpoint_path(old));
  fs::remove_all(path_ / "checkpoints");
  fs::remove_all(before());
  versions_.publish(number_, start_.promote);
  const fs::path version = versions_.version_path(number_);
  fs::remove(version / kRunFile);  // last: a run that was killed here knows whether CURRENT moves
  return version;
}

}  // namespace twhin::training
