// Everything that training does for an edge, without partitions and edges from disk: draw ids,
// gather four rows an edge from 10^6, score, loss, gradients, coalesce, row Adagrad.
#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "group.h"
#include "kernel/coalesce.h"
#include "kernel/products.h"
#include "kernel/rows.h"
#include "measure.h"
#include "twhin/base/rng.h"

namespace twhin::bench {
namespace {

constexpr std::size_t kEntities = 1000000;

struct Table {
  HugeFloats rows, state;
  std::size_t dim;

  explicit Table(std::size_t dimension)
      : rows(kEntities * dimension), state(kEntities), dim(dimension) {
    Rng rng(1);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i] = 0.1f * (static_cast<float>(rng.uniform()) - 0.5f);
    }
  }
  kernel::SharedRows shared() { return {rows.data(), kernel::RowType::f32, kEntities, dim}; }
};

enum class Loss { logistic, softmax };

/// What one worker does, group after group.
class Worker {
 public:
  Worker(Table& table, std::size_t batch, std::size_t uniform, Loss loss, std::uint64_t seed)
      : table_(table),
        group_(batch, uniform, table.dim),
        loss_(loss),
        rng_(seed),
        ids_(group_.num_rows()),
        next_ids_(group_.num_rows()),
        coalescer_(group_.num_rows()) {
    draw(next_ids_);
  }

  double step() {
    std::swap(ids_, next_ids_);
    kernel::gather(table_.shared(), ids_, group_.all(group_.rows));
    draw(next_ids_);
    kernel::prefetch(table_.shared(), next_ids_);
    kernel::prefetch_state(table_.state.data(), ids_);
    const MatrixView scores = group_.score_matrix();
    kernel::group_scores(group_.shape, group_.sources(group_.rows), group_.targets(group_.rows),
                         scores, scratch_);
    const double loss =
        loss_ == Loss::logistic
            ? kernel::logistic_coefficients(group_.shape, {}, {}, scores)
            : kernel::softmax_coefficients(group_.shape, {}, 1.0f, {}, scores, scratch_);
    kernel::group_gradients(group_.shape, scores, group_.sources(group_.rows),
                            group_.targets(group_.rows), group_.sources(group_.gradients),
                            group_.targets(group_.gradients));
    kernel::update_row_adagrad(table_.shared(), table_.state.data(),
                               coalescer_.coalesce(ids_, group_.all(group_.gradients)), 0.01f,
                               1e-10f, {});
    return loss;
  }

 private:
  void draw(std::vector<std::uint32_t>& ids) {
    for (auto& id : ids) id = static_cast<std::uint32_t>(rng_.below(kEntities));
  }

  Table& table_;
  GroupBuffers group_;
  Loss loss_;
  Rng rng_;
  std::vector<std::uint32_t> ids_, next_ids_;
  kernel::Coalescer coalescer_;
  kernel::Scratch scratch_;
};

/// Edges a second of all threads together by the clock on the wall, the median of several runs, and
/// the nanoseconds that a thread ran for an edge: on an idle machine one is the other's inverse.
struct Rates {
  double edges_per_s, ns_of_thread;
};

Rates edges_per_s(Table& table, std::size_t batch, std::size_t uniform, Loss loss,
                  std::size_t num_threads) {
  constexpr int kRuns = 5;
  constexpr double kRunSeconds = 0.5;
  std::vector<double> rates, costs;
  for (int run = 0; run < kRuns; ++run) {
    std::atomic<std::size_t> ready{0};
    std::atomic<bool> stop{false};
    std::vector<double> rate(num_threads), cost(num_threads);
    const auto work = [&](std::size_t thread) {
      kernel::single_threaded_products();
      Worker worker(table, batch, uniform, loss, 100 * std::uint64_t(run) + thread);
      for (int i = 0; i < 20; ++i) worker.step();
      ready.fetch_add(1);
      while (ready.load() < num_threads) std::this_thread::yield();
      const double start = seconds_now(), thread_start = thread_seconds();
      std::size_t steps = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        worker.step();
        ++steps;
      }
      rate[thread] = double(steps * batch) / (seconds_now() - start);
      cost[thread] = (thread_seconds() - thread_start) / double(steps * batch) * 1e9;
    };
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < num_threads; ++t) threads.emplace_back(work, t);
    while (ready.load() < num_threads) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::duration<double>(kRunSeconds));
    stop = true;
    for (std::thread& thread : threads) thread.join();
    double rate_sum = 0, cost_sum = 0;
    for (const double r : rate) rate_sum += r;
    for (const double c : cost) cost_sum += c;
    rates.push_back(rate_sum);
    costs.push_back(cost_sum / double(num_threads));
  }
  return {summary(rates).median, summary(costs).median};
}

}  // namespace

void bench_steps(Report& report) {
  struct Config {
    std::size_t batch, uniform, dim;
    Loss loss;
  };
  for (const Config& c :
       {Config{50, 50, 128, Loss::logistic}, Config{50, 50, 128, Loss::softmax},
        Config{500, 500, 128, Loss::logistic}, Config{50, 50, 256, Loss::logistic}}) {
    const std::string name = std::string("kernel.step.") +
                             (c.loss == Loss::logistic ? "logistic." : "softmax.") +
                             group_name(c.batch, c.uniform, c.dim);
    if (!report.wants(name)) continue;
    Table table(c.dim);
    for (const std::size_t threads : {std::size_t{1}, std::size_t{2}}) {
      const auto [median, ns_of_thread] = edges_per_s(table, c.batch, c.uniform, c.loss, threads);
      const double counted = flops_counted(c.batch, c.uniform, c.dim);
      report.print(name + ".t" + std::to_string(threads), median, "edges/s",
                   median * counted / 1e9 / (report.ceiling_gflop_per_s() * double(threads)),
                   {{"ns_of_thread_per_edge", ns_of_thread},
                    {"ratio_of_thread_time", counted / ns_of_thread / report.ceiling_gflop_per_s()},
                    {"flops_counted", counted},
                    {"flops_done", flops_done(c.batch, c.uniform, c.dim)},
                    {"config", {{"entities", kEntities}, {"threads", threads}}}});
    }
  }
}

}  // namespace twhin::bench
