#include "measure.h"

#include <dnnl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <thread>

#include "twhin/base/huge_buffer.h"
#include "twhin/base/memory.h"

namespace twhin::bench {
namespace {

std::string machine() {
  std::ifstream cpu("/proc/cpuinfo");
  std::string model = "unknown CPU";
  for (std::string line; std::getline(cpu, line);) {
    if (line.rfind("model name", 0) == 0) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  }
  const auto memory = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return model + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores, " +
         format_bytes(memory);
}

}  // namespace

Timing summary(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return {seconds[seconds.size() / 2], seconds.front()};
}

Report::Report(std::string filter, std::string commit)
    : filter_(std::move(filter)), commit_(std::move(commit)), machine_(machine()) {}

void Report::measure_ceiling() {
  constexpr dnnl_dim_t n = 2048;
  HugeFloats a(n * n), b(n * n), c(n * n);
  std::fill_n(a.data(), a.size(), 0.5f);
  std::fill_n(b.data(), b.size(), 0.25f);
  const Timing t = time_of(
      [&] { dnnl_sgemm('N', 'N', n, n, n, 1.0f, a.data(), n, b.data(), n, 0.0f, c.data(), n); });
  ceiling_ = std::max(ceiling_, 2.0 * n * n * n / t.best / 1e9);
}

void Report::print(const std::string& name, double value, const std::string& unit, double ratio,
                   nlohmann::json more) const {
  nlohmann::json line = {{"name", name},        {"value", value},
                         {"unit", unit},        {"peak_rss_bytes", peak_resident_bytes()},
                         {"machine", machine_}, {"commit", commit_}};
  if (ratio > 0) {
    line["ceiling"] = {
        {"name", "sgemm 2048, GFLOP/s a thread"}, {"value", ceiling_}, {"ratio", ratio}};
  }
  for (const auto& [key, entry] : more.items()) line[key] = entry;
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
}

}  // namespace twhin::bench
