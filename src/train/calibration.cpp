#include "train/calibration.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <vector>

#include "train/pass_runner.h"
#include "twhin/base/file.h"

namespace twhin::training {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kMostRows = 1 << 18;
constexpr std::uint64_t kEdges = 1 << 20;
constexpr std::size_t kDiskBytes = 64 << 20;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Rows of any value: speed does not depend on them, as long as they are finite.
void fill(const Part& part, std::uint64_t seed) {
  std::vector<float> row(part.format().dim);
  Rng rng(seed);
  for (std::uint32_t i = 0; i < part.num_rows(); ++i) {
    for (float& x : row) x = static_cast<float>(0.1 * (rng.uniform() - 0.5));
    kernel::store(part.rows(), {&i, 1}, ConstMatrixView(row.data(), 1, row.size()));
  }
}

}  // namespace

double measure_edges_per_s(const TrainingNetwork& network, const TrainOptions& options,
                           std::size_t num_threads, double seconds) {
  RelationTable relations(network, options);
  PassRunner runner(network, options, num_threads, relations);
  const RowFormat format = RowFormat::of(options);
  std::deque<RowMemory> memories;
  std::deque<Part> parts;
  for (const TrainedType& type : network.types) {
    const std::uint32_t rows = std::min(type.largest_partition(), kMostRows);
    parts.emplace_back(memories.emplace_back(format, rows), 0, rows);
    fill(parts.back(), parts.size());
  }
  std::deque<std::vector<std::uint32_t>> ends;
  std::vector<RelationEdges> edges;
  Rng rng(1);
  for (std::uint32_t r = 0; r < network.relations.size(); ++r) {
    const TrainedRelation& relation = network.relations[r];
    if (relation.num_edges == 0) continue;
    const std::uint64_t count =
        1 + static_cast<std::uint64_t>(static_cast<double>(kEdges) *
                                       static_cast<double>(relation.num_edges) /
                                       static_cast<double>(network.num_edges));
    Part &lhs = parts[relation.lhs], &rhs = parts[relation.rhs];
    for (const Part* part : {&lhs, &rhs}) {
      std::vector<std::uint32_t>& column = ends.emplace_back(count);
      for (std::uint32_t& row : column) {
        row = static_cast<std::uint32_t>(rng.below(part->num_rows()));
      }
    }
    const EdgeSpan span{ends[ends.size() - 2], ends[ends.size() - 1], {}, {}};
    edges.push_back(
        {&relation, {r, 0, 0, count, count, 0, count}, {}, span, &lhs, &rhs, {}, {}, {}, {}});
  }
  const GroupPlan plan(std::move(edges), options.group_size(), {options.seed, 0, {}, 0});

  PassTotals totals;
  const Clock::time_point begin = Clock::now();
  while (seconds_since(begin) < seconds) {
    PassStretch stretch{0, 0, network.num_edges, {}};
    stretch.halt = [&](std::uint64_t, const PassTotals&) {
      return seconds_since(begin) >= seconds;
    };
    runner.run(plan, stretch, totals);
  }
  return static_cast<double>(totals.edges) / totals.seconds;
}

double measure_disk_bytes_per_s(const fs::path& directory) {
  make_directories(directory);
  const fs::path path = directory / "calibration";
  const std::vector<char> bytes(kDiskBytes, 1);
  const Clock::time_point begin = Clock::now();
  {
    AtomicFile file(path);
    file.write(bytes.data(), bytes.size());
    file.commit();
  }
  const double seconds = seconds_since(begin);
  fs::remove(path);
  return static_cast<double>(kDiskBytes) / seconds;
}

}  // namespace twhin::training
