#include "train/pass_runner.h"

#include <fmt/format.h>
#include <time.h>

#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cmath>
#include <exception>
#include <mutex>

#include "kernel/products.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"

namespace twhin::training {
namespace {

// Groups that a thread has under way: computed, with its rows on their way, with its edges.
constexpr std::size_t kPipeline = 3;

GroupLimits limits_of(const TrainingNetwork& network, const TrainOptions& options,
                      const RelationTable& relations) {
  GroupLimits limits;
  limits.num_positives = options.group_size();
  limits.dim = options.dim;
  limits.num_params = relations.most_params();
  limits.pulled = network.pulls();
  const auto replacements = [&](SideNegatives side, std::uint32_t sampled, std::uint32_t type) {
    return side == SideNegatives::all ? network.types[type].largest_partition() : sampled;
  };
  for (const TrainedRelation& r : network.relations) {
    limits.num_lhs_uniform = std::max<std::size_t>(
        limits.num_lhs_uniform,
        replacements(r.lhs_negatives, options.num_lhs_uniform(r.lhs_negatives), r.lhs));
    limits.num_rhs_uniform = std::max<std::size_t>(
        limits.num_rhs_uniform,
        replacements(r.rhs_negatives, options.num_rhs_uniform(r.rhs_negatives), r.rhs));
  }
  return limits;
}

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

Error diverged(const GroupInput& input, const PassKey& key) {
  return ErrorBuilder(ErrorKind::invalid_argument, "train.diverged")
      .what("training diverged: the loss is no longer a finite number")
      .at(fmt::format("epoch {}, bucket ({}, {}), relation {}", key.epoch + 1, key.bucket.lhs,
                      key.bucket.rhs, quote(input.edges().relation->name)))
      .hint(
          "try a smaller train.learning_rate (a third), or train.negative_weight: mean, or "
          "train.max_norm")
      .hint("the last checkpoint is kept; a new learning rate needs a new run")
      .build();
}

// Sums that one thread writes and another may read meanwhile.
class SharedTotals {
 public:
  void add(std::uint64_t edges, const GroupResult& result) {
    const auto more = [](auto& sum, auto value) {
      sum.store(sum.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
    };
    more(edges_, edges);
    more(masked_, static_cast<std::uint64_t>(result.num_masked));
    more(loss_, result.loss);
    more(penalty_, result.penalty);
  }
  PassTotals read() const {
    PassTotals sums;
    sums.edges = edges_.load(std::memory_order_relaxed);
    sums.loss = loss_.load(std::memory_order_relaxed);
    sums.penalty = penalty_.load(std::memory_order_relaxed);
    sums.masked = masked_.load(std::memory_order_relaxed);
    return sums;
  }
  void clear() {
    edges_ = 0;
    masked_ = 0;
    loss_ = 0.0;
    penalty_ = 0.0;
  }

 private:
  std::atomic<std::uint64_t> edges_{0}, masked_{0};
  std::atomic<double> loss_{0.0}, penalty_{0.0};
};

// The gradients of the rows that one thread updates.
struct RowSelection {
  std::vector<std::uint32_t> ids, rows;

  kernel::RowGradients take(const kernel::RowGradients& all, std::size_t thread,
                            std::size_t num_threads) {
    ids.clear();
    rows.clear();
    for (std::size_t i = 0; i < all.ids.size(); ++i) {
      if (all.ids[i] % num_threads != thread) continue;
      ids.push_back(all.ids[i]);
      rows.push_back(all.gradient_rows[i]);
    }
    return {ids, rows, all.gradient};
  }
};

}  // namespace

PassTotals& PassTotals::operator+=(const PassTotals& other) {
  edges += other.edges;
  loss += other.loss;
  penalty += other.penalty;
  masked += other.masked;
  seconds += other.seconds;
  cpu_seconds += other.cpu_seconds;
  wait_seconds += other.wait_seconds;
  return *this;
}

struct alignas(64) PassRunner::Thread {
  Thread(std::size_t place, const GroupStepOptions& step, bool reciprocal,
         const UpdateOptions& update, const GroupLimits& limits)
      : number(place),
        worker(step, reciprocal, limits),
        updater(update, limits),
        output(limits),
        inputs{GroupInput(limits), GroupInput(limits), GroupInput(limits)} {
    selection.ids.reserve(limits.num_rows());
    selection.rows.reserve(limits.num_rows());
  }

  std::size_t number;
  GroupWorker worker;
  RowUpdater updater;
  GroupOutput output;                        // HOGWILD
  std::array<GroupInput, kPipeline> inputs;  // HOGWILD
  RowSelection selection;                    // deterministic
  SharedTotals totals;
  double cpu_seconds = 0.0;
};

struct PassRunner::Pass {
  const GroupPlan& plan;
  const PassStretch& stretch;
  std::uint64_t rounding_key;
  std::atomic<std::uint64_t> next;  // group to be taken
  std::atomic<bool> halted{false};
  std::mutex failure_mutex;
  std::exception_ptr failure;
  std::barrier<> barrier;
  PassTotals round_totals = {};
  // Deterministic: what a thread threw before a round's first barrier. `halted` is set between the
  // barriers only. Each is read right after the barrier that ends its half: the next write to it is
  // a barrier away, so that all threads read the same and none is left waiting for one that went.
  std::atomic<bool> compute_failed{false};

  // The first failure of all is kept. Read when the threads are done.
  void keep(std::exception_ptr error) {
    const std::lock_guard lock(failure_mutex);
    if (!failure) failure = std::move(error);
  }
  // Part of the run's edges that are trained when group n begins.
  double part_done(std::uint64_t n) const {
    const double pass = static_cast<double>(n) / static_cast<double>(plan.num_groups()) *
                        static_cast<double>(plan.num_edges());
    return (static_cast<double>(stretch.edges_before) + pass) /
           static_cast<double>(stretch.edges_of_run);
  }
};

PassRunner::PassRunner(const TrainingNetwork& network, const TrainOptions& options,
                       std::size_t num_threads, RelationTable& relations)
    : network_(network), options_(options), relations_(relations) {
  const GroupLimits limits = limits_of(network, options, relations);
  const GroupStepOptions step{options.comparator, options, options};
  const UpdateOptions update{options.optimizer, options.max_norm};
  for (std::size_t t = 0; t < num_threads; ++t) {
    threads_.push_back(std::make_unique<Thread>(t, step, options.reciprocal, update, limits));
  }
  for (std::uint64_t k = 0; options.deterministic && k < kRoundGroups; ++k) {
    round_inputs_.emplace_back(limits);
    round_outputs_.emplace_back(limits);
  }
}

PassRunner::~PassRunner() = default;

std::uint64_t PassRunner::memory_bytes(const TrainingNetwork& network, const TrainOptions& options,
                                       const RelationTable& relations, std::size_t num_threads) {
  const GroupLimits limits = limits_of(network, options, relations);
  const std::uint64_t rows = limits.num_rows() * limits.dim;
  const std::uint64_t scores = (limits.num_positives + limits.num_lhs_uniform) *
                               (limits.num_positives + limits.num_rhs_uniform);
  const std::uint64_t ids = limits.num_rows() * kPipeline * 2 + limits.num_rows() * 8;
  // Rows as gathered, as transformed, packed for the products, as they were; gradients; scores and
  // coefficients.
  const std::uint64_t a_thread =
      (limits.pulled ? 4 : 3) * rows + 2 * scores + ids + 4 * limits.num_params;
  const std::uint64_t outputs = options.deterministic ? kRoundGroups : num_threads;
  return 4 * (a_thread * num_threads + (rows + limits.num_params) * outputs);
}

std::uint64_t PassRunner::run(const GroupPlan& plan, const PassStretch& stretch,
                              PassTotals& totals) {
  const PassKey& key = plan.key();
  const Rng rounding(key.seed, RngPurpose::rounding, key.epoch, key.bucket_word(), key.chunk);
  Pass pass{plan,
            stretch,
            rounding.at(0),
            stretch.first_group,
            {},
            {},
            {},
            std::barrier<>(static_cast<std::ptrdiff_t>(threads_.size()))};
  for (const auto& thread : threads_) thread->totals.clear();
  const auto begin = std::chrono::steady_clock::now();
  run_threads(threads_.size(), [&](std::size_t t) {
    kernel::single_threaded_products();
    const double cpu_begin = thread_seconds();
    if (options_.deterministic) {
      rounds(pass, t);
    } else {
      hogwild(pass, *threads_[t]);
    }
    threads_[t]->cpu_seconds = thread_seconds() - cpu_begin;
  });
  if (pass.failure) std::rethrow_exception(pass.failure);
  totals.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (options_.deterministic) totals += pass.round_totals;
  for (const auto& thread : threads_) {
    if (!options_.deterministic) totals += thread->totals.read();
    totals.cpu_seconds += thread->cpu_seconds;
  }
  return std::min(pass.next.load(), plan.num_groups());
}

void PassRunner::compute(Pass& pass, Thread& thread, GroupInput& input, GroupOutput& output) {
  thread.worker.compute(input, relations_, output);
  if (!std::isfinite(output.result.loss + output.result.penalty)) {
    throw diverged(input, pass.plan.key());
  }
}

void PassRunner::apply(const Pass& pass, const GroupInput& input, const GroupOutput& output,
                       RowUpdater& updater) {
  const RelationEdges& r = input.edges();
  const TrainedType &lhs = network_.types[r.relation->lhs], &rhs = network_.types[r.relation->rhs];
  const auto factor =
      static_cast<float>(learning_rate_factor(options_.schedule, pass.part_done(input.number())));
  const std::uint64_t counter = 2 * input.number();
  if (!lhs.frozen) {
    updater.update(r.lhs->memory(), output.lhs, lhs.learning_rate * factor,
                   {pass.rounding_key, counter});
  }
  if (!rhs.frozen && !output.rhs.ids.empty()) {
    updater.update(r.rhs->memory(), output.rhs, rhs.learning_rate * factor,
                   {pass.rounding_key, counter + 1});
  }
  const float shared_rate = options_.relation_rate() * factor;
  relations_.update(r.share.relation, output.params, shared_rate);
  if (!output.lhs_global.empty() && !lhs.frozen) {
    relations_.update_global(r.relation->lhs, output.lhs_global, shared_rate);
  }
  if (!output.rhs_global.empty() && !rhs.frozen) {
    relations_.update_global(r.relation->rhs, output.rhs_global, shared_rate);
  }
}

void PassRunner::hogwild(Pass& pass, Thread& thread) {
  const std::uint64_t num_groups = pass.plan.num_groups();
  // Takes the next group, or num_groups when there is none or the pass was halted. What was taken
  // is finished, so that all groups below `next` are done in the end.
  const auto take = [&] {
    if (pass.halted.load(std::memory_order_relaxed)) return num_groups;
    return std::min(pass.next.fetch_add(1, std::memory_order_relaxed), num_groups);
  };
  try {
    std::array<bool, kPipeline> chosen = {}, filled = {};
    for (std::size_t turn = 0;; ++turn) {
      const std::size_t newest = turn % kPipeline, middle = (turn + 2) % kPipeline,
                        oldest = (turn + 1) % kPipeline;
      const std::uint64_t n = take();
      chosen[newest] = n < num_groups;
      if (chosen[newest]) thread.inputs[newest].choose(pass.plan, n);
      if (turn >= 1 && chosen[middle]) {
        thread.inputs[middle].fill(pass.plan, options_);
        filled[middle] = true;
      }
      if (turn >= 2 && filled[oldest]) {
        GroupInput& input = thread.inputs[oldest];
        compute(pass, thread, input, thread.output);
        apply(pass, input, thread.output, thread.updater);
        filled[oldest] = chosen[oldest] = false;
        thread.totals.add(input.num_positives(), thread.output.result);
        if (thread.number == 0 && pass.stretch.halt) {
          PassTotals sums;
          for (const auto& each : threads_) sums += each->totals.read();
          if (pass.stretch.halt(std::min(pass.next.load(std::memory_order_relaxed), num_groups),
                                sums)) {
            pass.halted = true;
          }
        }
      }
      if (!chosen[newest] && !chosen[middle]) break;
    }
  } catch (...) {
    pass.keep(std::current_exception());
    pass.halted = true;
  }
}

void PassRunner::rounds(Pass& pass, std::size_t thread) {
  const std::uint64_t num_groups = pass.plan.num_groups();
  Thread& own = *threads_[thread];
  for (std::uint64_t begin = pass.stretch.first_group; begin < num_groups; begin += kRoundGroups) {
    const std::uint64_t size = std::min(kRoundGroups, num_groups - begin);
    // A thread that throws goes on to the barriers: the others wait there.
    try {
      for (std::uint64_t n; (n = pass.next.fetch_add(1)) < begin + size;) {
        GroupInput& input = round_inputs_[n - begin];
        input.choose(pass.plan, n);
        input.fill(pass.plan, options_);
        compute(pass, own, input, round_outputs_[n - begin]);
      }
    } catch (...) {
      pass.keep(std::current_exception());
      pass.compute_failed = true;
    }
    pass.barrier.arrive_and_wait();
    if (pass.compute_failed) break;
    try {
      apply_share(pass, thread, size);
      if (thread == 0) end_round(pass, begin, size);
    } catch (...) {
      pass.keep(std::current_exception());
      pass.halted = true;
    }
    pass.barrier.arrive_and_wait();
    if (pass.halted) break;
  }
}

void PassRunner::end_round(Pass& pass, std::uint64_t begin, std::uint64_t size) {
  for (std::uint64_t k = 0; k < size; ++k) {
    const GroupResult& result = round_outputs_[k].result;
    pass.round_totals.edges += round_inputs_[k].num_positives();
    pass.round_totals.loss += result.loss;
    pass.round_totals.penalty += result.penalty;
    pass.round_totals.masked += result.num_masked;
  }
  pass.next = begin + size;
  if (pass.stretch.halt && pass.stretch.halt(begin + size, pass.round_totals)) pass.halted = true;
}

void PassRunner::apply_share(const Pass& pass, std::size_t thread, std::size_t num_groups) {
  Thread& own = *threads_[thread];
  const std::size_t n = threads_.size();
  for (std::size_t k = 0; k < num_groups; ++k) {
    GroupOutput& output = round_outputs_[k];
    const GroupInput& input = round_inputs_[k];
    const RelationEdges& r = input.edges();
    const TrainedType &lhs = network_.types[r.relation->lhs],
                      &rhs = network_.types[r.relation->rhs];
    const auto factor =
        static_cast<float>(learning_rate_factor(options_.schedule, pass.part_done(input.number())));
    const std::uint64_t counter = 2 * input.number();
    const auto update = [&](const TrainedType& type, RowMemory& memory,
                            const kernel::RowGradients& gradients, std::uint64_t count) {
      if (type.frozen) return;
      const kernel::RowGradients share = own.selection.take(gradients, thread, n);
      if (share.ids.empty()) return;
      own.updater.update(memory, share, type.learning_rate * factor, {pass.rounding_key, count});
    };
    update(lhs, r.lhs->memory(), output.lhs, counter);
    update(rhs, r.rhs->memory(), output.rhs, counter + 1);
    const float shared_rate = options_.relation_rate() * factor;
    if (r.share.relation % n == thread) {
      relations_.update(r.share.relation, output.params, shared_rate);
    }
    const auto update_global = [&](std::uint32_t type, std::span<const float> gradient) {
      if (gradient.empty() || network_.types[type].frozen || type % n != thread) return;
      relations_.update_global(type, gradient, shared_rate);
    };
    update_global(r.relation->lhs, output.lhs_global);
    update_global(r.relation->rhs, output.rhs_global);
  }
}

}  // namespace twhin::training
