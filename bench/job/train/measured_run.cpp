#include "measured_run.h"

#include <sys/resource.h>

#include <fstream>
#include <regex>

#include "measure/machine.h"
#include "twhin/base/error.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"
#include "twhin/train/plan.h"

namespace twhin::bench {
namespace fs = std::filesystem;
using Json = nlohmann::json;
namespace {

double process_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Figures of single epochs, from the log of a version.
struct EpochFigures {
  std::vector<double> edges_per_s, edges_per_cpu_s, seconds, wait_share, moved_bytes, checkpoint_s;

  explicit EpochFigures(const fs::path& log) {
    std::ifstream file(log);
    double moved = 0.0;
    for (std::string text; std::getline(file, text);) {
      const Json line = Json::parse(text);
      const std::string event = line.at("event");
      if (event == "bucket") {
        moved += line.at("bytes_read").get<double>() + line.at("bytes_written").get<double>();
      }
      if (event == "checkpoint") checkpoint_s.push_back(line.at("seconds").get<double>());
      if (event != "epoch") continue;
      edges_per_s.push_back(line.at("edges_per_s").get<double>());
      edges_per_cpu_s.push_back(line.at("edges").get<double>() /
                                line.at("cpu_seconds").get<double>());
      seconds.push_back(line.at("seconds").get<double>() + line.at("wait_seconds").get<double>());
      wait_share.push_back(line.at("wait_share").get<double>());
      moved_bytes.push_back(moved);
      moved = 0.0;
    }
  }
};

std::vector<double> later(const std::vector<double>& values) {
  return values.size() < 2 ? values : std::vector<double>(values.begin() + 1, values.end());
}

MeasuredRun run_here(const RunSettings& settings) {
  const Graph graph = power_law_graph(settings.graph, settings.cache);
  TrainRequest request;
  request.config.train = settings.train;
  request.models = settings.cache / "models";
  fs::remove_all(request.models);
  MeasuredRun out;
  out.planned_bytes = static_cast<double>(plan_training(graph, request, false).memory_bytes);
  const TrainSummary summary = train(graph, request, {}, StopFlag());
  out.peak_rss_bytes = static_cast<double>(peak_resident_bytes());
  out.process_cpu_s = process_seconds() / settings.train.epochs;
  const EpochFigures epochs(summary.version / "metrics.jsonl");
  fs::remove_all(request.models);
  out.edges_per_s = epochs.edges_per_s;
  out.edges_per_cpu_s = epochs.edges_per_cpu_s;
  out.epoch_s = median(later(epochs.seconds));
  out.wait_share = median(later(epochs.wait_share));
  out.moved_bytes = median(later(epochs.moved_bytes));
  out.checkpoint_s = median(epochs.checkpoint_s);
  out.loss = summary.loss;
  return out;
}

}  // namespace

std::size_t RunSettings::threads() const {
  return train.threads == 0 ? num_hardware_threads() : train.threads;
}

double RunSettings::flops_counted() const {
  return 12.0 * train.dim * (train.batch_negatives + train.uniform_negatives);
}

double RunSettings::flops_done() const {
  return 6.0 * train.dim * (train.batch_negatives + 2.0 * train.uniform_negatives);
}

double RunSettings::parameter_bytes() const {
  const double row = train.row_type == RowType::f32 ? 4.0 * train.dim : 2.0 * train.dim;
  return static_cast<double>(graph.num_entities) * (row + 4.0);
}

RunSettings settings_of(const std::string& name, RunSettings out) {
  static const std::regex form(R"(train\.(logistic|softmax|ranking)\.d(\d+)\.n(\d+)\+(\d+))"
                               R"((?:\.p(\d+)b(\d+))?(?:\.(bf16|fp16))?(?:\.200m)?)");
  std::smatch parts;
  if (!std::regex_match(name, parts, form)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "bench.unknown_name")
        .what("no benchmark is called " + quote(name))
        .expected("train.<loss>.d<dim>.n<batch>+<uniform>[.p<P>b<buffer>][.bf16|.fp16][.200m]")
        .build();
  }
  for (const auto& each : EnumNames<Loss>::values) {
    if (each.name == parts[1].str()) out.train.loss = each.value;
  }
  const auto number = [&](std::size_t part) {
    return static_cast<std::uint32_t>(std::stoul(parts[part]));
  };
  out.train.dim = number(2);
  out.train.batch_negatives = number(3);
  out.train.uniform_negatives = number(4);
  if (parts[5].matched) {
    out.graph.num_partitions = number(5);
    out.train.buffer = number(6);
    out.train.bucket_order = BucketOrder::buffer_aware;
  }
  if (parts[7].matched) out.train.row_type = parts[7] == "bf16" ? RowType::bf16 : RowType::fp16;
  return out;
}

Json MeasuredRun::to_json() const {
  return {{"edges_per_s", edges_per_s},
          {"edges_per_cpu_s", edges_per_cpu_s},
          {"epoch_s", epoch_s},
          {"wait_share", wait_share},
          {"moved_bytes", moved_bytes},
          {"checkpoint_s", checkpoint_s},
          {"process_cpu_s", process_cpu_s},
          {"loss", loss},
          {"planned_bytes", planned_bytes},
          {"peak_rss_bytes", peak_rss_bytes}};
}

MeasuredRun MeasuredRun::from_json(const Json& json) {
  MeasuredRun out;
  json.at("edges_per_s").get_to(out.edges_per_s);
  json.at("edges_per_cpu_s").get_to(out.edges_per_cpu_s);
  json.at("epoch_s").get_to(out.epoch_s);
  json.at("wait_share").get_to(out.wait_share);
  json.at("moved_bytes").get_to(out.moved_bytes);
  json.at("checkpoint_s").get_to(out.checkpoint_s);
  json.at("process_cpu_s").get_to(out.process_cpu_s);
  json.at("loss").get_to(out.loss);
  json.at("planned_bytes").get_to(out.planned_bytes);
  json.at("peak_rss_bytes").get_to(out.peak_rss_bytes);
  return out;
}

void make_graph(const RunSettings& settings) {
  in_child([&] {
    power_law_graph(settings.graph, settings.cache);
    return Json(true);
  });
}

MeasuredRun measured_run(const RunSettings& settings) {
  make_graph(settings);
  return MeasuredRun::from_json(in_child([&] { return run_here(settings).to_json(); }));
}

}  // namespace twhin::bench
