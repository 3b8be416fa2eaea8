// twhin_bench_kernel [FILTER [COMMIT]] -- speed of the kernels, one JSON object a line.
//
// FILTER: only names that contain it. COMMIT: what the lines say in "commit". Takes about a minute.
#include <cstdio>
#include <exception>

#include "kernel/products.h"
#include "measure.h"

int main(int argc, char** argv) {
  try {
    twhin::kernel::single_threaded_products();
    twhin::bench::Report report(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "unknown");
    for (const auto part : {twhin::bench::bench_products, twhin::bench::bench_groups,
                            twhin::bench::bench_rows, twhin::bench::bench_steps}) {
      report.measure_ceiling();
      part(report);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
