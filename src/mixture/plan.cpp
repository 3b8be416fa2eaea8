#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "mixture/clusters.h"
#include "mixture/engagements.h"
#include "mixture/nearest_centers.h"
#include "twhin/base/error.h"
#include "twhin/base/memory.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"
#include "twhin/config/load.h"
#include "twhin/mixture/build.h"

namespace twhin {
namespace {

using Clock = std::chrono::steady_clock;

// What reading, sorting and counting engagements took in measurements, of one thread.
constexpr double kEngagementsPerSecond = 10e6;
// Distances of k-means++, which are no matrix product.
constexpr double kSeedingFlopPerSecond = 1.5e9;
constexpr std::uint64_t kSeedingRows = 1 << 15;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Operations a second of assignments, all threads together.
double measure_flop_per_s(std::size_t dim, std::size_t threads) {
  constexpr std::size_t kRows = 1024, kCenters = 1024;
  constexpr double kSeconds = 0.15;
  std::vector<float> floats(kCenters * dim);
  Rng rng(1, RngPurpose::sample);
  for (float& x : floats) x = static_cast<float>(rng.uniform());
  const ConstMatrixView rows(floats.data(), kRows, dim);
  const NearestCenters nearest(rows);
  std::vector<double> rates(threads);
  run_threads(threads, [&](std::size_t thread) {
    NearestCenters::Workspace workspace;
    std::vector<std::uint32_t> found(kRows);
    nearest.find(rows, found, workspace);
    std::size_t rounds = 0;
    const auto start = Clock::now();
    do {
      nearest.find(rows, found, workspace);
      ++rounds;
    } while (seconds_since(start) < kSeconds);
    rates[thread] = 2.0 * static_cast<double>(dim + 1) * kRows * kCenters *
                    static_cast<double>(rounds) / seconds_since(start);
  });
  double sum = 0.0;
  for (const double each : rates) sum += each;
  return sum;
}

std::string duration(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace

MixturePlan plan_mixture(const ModelVersion& version, const Graph& graph,
                         const MixtureOptions& options, std::size_t threads) {
  config::check(options, "mixture");
  const Schema& schema = version.schema();
  if (options.type.empty()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.no_type")
        .what("a mixture needs to know which entities are clustered")
        .hint("--type names their type")
        .expected("one of " + list(schema.entity_names()))
        .build();
  }
  const std::uint32_t type = schema.entity(options.type);
  const auto relations = counted_relations(version, graph, type, options);

  MixturePlan plan;
  plan.target_type = options.type;
  plan.targets = schema.entities[type].num_entities();
  plan.clusters = options.k;
  plan.iterations = options.iterations;
  plan.sampled = num_sampled_rows(options, plan.targets);
  std::vector<std::uint32_t> user_types;
  for (const CountedRelation& each : relations) {
    plan.relations.push_back(schema.relations[each.relation].name);
    plan.engagements += graph.num_edges(each.graph_relation);
    user_types.push_back(each.user_type);
  }
  std::sort(user_types.begin(), user_types.end());
  user_types.erase(std::unique(user_types.begin(), user_types.end()), user_types.end());
  std::uint64_t largest_partition = 0;
  for (const std::uint32_t t : user_types) {
    plan.users += schema.entities[t].num_entities();
    for (const std::uint32_t size : schema.entities[t].partition_sizes) {
      largest_partition = std::max<std::uint64_t>(largest_partition, size);
    }
  }
  if (plan.targets == 0) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.no_targets")
        .what(fmt::format("type {} has no entities to cluster", quote(options.type)))
        .build();
  }
  if (plan.clusters > plan.targets) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.too_many_clusters")
        .what("there are more clusters than entities")
        .found(fmt::format("k {}, {} entities of type {}", plan.clusters, plan.targets,
                           quote(options.type)))
        .hint("use a smaller k")
        .build();
  }

  const std::uint64_t row = std::uint64_t{version.info().dim} * sizeof(float);
  const std::uint64_t components = std::min(
      plan.users * options.m, options.smoothing > 0.0f ? ~std::uint64_t{0} : plan.engagements);
  const std::uint64_t own = components * row;
  plan.own_vectors =
      options.own_vectors == OwnVectors::stored ||
      (options.own_vectors == OwnVectors::by_size && own <= options.own_vectors_limit.value);
  plan.disk_bytes = plan.clusters * (3 * row + 16) + plan.targets * 4 + plan.users * 12 +
                    components * 8 + (plan.own_vectors ? own : 0);
  const std::uint64_t clustering = plan.sampled * (row + 16) + plan.clusters * row * 5;
  const std::uint64_t counting = std::min(plan.engagements * 36, options.memory.value) +
                                 plan.users * 4 + largest_partition * (12 + 8 * options.m) +
                                 (options.smoothing > 0.0f ? plan.engagements * 8 : 0);
  plan.memory_bytes = resident_bytes() + plan.targets * 4 + plan.clusters * row * 3 +
                      std::max(clustering, counting);
  plan.available_bytes = available_memory_bytes() + resident_bytes();

  const auto dim = static_cast<double>(version.info().dim);
  const auto k = static_cast<double>(plan.clusters);
  plan.flop_per_s = measure_flop_per_s(version.info().dim, threads);
  plan.flop = 2.0 * (dim + 1) * k *
              (static_cast<double>(plan.sampled) * (plan.iterations + 1.0) +
               static_cast<double>(plan.targets));
  if (options.smoothing > 0.0f) {
    for (const std::uint32_t t : user_types) {
      const auto n = static_cast<double>(schema.entities[t].num_entities());
      plan.flop += 2.0 * dim * n * n;
    }
  }
  const double seeding = plan.clusters > kSeededClusters
                             ? 0.0
                             : 3.0 * dim * k *
                                   static_cast<double>(std::min(plan.sampled, kSeedingRows)) /
                                   (kSeedingFlopPerSecond * static_cast<double>(threads));
  plan.seconds = plan.flop / plan.flop_per_s + seeding +
                 2.0 * static_cast<double>(plan.engagements) / kEngagementsPerSecond;
  return plan;
}

void MixturePlan::check_memory() const {
  if (memory_bytes <= available_bytes) return;
  throw ErrorBuilder(ErrorKind::unavailable, "mixture.not_enough_memory")
      .what("the mixture does not fit into memory while it is made")
      .found(fmt::format("{} needed, for {} rows that k-means learns from and {} clusters",
                         format_bytes(memory_bytes), sampled, clusters))
      .expected(fmt::format("at most {}", format_bytes(available_bytes)))
      .hint("use a smaller rows_per_cluster, k or memory")
      .build();
}

std::string MixturePlan::to_json() const {
  const nlohmann::ordered_json json = {{"type", target_type},
                                       {"relations", relations},
                                       {"targets", targets},
                                       {"clusters", clusters},
                                       {"sampled_rows", sampled},
                                       {"iterations", iterations},
                                       {"users", users},
                                       {"engagements", engagements},
                                       {"own_vectors", own_vectors},
                                       {"flop", flop},
                                       {"flop_per_s", flop_per_s},
                                       {"seconds", seconds},
                                       {"memory_bytes", memory_bytes},
                                       {"available_bytes", available_bytes},
                                       {"disk_bytes", disk_bytes}};
  return json.dump();
}

std::string MixturePlan::to_table() const {
  std::string names;
  for (const std::string& each : relations) names += (names.empty() ? "" : ", ") + each;
  std::string out;
  const auto line = [&](std::string_view what, const std::string& value) {
    out += fmt::format("{:<14}{}\n", what, value);
  };
  line("targets", fmt::format("{} {}", targets, target_type));
  line("clusters",
       fmt::format("{}, {} iterations on {}", clusters, iterations,
                   sampled == targets ? "all rows" : fmt::format("a sample of {} rows", sampled)));
  line("engagements", fmt::format("{} of {} users: {}", engagements, users, names));
  line("own vectors", own_vectors ? "stored" : "not stored");
  line("time", fmt::format("{} ({:.3g} operations at {:.0f} GFLOP/s)", duration(seconds), flop,
                           flop_per_s * 1e-9));
  line("memory",
       fmt::format("{} of {}", format_bytes(memory_bytes), format_bytes(available_bytes)));
  line("disk", format_bytes(disk_bytes));
  return out;
}

}  // namespace twhin
