// The three products at the shapes of training and of exact search, ours and oneDNN's.
#include <dnnl.h>

#include <string>

#include "kernel/products.h"
#include "measure.h"
#include "twhin/base/huge_buffer.h"

namespace twhin::bench {
namespace {

struct Shape {
  std::size_t m, n, k;
};

void fill(HugeFloats& x) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.01f * static_cast<float>(i % 127) - 0.5f;
}

}  // namespace

void bench_products(Report& report) {
  const Shape shapes[] = {{50, 50, 128},     {50, 100, 128},    {50, 100, 256},  {50, 100, 32},
                          {500, 1000, 128},  {10, 20, 128},     {1, 10000, 128}, {1000, 1000, 512},
                          {1000, 8192, 128}, {2048, 2048, 2048}};
  for (const Shape& shape : shapes) {
    const std::size_t m = shape.m, n = shape.n, k = shape.k;
    const std::string size = std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
    if (!report.wants("kernel.product." + size)) continue;
    HugeFloats a(m * k), b(n * k), c(m * n);
    fill(a);
    fill(b);
    kernel::Scratch scratch;
    const MatrixView av(a.data(), m, k), bv(b.data(), n, k), cv(c.data(), m, n);
    const auto print = [&](const std::string& which, const Timing& ours, const Timing& theirs) {
      const double operations = 2.0 * double(m) * double(n) * double(k) / 1e9;
      report.print("kernel.product." + size + "." + which, operations / ours.median, "GFLOP/s",
                   operations / ours.median / report.ceiling_gflop_per_s(),
                   {{"best", operations / ours.best}, {"onednn", operations / theirs.median}});
    };
    const dnnl_dim_t mi = dnnl_dim_t(m), ni = dnnl_dim_t(n), ki = dnnl_dim_t(k);
    print("abt", time_of([&] { kernel::multiply_abt(av, bv, cv, scratch); }), time_of([&] {
            dnnl_sgemm('N', 'T', mi, ni, ki, 1.0f, a.data(), ki, b.data(), ki, 0.0f, c.data(), ni);
          }));
    fill(c);
    print("add", time_of([&] { kernel::multiply_add(cv, bv, av); }), time_of([&] {
            dnnl_sgemm('N', 'N', mi, ki, ni, 1.0f, c.data(), ni, b.data(), ki, 1.0f, a.data(), ki);
          }));
    fill(a);
    print("add_atb", time_of([&] { kernel::multiply_add_atb(cv, av, bv); }), time_of([&] {
            dnnl_sgemm('T', 'N', ni, ki, mi, 1.0f, c.data(), ni, a.data(), ki, 1.0f, b.data(), ki);
          }));
  }
}

}  // namespace twhin::bench
