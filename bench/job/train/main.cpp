// twhin_bench_train [NAME…] -- how fast training is, as JSON lines on stdout.
//
//   train.<loss>.d<dim>.n<batch>+<uniform>[.bf16|.fp16]
//       value is the median over epochs of edges/s; the ceiling oneDNN's sgemm of 2048³ on the
//       same threads, before and after. Its ratio counts 12 dim (batch + uniform) operations an
//       edge, as if shared batch scores were computed twice (flops_counted; flops_done counts what
//       is done). On a machine that others use too, edges_per_cpu_s, edges a second that one
//       thread ran, says more than the value.
//   train.….p<P>b<buffer>
//       the same with partitions, beside the same run in memory and the disk's rate: ratio is the
//       time of an epoch over max(that of the run in memory, bytes moved / disk rate). Medians of
//       the epochs but the first.
//   train.….200m
//       one epoch of 200 million edges between 20 million entities; the network is not kept.
//   train.scaling
//       edges/s against threads, dim, negatives and entities, one line each.
//   planner.train
//       peak memory over the planner's figure, for several shapes.
//
// The power-law network (--entities, --edges) is made once and kept in --cache. Each run is a
// process of its own.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "measure/machine.h"
#include "measured_run.h"
#include "twhin/base/error.h"

namespace twhin::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Bench {
  RunSettings base;
  std::string commit = "unknown";

  void print(const std::string& name, const RunSettings& settings, Json line) const {
    line.update({{"name", name},
                 {"machine", machine()},
                 {"commit", commit},
                 {"config",
                  {{"entities", settings.graph.num_entities},
                   {"edges", settings.graph.num_edges},
                   {"partitions", settings.graph.num_partitions},
                   {"buffer", settings.train.buffer},
                   {"threads", settings.threads()},
                   {"dim", settings.train.dim},
                   {"batch_negatives", settings.train.batch_negatives},
                   {"uniform_negatives", settings.train.uniform_negatives},
                   {"row_type", enum_name(settings.train.row_type)},
                   {"epochs", settings.train.epochs},
                   {"deterministic", settings.train.deterministic}}}});
    std::cout << line.dump() << std::endl;
  }
};

double ceiling_of(const RunSettings& settings) {
  return in_child([&] { return Json(sgemm_gflops(settings.threads())); }).get<double>();
}

Json speed(const RunSettings& settings) {
  const double before = ceiling_of(settings);
  const MeasuredRun run = measured_run(settings);
  const double ceiling = std::max(before, ceiling_of(settings));
  const double value = median(run.edges_per_s), per_cpu = median(run.edges_per_cpu_s);
  const double gflop = settings.flops_counted() / 1e9;
  const double bytes =
      settings.parameter_bytes() + 8.0 * static_cast<double>(settings.graph.num_edges);
  return {{"value", value},
          {"unit", "edges/s"},
          {"edges_per_cpu_s", per_cpu},
          {"loss", run.loss},
          {"ceiling",
           {{"name", "sgemm"},
            {"value", ceiling},
            {"unit", "GFLOP/s"},
            {"ratio", value * gflop / ceiling},
            {"cpu_ratio", per_cpu * static_cast<double>(settings.threads()) * gflop / ceiling}}},
          {"flops_counted", settings.flops_counted()},
          {"flops_done", settings.flops_done()},
          {"epochs_per_s", run.edges_per_s},
          {"wait_share", run.wait_share},
          {"peak_rss_bytes", run.peak_rss_bytes},
          {"planned_bytes", run.planned_bytes},
          {"parameters_and_edges_bytes", bytes}};
}

Json partitions(const RunSettings& settings) {
  RunSettings whole = settings;
  whole.graph.num_partitions = 1;
  whole.train.buffer = 0;
  // In between the runs, so that the disk and the machine are as they are then.
  const MeasuredRun in_memory = measured_run(whole);
  const double disk =
      in_child([&] { return Json(disk_bytes_per_s(settings.cache, 512ull << 20)); }).get<double>();
  const MeasuredRun run = measured_run(settings);
  const double bound = std::max(in_memory.epoch_s, run.moved_bytes / disk);
  return {{"value", median(run.edges_per_s)},
          {"unit", "edges/s"},
          {"ceiling",
           {{"name", "max(in memory, moved / disk rate)"},
            {"value", bound},
            {"unit", "s"},
            {"ratio", run.epoch_s / bound}}},
          {"epoch_s", run.epoch_s},
          {"in_memory_epoch_s", in_memory.epoch_s},
          {"moved_bytes", run.moved_bytes},
          {"disk_bytes_per_s", disk},
          {"wait_share", run.wait_share},
          {"checkpoint_s", run.checkpoint_s},
          {"in_memory_checkpoint_s", in_memory.checkpoint_s},
          {"process_cpu_ratio", run.process_cpu_s / in_memory.process_cpu_s},
          {"loss", run.loss},
          {"in_memory_loss", in_memory.loss},
          {"peak_rss_bytes", run.peak_rss_bytes},
          {"planned_bytes", run.planned_bytes}};
}

void bench_planner(const Bench& bench) {
  for (const char* shape : {"", ".p8b2", ".p8b4", ".p16b2", ".p8b2.bf16"}) {
    RunSettings settings =
        settings_of(std::string("train.logistic.d128.n50+50") + shape, bench.base);
    settings.train.epochs = 1;
    settings.train.validate_every = 1;
    settings.graph.num_valid = 2000;
    const MeasuredRun run = measured_run(settings);
    bench.print(std::string("planner.train") + (*shape ? shape : ".p1"), settings,
                {{"value", run.peak_rss_bytes / run.planned_bytes},
                 {"unit", "measured/planned"},
                 {"planned_bytes", run.planned_bytes},
                 {"peak_rss_bytes", run.peak_rss_bytes}});
  }
}

void bench_scaling(const Bench& bench) {
  const auto line = [&](const std::string& name, const RunSettings& settings) {
    bench.print("train.scaling." + name, settings, speed(settings));
  };
  RunSettings middle = settings_of("train.logistic.d128.n50+50", bench.base);
  middle.train.epochs = 2;
  middle.graph.num_edges = std::min<std::uint64_t>(middle.graph.num_edges, 5'000'000);
  for (const std::uint32_t threads : {1u, 2u}) {
    RunSettings each = middle;
    each.train.threads = threads;
    line("threads", each);
  }
  for (const std::uint32_t dim : {32u, 64u, 128u, 256u, 512u}) {
    RunSettings each = middle;
    each.train.dim = dim;
    line("dim", each);
  }
  for (const std::uint32_t negatives : {10u, 50u, 100u, 500u, 1000u}) {
    RunSettings each = middle;
    each.train.batch_negatives = each.train.uniform_negatives = negatives / 2;
    line("negatives", each);
  }
  for (const std::uint64_t entities : {100'000u, 1'000'000u, 10'000'000u}) {
    RunSettings each = middle;
    each.graph.num_entities = entities;
    line("entities", each);
  }
}

// The network and the model take most of the disk that is allowed.
void bench_200m(const Bench& bench, const std::string& name) {
  RunSettings settings = settings_of(name, bench.base);
  settings.graph.num_entities = 20'000'000;
  settings.graph.num_edges = 200'000'000;
  settings.train.epochs = 1;
  settings.cache = bench.base.cache / "200m";
  try {
    bench.print(name, settings, speed(settings));
  } catch (...) {
    fs::remove_all(settings.cache);
    throw;
  }
  fs::remove_all(settings.cache);
}

void measure(const Bench& bench, const std::string& name) {
  if (name == "planner.train") return bench_planner(bench);
  if (name == "train.scaling") return bench_scaling(bench);
  if (name.ends_with(".200m")) return bench_200m(bench, name);
  const RunSettings settings = settings_of(name, bench.base);
  bench.print(name, settings,
              settings.graph.num_partitions > 1 ? partitions(settings) : speed(settings));
}

}  // namespace
}  // namespace twhin::bench

int main(int argc, char** argv) {
  using namespace twhin;
  bench::Bench bench;
  bench.base.cache = "bench_cache";
  bench.base.train.epochs = 3;
  bench.base.train.validate_every = 0;
  bench.base.train.checkpoint_every = {0, {0}};
  std::vector<std::string> names = {"train.logistic.d128.n50+50"};
  CLI::App app("how fast training is");
  app.add_option("names", names, "see the head of the program");
  app.add_option("--entities", bench.base.graph.num_entities);
  app.add_option("--edges", bench.base.graph.num_edges);
  app.add_option("--threads", bench.base.train.threads, "0: all");
  app.add_option("--epochs", bench.base.train.epochs);
  app.add_option("--cache", bench.base.cache, "where networks are kept");
  app.add_option("--commit", bench.commit);
  app.add_flag("--deterministic", bench.base.train.deterministic);
  CLI11_PARSE(app, argc, argv);
  try {
    for (const std::string& name : names) bench::measure(bench, name);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
