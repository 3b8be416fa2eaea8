#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "measure.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"
#include "twhin/graph/estimate.h"
#include "twhin/graph/import.h"

namespace twhin::bench {
namespace fs = std::filesystem;
namespace {

Json run_estimate(const ImportOptions& options, const fs::path& graph) {
  const double begin = seconds_now();
  const ImportEstimate e = estimate_import(options, graph, {}, StopFlag());
  return {{"rows", e.rows},
          {"edges", e.edges},
          {"entities", e.types[0].entities},
          {"peak_memory_bytes", e.memory_bytes},
          {"graph_bytes", e.graph_bytes},
          {"spilled_bytes", e.spilled_bytes},
          {"seconds", e.seconds},
          {"program_bytes", e.program_bytes},
          {"sampled_share", e.sampled_share},
          {"took_s", seconds_now() - begin}};
}

Json run_measured(const ImportOptions& options, const fs::path& graph) {
  const ImportSummary s = import_graph(options, graph, {}, StopFlag());
  return {{"rows", s.num_rows},
          {"edges", s.num_edges()},
          {"entities", s.schema.entities[0].num_entities()},
          {"peak_memory_bytes", s.peak_memory_bytes},
          {"graph_bytes", s.graph_bytes},
          {"spilled_bytes", s.spilled_bytes},
          {"seconds", s.seconds}};
}

double median(const std::vector<Json>& runs, const std::string& quantity) {
  std::vector<double> values;
  for (const Json& run : runs) values.push_back(run[quantity].get<double>());
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Each pair of dry run and import follows upon the other, since a machine that others use changes.
void compare(const std::string& name, const Job& job, const Settings& settings) {
  const fs::path cache(settings.cache);
  in_child([&] { return Json(power_law_table(job.table, cache).string()); });
  const fs::path graph = cache / ("graph-of-" + name);
  const ImportOptions options =
      options_of(job, power_law_table(job.table, cache), settings.threads);
  std::vector<Json> predicted, measured;
  for (std::uint32_t run = 0; run < settings.runs; ++run) {
    predicted.push_back(in_child([&] { return run_estimate(options, graph); }));
    measured.push_back(in_child([&] { return run_measured(options, graph); }));
  }
  fs::remove_all(graph);
  for (const auto& [quantity, ignored] : measured[0].items()) {
    const double truth = median(measured, quantity), guess = median(predicted, quantity);
    if (truth == 0.0 && guess == 0.0) continue;
    std::cout << Json{{"name", name},
                      {"quantity", quantity},
                      {"value", guess / truth},
                      {"unit", "predicted / measured"},
                      {"predicted", guess},
                      {"measured", truth},
                      {"sampled_share", median(predicted, "sampled_share")},
                      {"dry_run_s", median(predicted, "took_s")},
                      {"machine", machine()},
                      {"commit", settings.commit},
                      {"config",
                       {{"edges", job.table.num_edges},
                        {"entities", job.table.num_entities},
                        {"files", job.table.num_files},
                        {"memory_bytes", job.memory ? job.memory->value : 0},
                        {"threads", settings.threads},
                        {"runs", settings.runs}}}}
                     .dump()
              << std::endl;
  }
}

}  // namespace

void measure_planner(const Settings& settings) {
  for (const bool text : {true, false}) {
    for (const std::uint64_t edges : {100'000, 1'000'000, 10'000'000, 200'000'000}) {
      if (settings.edges == 0 ? edges > 10'000'000 : edges != settings.edges) continue;
      Job job;
      job.table.text = text;
      job.table.num_edges = edges;
      job.table.num_entities = edges >= 200'000'000 ? edges / 10 : edges / 20;
      job.table.num_files = edges >= 200'000'000 ? 16 : 4;
      if (edges >= 200'000'000) job.memory = Bytes{std::uint64_t{4} << 30};
      if (edges >= 200'000'000 && text) continue;  // too large to keep
      compare(fmt::format("planner.import.{}.{:.0e}", text ? "tsv" : "parquet",
                          static_cast<double>(edges)),
              job, settings);
    }
  }
}

}  // namespace twhin::bench
