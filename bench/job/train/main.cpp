// twhin_bench_train [NAME…] -- how fast training is, as JSON lines on stdout.
//
// A name says what is measured: train.<loss>.d<dim>.n<batch>+<uniform>[.p<P>b<buffer>], on a
// power-law network (--entities, --edges) that is made once and kept in --cache. value is the
// median over epochs of edges/s. The ceiling is oneDNN's sgemm of 2048 x 2048 x 2048 on the same
// threads, measured before and after; its ratio counts 12 dim (batch + uniform) operations an edge,
// as if shared batch scores were computed twice (flops_counted; flops_done counts what is done). On
// a machine that others use too, edges_per_cpu_s, edges a second that one thread ran, says more
// than the value.
#include <dnnl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>

#include "kernel/products.h"
#include "power_law_graph.h"
#include "twhin/base/error.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"
#include "twhin/train/train.h"

namespace twhin::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Settings {
  std::vector<std::string> names = {"train.logistic.d128.n50+50"};
  PowerLawOptions graph;
  std::uint32_t threads = 0, epochs = 3;
  std::string cache = "bench_cache", commit = "unknown";
  bool deterministic = false;
};

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
  return fmt::format("{}, {} cores, {}", model, num_hardware_threads(), format_bytes(memory));
}

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// GFLOP/s of all threads together, each with a product of its own, by the time that they ran.
double sgemm_gflops(std::size_t num_threads) {
  constexpr dnnl_dim_t n = 2048;
  constexpr int kProducts = 4;
  std::vector<double> rates(num_threads);
  run_threads(num_threads, [&](std::size_t t) {
    kernel::single_threaded_products();
    HugeFloats a(n * n), b(n * n), c(n * n);
    std::fill_n(a.data(), a.size(), 0.5f);
    std::fill_n(b.data(), b.size(), 0.25f);
    for (int k = 0; k < kProducts; ++k) {
      const double begin = thread_seconds();
      dnnl_sgemm('N', 'N', n, n, n, 1.0f, a.data(), n, b.data(), n, 0.0f, c.data(), n);
      rates[t] = std::max(rates[t], 2.0 * n * n * n / (thread_seconds() - begin) / 1e9);
    }
  });
  double sum = 0.0;
  for (const double rate : rates) sum += rate;
  return sum;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? std::nan("") : values[values.size() / 2];
}

TrainRequest request_of(const std::string& name, const Settings& settings, PowerLawOptions& graph) {
  static const std::regex form(
      R"(train\.(logistic|softmax|ranking)\.d(\d+)\.n(\d+)\+(\d+)(?:\.p(\d+)b(\d+))?)");
  std::smatch parts;
  if (!std::regex_match(name, parts, form)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "bench.unknown_name")
        .what("no benchmark is called " + quote(name))
        .expected("train.<loss>.d<dim>.n<batch>+<uniform>[.p<P>b<buffer>]")
        .build();
  }
  TrainRequest request;
  TrainOptions& options = request.config.train;
  for (const auto& each : EnumNames<Loss>::values) {
    if (each.name == parts[1].str()) options.loss = each.value;
  }
  options.dim = static_cast<std::uint32_t>(std::stoul(parts[2]));
  options.batch_negatives = static_cast<std::uint32_t>(std::stoul(parts[3]));
  options.uniform_negatives = static_cast<std::uint32_t>(std::stoul(parts[4]));
  if (parts[5].matched) {
    graph.num_partitions = static_cast<std::uint32_t>(std::stoul(parts[5]));
    options.buffer = static_cast<std::uint32_t>(std::stoul(parts[6]));
    options.bucket_order = BucketOrder::buffer_aware;
  }
  options.epochs = settings.epochs;
  options.threads = settings.threads;
  options.deterministic = settings.deterministic;
  options.validate_every = 0;
  options.checkpoint_every = {0, {0}};
  return request;
}

// Edges a second of the single epochs, waiting for partitions included; and edges a second that a
// thread ran.
void epoch_rates(const fs::path& version, std::vector<double>& wall, std::vector<double>& cpu) {
  std::ifstream log(version / "metrics.jsonl");
  for (std::string text; std::getline(log, text);) {
    const Json line = Json::parse(text);
    if (line.at("event") != "epoch") continue;
    wall.push_back(line.at("edges_per_s").get<double>());
    cpu.push_back(line.at("edges").get<double>() / line.at("cpu_seconds").get<double>());
  }
}

Json measure(const std::string& name, const Settings& settings) {
  PowerLawOptions graph_options = settings.graph;
  TrainRequest request = request_of(name, settings, graph_options);
  const fs::path cache(settings.cache);
  const Graph graph = power_law_graph(graph_options, cache);
  const TrainOptions& options = request.config.train;
  const std::size_t threads = options.threads == 0 ? num_hardware_threads() : options.threads;
  request.models = cache / "models" / name;
  fs::remove_all(request.models);

  double ceiling = sgemm_gflops(threads);
  const TrainSummary summary = train(graph, request, {}, StopFlag());
  ceiling = std::max(ceiling, sgemm_gflops(threads));
  std::vector<double> wall, cpu;
  epoch_rates(summary.version, wall, cpu);
  fs::remove_all(request.models);

  const double batch = options.batch_negatives, uniform = options.uniform_negatives;
  const double counted = 12.0 * options.dim * (batch + uniform);
  const double done = 6.0 * options.dim * (batch + 2.0 * uniform);
  const double value = median(wall), per_cpu = median(cpu);
  const double parameters = static_cast<double>(graph_options.num_entities) * (options.dim + 1) * 4;
  return {{"name", name},
          {"value", value},
          {"unit", "edges/s"},
          {"edges_per_cpu_s", per_cpu},
          {"loss", summary.loss},
          {"ceiling",
           {{"name", "sgemm"},
            {"value", ceiling},
            {"unit", "GFLOP/s"},
            {"ratio", value * counted / 1e9 / ceiling},
            {"cpu_ratio", per_cpu * static_cast<double>(threads) * counted / 1e9 / ceiling}}},
          {"flops_counted", counted},
          {"flops_done", done},
          {"epochs_per_s", wall},
          {"peak_rss_bytes", peak_resident_bytes()},
          {"parameters_and_edges_bytes",
           parameters + 8.0 * static_cast<double>(graph_options.num_edges)},
          {"machine", machine()},
          {"commit", settings.commit},
          {"config",
           {{"entities", graph_options.num_entities},
            {"edges", graph_options.num_edges},
            {"partitions", graph_options.num_partitions},
            {"buffer", options.buffer},
            {"threads", threads},
            {"epochs", settings.epochs},
            {"deterministic", options.deterministic}}}};
}

}  // namespace
}  // namespace twhin::bench

int main(int argc, char** argv) {
  using namespace twhin;
  bench::Settings settings;
  CLI::App app("how fast training is");
  app.add_option("names", settings.names, "train.<loss>.d<dim>.n<batch>+<uniform>[.p<P>b<buffer>]");
  app.add_option("--entities", settings.graph.num_entities);
  app.add_option("--edges", settings.graph.num_edges);
  app.add_option("--threads", settings.threads, "0: all");
  app.add_option("--epochs", settings.epochs);
  app.add_option("--cache", settings.cache, "where networks are kept");
  app.add_option("--commit", settings.commit);
  app.add_flag("--deterministic", settings.deterministic);
  CLI11_PARSE(app, argc, argv);
  try {
    for (const std::string& name : settings.names) {
      std::cout << bench::measure(name, settings).dump() << std::endl;
    }
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
