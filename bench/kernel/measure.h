// bench/kernel/measure.h -- how the benchmarks of the kernels measure and print.
#pragma once

#include <time.h>

#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace twhin::bench {

inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds that this thread has run: what kernels are measured by, so that other programs on the
/// machine cost cache and clock, but are not counted as our time.
inline double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// Seconds of this thread that one call took: the median and the best of several runs of many calls
/// each.
struct Timing {
  double median = 0;
  double best = 0;
};

/// Calls `work` for about `budget_s`, in runs of at least a few milliseconds.
template <class Work>
Timing time_of(Work work, double budget_s = 0.4);

Timing summary(std::vector<double> seconds);

template <class Work>
Timing time_of(Work work, double budget_s) {
  constexpr int kRuns = 9;
  work();  // touches memory, fills caches, grows scratch
  double start = thread_seconds();
  work();
  const double once = thread_seconds() - start;
  const auto calls = static_cast<std::size_t>(budget_s / kRuns / (once + 1e-9)) + 1;
  std::vector<double> runs;
  for (int r = 0; r < kRuns; ++r) {
    start = thread_seconds();
    for (std::size_t i = 0; i < calls; ++i) work();
    runs.push_back((thread_seconds() - start) / static_cast<double>(calls));
  }
  return summary(runs);
}

/// Which benchmarks run, and what every line says of the run.
class Report {
 public:
  /// Names that do not contain `filter` are left out.
  Report(std::string filter, std::string commit);

  bool wants(const std::string& name) const { return name.find(filter_) != std::string::npos; }

  /// What ratios refer to: oneDNN's sgemm of 2048 x 2048 x 2048 on one thread, the best so far.
  /// Measured again before each part, because the machine's clock moves.
  void measure_ceiling();
  double ceiling_gflop_per_s() const { return ceiling_; }

  /// One line of JSON. `ratio` to the ceiling is left out if 0.
  void print(const std::string& name, double value, const std::string& unit, double ratio,
             nlohmann::json more = {}) const;

 private:
  std::string filter_, commit_, machine_;
  double ceiling_ = 0;
};

void bench_products(Report& report);
void bench_groups(Report& report);
void bench_rows(Report& report);
void bench_steps(Report& report);

}  // namespace twhin::bench
