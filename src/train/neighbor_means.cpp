#include "train/neighbor_means.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "kernel/elementwise.h"
#include "kernel/products.h"
#include "model/operator_inverse.h"
#include "model/operator_rows.h"
#include "train/check_stop.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"
#include "twhin/model/regularization.h"
#include "twhin/model/rows.h"

namespace twhin::training {
namespace {

constexpr std::size_t kLeastSumBytes = 64 << 20;
constexpr std::size_t kRowsAtOnce = 64;  // that go through an operator together
constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};

}  // namespace

// Rows of a partition that wait for a vector, and what their neighbours say.
struct NeighborMeans::Block {
  std::vector<std::uint32_t> rows;    // ascending
  std::vector<float> sums;            // [rows, dim]
  std::vector<std::uint64_t> counts;  // [rows]

  // Place of a row among them, or kNoSlot.
  std::uint32_t slot(std::uint32_t row) const {
    const auto at = std::lower_bound(rows.begin(), rows.end(), row);
    return at == rows.end() || *at != row ? kNoSlot : static_cast<std::uint32_t>(at - rows.begin());
  }
};

NeighborMeans::NeighborMeans(const Graph& graph, const TrainingNetwork& network,
                             const TrainOptions& options, const RelationTable& relations,
                             std::filesystem::path directory, std::size_t num_threads)
    : graph_(graph),
      network_(network),
      relations_(relations),
      directory_(std::move(directory)),
      num_threads_(num_threads),
      format_(RowFormat::of(options)),
      max_norm_(options.max_norm) {
  find_directions(options, options.warm_start.new_entities == NewEntities::translated);
}

void NeighborMeans::find_directions(const TrainOptions& options, bool translated) {
  for (std::uint32_t r = 0; r < network_.relations.size(); ++r) {
    Direction to_rhs{r, false, Operator::none, {}}, to_lhs{r, true, Operator::none, {}};
    if (translated) {
      std::vector<float> params(relations_.num_params(r));
      relations_.read(r, params);
      const std::size_t one = options.reciprocal ? params.size() / 2 : params.size();
      const std::span<const float> all(params);
      to_rhs.op = to_lhs.op = network_.relations[r].options.op;
      to_rhs.params.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(one));
      if (options.reciprocal) {
        to_lhs.params.assign(all.begin() + static_cast<std::ptrdiff_t>(one), all.end());
      } else if (auto inverse = inverse_params(to_lhs.op, params, options.dim)) {
        to_lhs.params = std::move(*inverse);
      } else {
        without_inverse_.push_back(r);
        directions_.push_back(std::move(to_rhs));
        continue;
      }
    }
    directions_.push_back(std::move(to_rhs));
    directions_.push_back(std::move(to_lhs));
  }
}

NeighborMeansResult NeighborMeans::run(KnownRows& known, const Observer& observer,
                                       const StopFlag& stop) {
  NeighborMeansResult result;
  result.placed.resize(network_.types.size());
  result.without_inverse = without_inverse_;
  std::vector<PartId> waiting;
  const auto find_waiting = [&] {
    waiting.clear();
    for (std::uint32_t t = 0; t < known.size(); ++t) {
      for (std::uint32_t p = 0; p < known[t].size(); ++p) {
        if (!known[t][p].all()) waiting.push_back({t, p});
      }
    }
  };
  for (find_waiting(); !waiting.empty(); find_waiting()) {
    rows_.clear();
    const Schema schema = network_.schema();
    for (std::uint32_t t = 0; t < network_.types.size(); ++t) {
      std::vector<float> global;
      if (relations_.has_globals()) {
        global.resize(format_.dim);
        relations_.read_global(t, global);
      }
      rows_.push_back(
          open_rows_unmapped(directory_, schema.entities[t], format_.dim, format_.type, global));
    }
    std::uint64_t placed = 0;
    std::vector<RowBits> found;  // known from the next round on
    for (std::size_t k = 0; k < waiting.size(); ++k) {
      check_stop_before_epochs(stop);
      Progress progress;
      progress.stage = fmt::format("new entities, round {}", result.rounds + 1);
      progress.done = k;
      progress.total = waiting.size();
      progress.unit = "partitions";
      observer.report(progress);
      const PartId id = waiting[k];
      found.emplace_back(known[id.type][id.partition].size());
      const std::uint64_t num = place_partition(id, known, found.back());
      result.placed[id.type] += num;
      placed += num;
    }
    for (std::size_t k = 0; k < waiting.size(); ++k) {
      known[waiting[k].type][waiting[k].partition] |= found[k];
    }
    if (placed == 0) break;
    ++result.rounds;
  }
  rows_.clear();
  return result;
}

std::uint64_t NeighborMeans::place_partition(PartId id, const KnownRows& known, RowBits& found) {
  const RowBits& has = known[id.type][id.partition];
  const std::size_t num_rows = has.size(), dim = format_.dim;
  const std::size_t row_bytes = dim * sizeof(float);
  const std::size_t most =
      std::max<std::size_t>(1, std::max(kLeastSumBytes / row_bytes, num_rows / 4));
  std::vector<float> global(dim);
  if (relations_.has_globals()) relations_.read_global(id.type, global);
  std::optional<RowMemory> memory;  // read only if it changes
  Part part;
  std::uint64_t placed = 0;
  for (std::size_t row = 0; row < num_rows;) {
    Block block;
    for (; row < num_rows && block.rows.size() < most; ++row) {
      if (!has[row]) block.rows.push_back(static_cast<std::uint32_t>(row));
    }
    block.sums.resize(block.rows.size() * dim);
    block.counts.resize(block.rows.size());
    add_up(id, known, block);
    for (std::size_t k = 0; k < block.rows.size(); ++k) {
      if (block.counts[k] == 0) continue;
      if (!memory) {
        memory.emplace(format_, num_rows);
        part = Part(*memory, 0, static_cast<std::uint32_t>(num_rows));
        part.load(directory_, network_.types[id.type].name, id.partition);
      }
      const MatrixView mean(block.sums.data() + k * dim, 1, dim);
      for (std::size_t d = 0; d < dim; ++d) {
        mean.data[d] = mean.data[d] / static_cast<float>(block.counts[k]) - global[d];
      }
      if (max_norm_) limit_norms(mean, *max_norm_);
      kernel::store(part.rows(), {&block.rows[k], 1}, mean);
      found.set(block.rows[k]);
      ++placed;
    }
  }
  if (placed > 0) part.save(directory_, network_.types[id.type].name, id.partition);
  return placed;
}

// Every thread goes through all edges and adds up for its own rows, so that sums are made in one
// order.
void NeighborMeans::add_up(PartId id, const KnownRows& known, Block& block) {
  for (const Direction& direction : directions_) {
    const TrainedRelation& relation = network_.relations[direction.relation];
    if ((direction.new_is_lhs ? relation.lhs : relation.rhs) != id.type) continue;
    const std::uint32_t other = direction.new_is_lhs ? relation.rhs : relation.lhs;
    for (std::uint32_t p = 0; p < network_.types[other].partition_sizes.size(); ++p) {
      add_bucket(direction, id, p, known, block);
    }
  }
}

void NeighborMeans::add_bucket(const Direction& direction, PartId id, std::uint32_t other_partition,
                               const KnownRows& known, Block& block) {
  const TrainedRelation& relation = network_.relations[direction.relation];
  const bool lhs = direction.new_is_lhs;
  const EdgeBucket bucket =
      graph_.bucket(relation.graph_relation, lhs ? id.partition : other_partition,
                    lhs ? other_partition : id.partition);
  const auto mine = lhs ? bucket.edges().lhs : bucket.edges().rhs;
  const auto others = lhs ? bucket.edges().rhs : bucket.edges().lhs;
  const std::uint32_t other_type = lhs ? relation.rhs : relation.lhs;
  const RowBits& waits = known[id.type][id.partition];
  const RowBits& has = known[other_type][other_partition];
  const std::size_t dim = format_.dim;
  run_threads(num_threads_, [&](std::size_t thread) {
    kernel::single_threaded_products();
    std::vector<float> in(kRowsAtOnce * dim), out(kRowsAtOnce * dim);
    std::vector<std::uint32_t> slots;
    kernel::Scratch scratch;
    const auto flush = [&] {
      const std::size_t n = slots.size();
      apply_operator(direction.op, direction.params, {in.data(), n, dim}, {out.data(), n, dim},
                     scratch);
      for (std::size_t k = 0; k < n; ++k) {
        kernel::axpy(1.0f, out.data() + k * dim, block.sums.data() + slots[k] * dim, dim);
        ++block.counts[slots[k]];
      }
      slots.clear();
    };
    for (std::size_t e = 0; e < mine.size(); ++e) {
      if (mine[e] % num_threads_ != thread || waits[mine[e]] || !has[others[e]]) continue;
      const std::uint32_t slot = block.slot(mine[e]);
      if (slot == kNoSlot) continue;
      rows_[other_type]->read(other_partition, others[e], 1, in.data() + slots.size() * dim);
      slots.push_back(slot);
      if (slots.size() == kRowsAtOnce) flush();
    }
    flush();
  });
}

}  // namespace twhin::training
