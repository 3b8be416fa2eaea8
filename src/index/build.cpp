#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "index/build_graph.h"
#include "index/check_stop.h"
#include "index/directory.h"
#include "index/graph_search.h"
#include "index/inverted_lists.h"
#include "index/recall.h"
#include "index/settings.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"
#include "twhin/config/load.h"
#include "twhin/index/index.h"
#include "twhin/storage/manifest.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Build {
 public:
  Build(const ModelVersion& version, std::uint32_t type, IndexSettings settings,
        std::size_t threads, const Observer& observer, const StopFlag& stop)
      : version_(version),
        type_(type),
        settings_(std::move(settings)),
        threads_(threads == 0 ? num_hardware_threads() : threads),
        observer_(observer),
        stop_(stop) {}

  IndexInfo run() {
    const double begin = seconds_now();
    const IndexOptions& options = settings_.options;
    info_.type = version_.schema().entities[type_].name;
    info_.kind = options.kind;
    info_.comparator = settings_.comparator;
    info_.model_checksum = version_.checksum();
    info_.num_entities = version_.schema().entities[type_].num_entities();
    info_.dim = version_.info().dim;
    info_.options = options;

    make_directories(indexes_directory(version_));
    const DirectoryLock lock(indexes_directory(version_), "twhin index");
    const std::string name = index_name(version_, type_, options.kind, settings_.comparator);
    const fs::path final_path = indexes_directory(version_) / name;
    partial_ = indexes_directory(version_) / (name + ".partial");
    fs::remove_all(partial_);
    make_directories(partial_);
    try {
      target_ = target_of(version_, type_, info_);
      if (options.kind != IndexKind::exact) {
        build_searcher();
        reach_recall();
      }
      info_.build_seconds = seconds_now() - begin;
      write_manifest();
      check_index_stop(stop_);
      replace_directory(partial_, final_path);
    } catch (...) {
      std::error_code ignored;
      fs::remove_all(partial_, ignored);
      throw;
    }
    return info_;
  }

 private:
  void build_searcher() {
    const IndexOptions& options = settings_.options;
    const bool graph = options.kind == IndexKind::hnsw;
    const ItemSpace space =
        ItemSpace::measure(*target_.rows, target_.type, settings_.comparator,
                           graph ? options.inner_product : GraphSpace::augmented, threads_, stop_);
    Progress progress{"building the graph", 0, space.size(), "rows", {}};
    if (graph) {
      GraphLinks links = build_graph(
          space,
          {options.links, options.ef_construction, options.seed,
           options.deterministic ? 1 : threads_},
          [&](std::uint64_t rows) {
            progress.done = rows;
            observer_.report(progress);
          },
          stop_);
      links.write(partial_, space.params());
      file_ = GraphLinks::kFileName;
      target_.searcher = std::make_shared<GraphSearch>(space, std::move(links), threads_, stop_);
      return;
    }
    ListOptions lists;
    lists.lists = *options.lists;
    lists.code_bytes = *options.code_bytes;
    lists.rows_per_list = options.rows_per_list;
    lists.rotated = options.kind == IndexKind::ivf_opq;
    lists.seed = options.seed;
    lists.threads = threads_;
    std::shared_ptr<const InvertedLists> built = InvertedLists::build(
        space, lists,
        [&](const char* stage, std::uint64_t done, std::uint64_t total) {
          progress = {stage, done, total, "rows", {}};
          observer_.report(progress);
        },
        stop_);
    built->write(partial_, space.params());
    file_ = InvertedLists::kFileName;
    target_.searcher = std::move(built);
  }

  /// Raises the effort until every kind of query finds what is wanted.
  void reach_recall() {
    const IndexOptions& options = settings_.options;
    const std::vector<RecallQueries> queries = RecallQueries::draw(
        version_, type_, settings_.comparator, options, threads_, observer_, stop_);
    const std::uint32_t most = std::min(target_.searcher->most_effort(), settings_.most_effort);
    for (std::uint32_t effort = std::min(most, settings_.first_effort);;
         effort = std::min(most, next_effort(effort))) {
      observer_.report({fmt::format("measuring recall with {} {}", settings_.effort_name, effort),
                        0,
                        0,
                        "queries",
                        {}});
      info_.effort = effort;
      info_.recall.clear();
      double lowest = 1.0;
      for (const RecallQueries& each : queries) {
        const double recall = each.recall(target_, effort, threads_, stop_);
        info_.recall.push_back({each.name(), each.size(), recall});
        lowest = std::min(lowest, recall);
      }
      observer_.say(fmt::format("{}, {} {}: recall@{} {:.4f}", info_.type, settings_.effort_name,
                                effort, options.recall_k, lowest));
      if (lowest >= options.min_recall) return;
      if (effort == most) return miss_recall(lowest);
    }
  }

  void miss_recall(double lowest) {
    const IndexOptions& options = settings_.options;
    const std::string missed =
        fmt::format("{}: recall@{} {:.4f} with {} {}", enum_name(options.kind), options.recall_k,
                    lowest, settings_.effort_name, info_.effort);
    if (options.on_low_recall == OnLowRecall::refuse) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "index.low_recall")
          .what(fmt::format("the index of {} does not reach the wanted recall", quote(info_.type)))
          .found(missed)
          .expected(fmt::format("at least {} (index.min_recall)", options.min_recall))
          .hint(options.kind == IndexKind::hnsw
                    ? "raise index.links and index.ef_construction"
                    : "raise index.code_bytes or index.rescored; or take --kind hnsw")
          .hint("index.on_low_recall: exact puts an exact index in its place")
          .build();
    }
    observer_.warn(
        fmt::format("{}, {} wanted: an exact index takes its place", missed, options.min_recall));
    info_.replaced = missed;
    info_.kind = IndexKind::exact;
    info_.effort = 0;
    info_.recall.clear();
    fs::remove(partial_ / file_);
    file_.clear();
  }

  static std::uint32_t next_effort(std::uint32_t effort) {
    return effort + std::max<std::uint32_t>(1, effort / 2);
  }

  void write_manifest() {
    Manifest manifest;
    manifest.format = kIndexFormat;
    if (!file_.empty()) manifest.add(partial_, file_);
    for (const auto& [name, record] : manifest.files) info_.num_bytes += record.num_bytes;
    manifest.meta_json = info_.to_json();
    manifest.write(partial_);
  }

  const ModelVersion& version_;
  std::uint32_t type_;
  IndexSettings settings_;
  std::size_t threads_;
  const Observer& observer_;
  const StopFlag& stop_;
  fs::path partial_;
  std::string file_;
  IndexInfo info_;
  SearchTarget target_;
};

}  // namespace

namespace {

IndexSettings checked_settings(const ModelVersion& version, std::uint32_t type,
                               const IndexOptions& options) {
  IndexSettings settings = settings_of(version, type, options);
  RecallQueries::check(version, type, settings.comparator, options);
  return settings;
}

}  // namespace

void check_index(const ModelVersion& version, std::uint32_t type, const IndexOptions& options) {
  checked_settings(version, type, options);
}

IndexInfo build_index(const ModelVersion& version, std::uint32_t type, const IndexOptions& options,
                      std::size_t threads, const Observer& observer, const StopFlag& stop) {
  return Build(version, type, checked_settings(version, type, options), threads, observer, stop)
      .run();
}

}  // namespace twhin
