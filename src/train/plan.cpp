#include "twhin/train/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "train/buffer_schedule.h"
#include "train/calibration.h"
#include "train/known_edges.h"
#include "train/pass_runner.h"
#include "train/steps.h"
#include "train/type_buffer.h"
#include "train/validation.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"
#include "twhin/storage/manifest.h"

namespace twhin {
namespace fs = std::filesystem;
using Json = nlohmann::json;
using training::KnownEdges;
using training::PartId;
using training::RowFormat;
using training::Step;
using training::TrainedRelation;
using training::TrainedType;
using training::TrainingNetwork;
using training::TypeBuffer;
namespace {

// Types below this are not worth partitions.
constexpr std::uint64_t kSmallType = 100'000;
constexpr std::uint32_t kMostPartitions = 4096;
constexpr double kCalibration_s = 2.0;

// Bytes of an edge that training touches: its ends, and its weight where a relation has weights.
std::vector<std::uint64_t> bytes_per_edge(const Graph& graph, const TrainingNetwork& network,
                                          const std::vector<Step>& steps) {
  std::vector<std::uint64_t> bytes(network.relations.size());
  for (const Step& step : steps) {
    for (const training::EdgeShare& share : step.shares) {
      if (bytes[share.relation] != 0) continue;
      const EdgeBucket file = graph.bucket(network.relations[share.relation].graph_relation,
                                           share.lhs_partition, share.rhs_partition);
      bytes[share.relation] = file.edges().weight.empty() ? 8 : 12;
    }
  }
  return bytes;
}

// The edges of a step and of the next one are mapped at a time, and indexed if known edges are
// masked; of a refresh the places of new ones are kept. An index that both use counts twice if it
// is not the only one.
std::uint64_t most_edge_bytes(const Graph& graph, const TrainingNetwork& network,
                              const std::vector<Step>& steps,
                              const std::vector<std::uint64_t>& bytes_of, bool mask_known_edges) {
  std::uint64_t most = 0, before = 0;
  for (const Step& step : steps) {
    std::uint64_t bytes = 0;
    for (const training::EdgeShare& share : step.shares) {
      bytes += share.file_edges * bytes_of[share.relation];
      if (network.replay) {
        bytes += 8 * graph.num_new_edges(network.relations[share.relation].graph_relation,
                                         share.lhs_partition, share.rhs_partition);
      }
      if (!mask_known_edges) continue;
      const TrainedRelation& relation = network.relations[share.relation];
      bytes += KnownEdges::memory_bytes(
          share.file_edges, network.types[relation.lhs].partition_sizes[share.lhs_partition],
          network.types[relation.rhs].partition_sizes[share.rhs_partition]);
    }
    most = std::max(most, before + bytes);
    before = bytes;
  }
  return most;
}

// What validation holds, beside the rows in training: by entity the query that asks for it (of one
// relation at a time), queries as they are and as they are compared, and for each thread a chunk of
// candidates with its scores. Rows are read from the checkpoint piece by piece, and edges are
// mapped a bucket at a time.
std::uint64_t validation_bytes(const Graph& graph, const TrainingNetwork& network,
                               const TrainOptions& options, std::size_t num_threads) {
  constexpr std::uint64_t kThreadBytes = 4 << 20;
  if (options.validate_every == 0 || !graph.has_split(training::kValidSplit)) return 0;
  std::uint64_t edges = 0, entities = 0;
  for (const TrainedRelation& r : network.relations) {
    edges += graph.num_edges(r.graph_relation, training::kValidSplit);
    entities = std::max(entities,
                        network.types[r.lhs].num_entities() + network.types[r.rhs].num_entities());
  }
  if (options.validation_edges > 0)
    edges = std::min<std::uint64_t>(edges, options.validation_edges);
  if (edges == 0) return 0;
  return 4 * entities + 2 * edges * 2 * 4 * options.dim + num_threads * kThreadBytes;
}

// Before a run begins with a version: a partition at a time, where its rows come from, a quarter of
// it in sums, and two bits an entity (train/warm_start.h, train/neighbor_means.h).
std::uint64_t warm_start_bytes(const TrainingNetwork& network, const RowFormat& format) {
  constexpr std::uint64_t kLeastSumBytes = 64 << 20, kIdBytes = 8;
  std::uint64_t most = 0, bits = 0;
  for (const TrainedType& type : network.types) {
    const std::uint64_t rows = type.largest_partition(), sums = rows * format.dim * sizeof(float);
    most = std::max(
        most, rows * format.bytes() +
                  std::max(rows * kIdBytes, std::min(sums, std::max(kLeastSumBytes, sums / 4))));
    bits += type.num_entities() / 4;
  }
  return most + bits;
}

// What an epoch reads and writes, all types, with the checkpoint at its end.
void count_loads(const TrainingNetwork& network, const std::vector<Step>& steps,
                 std::size_t capacity, const RowFormat& format, TrainPlan& plan) {
  for (std::uint32_t t = 0; t < network.types.size(); ++t) {
    const TrainedType& type = network.types[t];
    const auto bytes = [&](std::uint32_t p) {
      return std::uint64_t{type.partition_sizes[p]} * format.bytes();
    };
    if (capacity == 0 || capacity >= type.partition_sizes.size()) continue;
    std::vector<std::vector<std::uint32_t>> uses(steps.size());
    for (std::size_t s = 0; s < steps.size(); ++s) {
      for (const PartId& part : steps[s].parts) {
        if (part.type == t) uses[s].push_back(part.partition);
      }
    }
    for (const training::Swap& swap : training::buffer_schedule(uses, capacity, {})) {
      ++plan.loads_per_epoch;
      // What comes is read; sooner or later it is written again.
      plan.moved_bytes_per_epoch += bytes(swap.in) * (type.frozen ? 1 : 2);
    }
  }
}

// The rows in memory if the large types of the network had P partitions.
std::uint64_t rows_bytes_with(const TrainingNetwork& network, const RowFormat& format,
                              std::uint32_t num_partitions, std::size_t capacity) {
  std::uint64_t bytes = 0;
  for (const TrainedType& type : network.types) {
    const std::uint64_t parts = type.num_entities() < kSmallType ? 1 : num_partitions;
    const std::uint64_t rows = (type.num_entities() + parts - 1) / parts;
    bytes += TypeBuffer::num_places(parts, parts == 1 ? 0 : capacity) * rows * format.bytes();
  }
  return bytes;
}

// The edges in memory with P partitions and a buffer of 2, of the largest step and the next one:
// all four buckets of two partitions, and three of the next two.
std::uint64_t edges_bytes_with(const TrainingNetwork& network,
                               const std::vector<std::uint64_t>& bytes_of, bool mask_known_edges,
                               std::uint64_t num_partitions) {
  const std::uint64_t files = num_partitions == 1 ? 1 : 7;
  std::uint64_t bytes = 0;
  for (std::uint32_t r = 0; r < network.relations.size(); ++r) {
    const TrainedRelation& relation = network.relations[r];
    const std::uint64_t edges = relation.num_edges / num_partitions / num_partitions;
    bytes += files * edges * std::max<std::uint64_t>(bytes_of[r], 8);
    if (!mask_known_edges) continue;
    bytes += files * KnownEdges::memory_bytes(
                         edges, network.types[relation.lhs].num_entities() / num_partitions,
                         network.types[relation.rhs].num_entities() / num_partitions);
  }
  return bytes;
}

std::uint32_t recommend(const TrainingNetwork& network, const TrainOptions& options,
                        const TrainPlan& plan, const std::vector<std::uint64_t>& bytes_of) {
  for (std::uint32_t p = 1; p <= kMostPartitions; p *= 2) {
    const std::uint64_t edges = edges_bytes_with(network, bytes_of, options.mask_known_edges, p);
    const std::uint64_t bytes =
        rows_bytes_with(network, RowFormat::of(options), p, p == 1 ? 0 : 2) +
        std::max(edges, plan.validation_bytes) + plan.workers_bytes + plan.program_bytes;
    if (bytes <= plan.available_bytes) return p;
  }
  return 0;
}

// The file system that a directory lies on, or will lie on.
std::uint64_t free_disk_bytes(fs::path directory) {
  directory = fs::absolute(directory);
  while (!fs::exists(directory) && directory.has_relative_path()) {
    directory = directory.parent_path();
  }
  return fs::space(directory).available;
}

std::string advice(const TrainPlan& plan) {
  if (plan.recommended_partitions == 0) return "use a smaller train.dim";
  if (plan.partitions >= plan.recommended_partitions) return "set train.buffer: 2";
  return fmt::format(
      "import with partitions: {} and set train.buffer: 2, or use a smaller train.dim",
      plan.recommended_partitions);
}

std::string duration(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace

TrainPlan plan_training(const Graph& graph, const TrainRequest& request, bool calibrate) {
  const TrainOptions& options = request.config.train;
  const TrainingNetwork network = TrainingNetwork::of(graph, request.config);
  const RowFormat format = RowFormat::of(options);
  const training::RelationTable relations(network, options);
  const std::vector<Step> steps =
      training::epoch_steps(graph, network, options, {options.checkpoint_every.buckets}, 1);

  const bool is_warm = request.resume || !request.warm_start.empty();

  TrainPlan plan;
  plan.edges = network.num_edges;
  plan.epochs = options.epochs;
  plan.partitions = network.num_partitions;
  plan.buffer = options.buffer == 0 ? plan.partitions : std::min(options.buffer, plan.partitions);
  plan.threads =
      static_cast<std::uint32_t>(options.threads == 0 ? num_hardware_threads() : options.threads);
  for (const TrainedType& type : network.types) {
    plan.entities += type.num_entities();
    plan.partition_bytes += std::uint64_t{type.largest_partition()} * format.bytes();
    plan.rows_bytes += TypeBuffer::bytes(type, format, options.buffer);
    if (type.pull > 0.0f && is_warm) {
      plan.earlier_bytes +=
          TypeBuffer::bytes(type, format, options.buffer) / format.bytes() * format.row_bytes();
      plan.disk_bytes += type.num_entities() * format.row_bytes();
    }
  }
  plan.parameters = plan.entities * options.dim + relations.num_params();
  const std::vector<std::uint64_t> per_edge = bytes_per_edge(graph, network, steps);
  plan.edges_bytes = most_edge_bytes(graph, network, steps, per_edge, options.mask_known_edges);
  plan.workers_bytes =
      training::PassRunner::memory_bytes(network, options, relations, plan.threads);
  plan.program_bytes = resident_bytes();
  plan.validation_bytes = validation_bytes(graph, network, options, plan.threads);
  plan.memory_bytes = plan.rows_bytes + plan.earlier_bytes +
                      std::max(plan.edges_bytes, plan.validation_bytes) + plan.workers_bytes +
                      plan.program_bytes;
  if (!request.warm_start.empty()) {
    plan.memory_bytes =
        std::max(plan.memory_bytes, warm_start_bytes(network, format) + plan.program_bytes);
  }
  plan.available_bytes = available_memory_bytes() + plan.program_bytes;
  count_loads(network, steps, options.buffer, format, plan);

  plan.version_bytes = plan.entities * format.bytes() + relations.num_params() * 8;
  for (const TrainedType& type : network.types) {
    for (std::uint32_t p = 0; p < type.partition_sizes.size(); ++p) {
      const auto file = graph.manifest().files.find(Vocabulary::file_name(type.name, p));
      // Names are linked, not copied, if the models lie on the graph's file system.
      if (file != graph.manifest().files.end()) plan.version_bytes += file->second.num_bytes;
    }
  }
  // Checkpoints, and with patience that of the best epoch.
  plan.disk_bytes +=
      plan.version_bytes * (1 + options.keep_checkpoints + (options.patience ? 1 : 0));
  plan.available_disk_bytes = free_disk_bytes(request.models);
  plan.recommended_partitions = recommend(network, options, plan, per_edge);

  if (calibrate) {
    plan.edges_per_s =
        training::measure_edges_per_s(network, options, plan.threads, kCalibration_s);
    plan.disk_bytes_per_s = training::measure_disk_bytes_per_s(request.models);
    const double compute = static_cast<double>(plan.edges) / plan.edges_per_s;
    const double moved = static_cast<double>(plan.moved_bytes_per_epoch) / plan.disk_bytes_per_s;
    const double checkpoint = static_cast<double>(plan.entities * format.bytes()) /
                              static_cast<double>(plan.partitions) * plan.buffer /
                              plan.disk_bytes_per_s;
    plan.epoch_seconds = std::max(compute, moved) + checkpoint;
    plan.run_seconds = plan.epochs * plan.epoch_seconds;
  }
  return plan;
}

void TrainPlan::check_memory() const {
  if (!fits_memory()) {
    throw ErrorBuilder(ErrorKind::unavailable, "train.not_enough_memory")
        .what("the run does not fit into memory")
        .found(fmt::format("{} needed: {} for rows, {} for edges, {} for {} workers, {} already "
                           "taken",
                           format_bytes(memory_bytes), format_bytes(rows_bytes + earlier_bytes),
                           format_bytes(edges_bytes), format_bytes(workers_bytes), threads,
                           format_bytes(program_bytes)))
        .expected(fmt::format("at most {}", format_bytes(available_bytes)))
        .hint(advice(*this))
        .build();
  }
}

void TrainPlan::check_disk() const {
  if (!fits_disk()) {
    throw ErrorBuilder(ErrorKind::io, "train.not_enough_disk")
        .what("the run does not fit onto the disk")
        .found(fmt::format("{} needed: a version of {}, and its checkpoints",
                           format_bytes(disk_bytes), format_bytes(version_bytes)))
        .expected(fmt::format("at most {}", format_bytes(available_disk_bytes)))
        .hint("make room, or put `models` onto another file system")
        .build();
  }
}

std::string TrainPlan::to_json() const {
  const Json json = {{"entities", entities},
                     {"parameters", parameters},
                     {"edges", edges},
                     {"epochs", epochs},
                     {"partitions", partitions},
                     {"buffer", buffer},
                     {"threads", threads},
                     {"partition_bytes", partition_bytes},
                     {"rows_bytes", rows_bytes},
                     {"earlier_bytes", earlier_bytes},
                     {"edges_bytes", edges_bytes},
                     {"validation_bytes", validation_bytes},
                     {"workers_bytes", workers_bytes},
                     {"program_bytes", program_bytes},
                     {"memory_bytes", memory_bytes},
                     {"available_bytes", available_bytes},
                     {"version_bytes", version_bytes},
                     {"disk_bytes", disk_bytes},
                     {"available_disk_bytes", available_disk_bytes},
                     {"loads_per_epoch", loads_per_epoch},
                     {"moved_bytes_per_epoch", moved_bytes_per_epoch},
                     {"edges_per_s", edges_per_s},
                     {"disk_bytes_per_s", disk_bytes_per_s},
                     {"epoch_seconds", epoch_seconds},
                     {"run_seconds", run_seconds},
                     {"recommended_partitions", recommended_partitions}};
  return json.dump();
}

std::string TrainPlan::to_table() const {
  std::string out;
  const auto line = [&](std::string_view what, const std::string& value) {
    out += fmt::format("{:<24}{}\n", what, value);
  };
  line("entities", fmt::format("{}", entities));
  line("parameters", fmt::format("{}", parameters));
  line("edges", fmt::format("{} an epoch, {} epochs", edges, epochs));
  line("partitions", fmt::format("{}, {} in memory", partitions, buffer));
  line("memory",
       fmt::format("{} of {}", format_bytes(memory_bytes), format_bytes(available_bytes)));
  line("  rows", format_bytes(rows_bytes));
  if (earlier_bytes > 0) line("  rows before", format_bytes(earlier_bytes));
  line("  edges", format_bytes(edges_bytes));
  line(fmt::format("  {} workers", threads), format_bytes(workers_bytes));
  line("disk",
       fmt::format("{} of {}", format_bytes(disk_bytes), format_bytes(available_disk_bytes)));
  line("  version", format_bytes(version_bytes));
  if (loads_per_epoch > 0) {
    line("loads", fmt::format("{} partitions, {} moved an epoch", loads_per_epoch,
                              format_bytes(moved_bytes_per_epoch)));
  }
  if (edges_per_s > 0) {
    line("speed", fmt::format("{:.0f} edges/s, disk {}/s", edges_per_s,
                              format_bytes(static_cast<std::uint64_t>(disk_bytes_per_s))));
    line("time",
         fmt::format("{} an epoch, {} in all", duration(epoch_seconds), duration(run_seconds)));
  }
  line("recommended partitions", recommended_partitions == 0
                                     ? "none helps: use a smaller train.dim"
                                     : fmt::format("{}", recommended_partitions));
  return out;
}

}  // namespace twhin
