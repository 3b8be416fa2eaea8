// twhin_bench_mixture [--rows N] [--clusters N] [--iterations N] [--dim N] [--threads N] [--commit
// TEXT] -- seconds of k-means, all rows in the sample: mixture.kmeans.
//
// Rows are noise around random points, half as many as there are clusters. Counted by the
// clock on the wall and by the time that threads ran, as if the machine did nothing else; the
// ceiling is oneDNN's sgemm of the same operations, by the latter.
#include <CLI/CLI.hpp>
#include <chrono>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "measure/machine.h"
#include "mixture/k_means.h"
#include "twhin/base/memory.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"

namespace twhin::bench {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds_now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

HugeFloats noisy_points(std::size_t rows, std::size_t points, std::size_t dim,
                        std::size_t threads) {
  HugeFloats out(rows * dim);
  parallel_for(rows, threads, [&](std::size_t i) {
    Rng noise(1, RngPurpose::test, 1, i);
    Rng point(1, RngPurpose::test, 2, noise.below(points));
    for (std::size_t d = 0; d < dim; ++d) {
      // Uniform numbers of the same spread as normal ones: speed does not depend on the shape.
      out[i * dim + d] = static_cast<float>(3.5 * (point.uniform() - 0.5 + noise.uniform() - 0.5));
    }
  });
  return out;
}

}  // namespace
}  // namespace twhin::bench

int main(int argc, char** argv) {
  using namespace twhin;
  std::size_t rows = 1'000'000, dim = 128;
  KMeansOptions options;
  options.k = 10'000;
  options.threads = num_hardware_threads();
  std::string commit;
  CLI::App app("how fast k-means is");
  app.add_option("--rows", rows);
  app.add_option("--dim", dim);
  app.add_option("--clusters", options.k);
  app.add_option("--iterations", options.iterations);
  app.add_option("--threads", options.threads);
  app.add_option("--commit", commit);
  CLI11_PARSE(app, argc, argv);
  try {
    const double gflops = bench::sgemm_gflops(options.threads);
    const HugeFloats floats =
        bench::noisy_points(rows, std::max<std::size_t>(1, options.k / 2), dim, options.threads);
    const double start = bench::seconds_now(), cpu_start = bench::cpu_seconds_now();
    const KMeansResult result = k_means(
        ConstMatrixView(floats.data(), rows, dim), options,
        [&](std::size_t done) {
          std::cerr << "assignment " << done << " of " << options.iterations + 1 << ", "
                    << bench::seconds_now() - start << " s\n";
        },
        StopFlag());
    const double seconds = bench::seconds_now() - start;
    const double cpu_seconds = bench::cpu_seconds_now() - cpu_start;
    const double flop = 2.0 * static_cast<double>(rows) * static_cast<double>(options.k) *
                        static_cast<double>(dim) * static_cast<double>(options.iterations + 1);
    const double ceiling = flop / (gflops * 1e9);
    const double threads_seconds = cpu_seconds / static_cast<double>(options.threads);
    const nlohmann::ordered_json line = {{"name", "mixture.kmeans"},
                                         {"value", seconds},
                                         {"unit", "s"},
                                         {"cpu_seconds", cpu_seconds},
                                         {"seconds_of_threads", threads_seconds},
                                         {"ceiling",
                                          {{"name", "sgemm"},
                                           {"gflops", gflops},
                                           {"value", ceiling},
                                           {"ratio", ceiling / seconds},
                                           {"cpu_ratio", ceiling / threads_seconds}}},
                                         {"objective", result.objective},
                                         {"refilled_clusters", result.num_refilled},
                                         {"peak_rss_bytes", peak_resident_bytes()},
                                         {"machine", bench::machine()},
                                         {"commit", commit},
                                         {"config",
                                          {{"rows", rows},
                                           {"dim", dim},
                                           {"clusters", options.k},
                                           {"iterations", options.iterations},
                                           {"threads", options.threads}}}};
    std::cout << line.dump() << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
