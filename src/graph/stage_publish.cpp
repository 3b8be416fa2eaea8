// The last stages of an import: networks and coverage; the manifest, and the graph takes its place.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "graph/import_run.h"
#include "graph/mark_new_edges.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/config/write.h"

namespace twhin {
namespace {

void add_networks(ImportRun& run) {
  for (const auto& [name, relations] : run.options.networks) {
    Network network{name, {}};
    for (const std::string& relation : relations) {
      const auto found = run.summary.schema.find_relation(relation);
      if (!found) {
        throw ErrorBuilder(ErrorKind::not_found, "graph.unknown_relation")
            .what(fmt::format("network {} has relation {}, which no source has", quote(name),
                              quote(relation)))
            .hint(did_you_mean(relation, run.summary.schema.relation_names()))
            .build();
      }
      network.relations.push_back(*found);
    }
    std::sort(network.relations.begin(), network.relations.end());
    const auto last = std::unique(network.relations.begin(), network.relations.end());
    network.relations.erase(last, network.relations.end());
    run.meta.networks.push_back(std::move(network));
  }
}

// What the graph has grown by, for training that looks at new edges first.
void find_new_edges(ImportRun& run) {
  if (run.base == nullptr) return;
  run.report.report({"comparing edges with the base", 0, 0, "edges", {}});
  const Graph now = Graph::open(run.partial.path(), run.manifest);
  run.meta.growth = {run.base->checksum(),
                     mark_new_edges(now, *run.base, run.plan.num_threads, run.stop, run.manifest)};
  run.report.check_stop();
  for (std::uint32_t r = 0; r < run.summary.schema.relations.size(); ++r) {
    std::uint64_t& sum = run.summary.new_edges.emplace_back();
    const Schema& schema = run.summary.schema;
    for (std::uint32_t i = 0; i < schema.lhs_type(r).num_partitions(); ++i) {
      for (std::uint32_t j = 0; j < schema.rhs_type(r).num_partitions(); ++j) {
        const auto found = run.meta.growth->new_edges.find(
            Graph::bucket_file(kTrainSplit, schema.relations[r].name, i, j));
        if (found != run.meta.growth->new_edges.end()) sum += found->second;
      }
    }
  }
  run.manifest.meta_json = run.meta.to_json();
}

// Who takes part in which relation; a network of low coverage alone is worth a warning.
void measure_coverage(ImportRun& run) {
  std::uint64_t largest = 1;
  for (const EntityType& type : run.meta.schema.entities) {
    for (const std::uint32_t size : type.partition_sizes) {
      largest = std::max<std::uint64_t>(largest, size);
    }
  }
  const std::uint64_t threads_that_fit = run.plan.memory_bytes / 4 / (8 * largest);
  const double high = run.options.import.high_coverage;
  run.report.report({"measuring coverage", 0, 0, "edges", {}});
  run.summary.coverage =
      find_coverage(Graph::open(run.partial.path(), run.manifest), run.options.import.core_type,
                    high, std::clamp<std::uint64_t>(threads_that_fit, 1, run.plan.num_threads));
  for (const RelationCoverage& each : run.summary.coverage.relations) {
    run.meta.times.push_back(each.times);
  }
  for (const std::string& network : run.summary.coverage.low_networks) {
    run.report.warn(fmt::format(
        "network {} has only relations of low coverage, each with less than {:.0f} % of type {}: "
        "its vectors will be poor unless a relation that most of them take part in joins it",
        quote(network), 100.0 * high,
        quote(run.meta.schema.entities[run.summary.coverage.core_type].name)));
  }
}

bool is_named_by_a_source(const ImportRun& run, const std::string& split) {
  const auto& sources = run.options.sources;
  return std::any_of(sources.begin(), sources.end(),
                     [&](const SourceOptions& each) { return each.split == split; });
}

// What a user holds out by hand is worth a warning if train has it, too; what import draws repeats
// a pair only where the user keeps duplicates or cuts by time, and is counted.
void measure_held_out(ImportRun& run) {
  std::vector<std::string> splits = run.summary.splits;
  splits.erase(std::remove(splits.begin(), splits.end(), kTrainSplit), splits.end());
  if (splits.empty()) return;
  run.report.report({"comparing held-out edges with train", 0, 0, "edges", {}});
  constexpr std::uint64_t kBytesPerEdge = 9, kFewestEdges = 1 << 16;
  const std::uint64_t most_edges =
      std::max(kFewestEdges, run.plan.memory_bytes / 4 / run.plan.num_threads / kBytesPerEdge);
  run.summary.held_out = find_repeated(Graph::open(run.partial.path(), run.manifest), splits,
                                       most_edges, run.plan.num_threads);
  for (const HeldOutSplit& split : run.summary.held_out) {
    if (split.num_in_train == 0 || !is_named_by_a_source(run, split.name)) continue;
    run.report.warn(fmt::format(
        "{} of {} edges of split {} ({:.1f} %) are in train as well: evaluation would ask for what "
        "was trained on; `split.held_out_pairs: remove` takes them out of train",
        split.num_in_train, split.num_edges, quote(split.name), 100.0 * split.share_in_train()));
  }
}

// stats.json: what coverage says, and of each split what train has of it.
void write_stats(ImportRun& run) {
  auto json = nlohmann::ordered_json::parse(
      run.summary.coverage.to_json(run.meta.schema, run.options.import.high_coverage));
  json["held_out"] = nlohmann::ordered_json::array();
  for (const HeldOutSplit& split : run.summary.held_out) {
    json["held_out"].push_back({{"split", split.name},
                                {"edges", split.num_edges},
                                {"in_train", split.num_in_train},
                                {"share", split.share_in_train()},
                                {"relations", split.in_train}});
  }
  write_text(run.partial.path() / "stats.json", json.dump(1) + "\n");
  run.manifest.add(run.partial.path(), "stats.json");
}

}  // namespace

void complete(ImportRun& run) {
  add_networks(run);
  run.meta.schema = run.summary.schema;
  run.meta.splits = run.summary.splits;
  run.meta.counts = run.summary.counts;
  run.manifest.format = Graph::kFormat;
  run.manifest.meta_json = run.meta.to_json();
  find_new_edges(run);
  measure_coverage(run);
  run.manifest.meta_json = run.meta.to_json();
  measure_held_out(run);
  write_stats(run);
  write_text(run.partial.path() / Graph::kConfigFile, config::to_yaml(run.config));
  run.manifest.add_note(run.partial.path(), Graph::kConfigFile);
  for (const auto& [file, record] : run.manifest.files) run.summary.graph_bytes += record.num_bytes;
}

void publish(ImportRun& run) {
  run.report.report({"syncing", 0, 0, "bytes", {}});
  run.partial.sync();
  run.report.check_stop();
  run.manifest.write(run.partial.path());
  run.partial.publish();
  run.summary.spilled_bytes = run.name_spill.spilled_bytes() + run.row_spill.spilled_bytes();
}

}  // namespace twhin
