#include <fmt/format.h>

#include <iostream>

#include "measure.h"

namespace twhin::bench {
namespace fs = std::filesystem;

void measure_entities(const Settings& settings) {
  const fs::path cache(settings.cache);
  for (const std::uint64_t entities : {1'000'000, 5'000'000, 20'000'000}) {
    Job job;
    job.table.num_entities = entities;
    job.table.num_edges = 10 * entities;
    job.table.num_files = 16;
    in_child([&] { return Json(power_law_table(job.table, cache).string()); });
    const fs::path table = power_law_table(job.table, cache);
    for (const std::uint64_t memory_mib : {0, 1024}) {  // without and with a bound that it feels
      if (memory_mib > 0) job.memory = Bytes{memory_mib << 20};
      const fs::path graph = cache / "graph-of-import.entities";
      const ImportOptions options = options_of(job, table, settings.threads);
      const Json run = in_child([&] { return run_import(options, graph); });
      std::uint64_t names_bytes = 0;
      for (const auto& entry : fs::directory_iterator(graph / "vocabulary")) {
        names_bytes += entry.file_size();
      }
      fs::remove_all(graph);
      const double per_1e8 = 1e8 / run["entities"].get<double>();
      std::cout << Json{{"name", fmt::format("import.entities.{}m{}", entities / 1'000'000,
                                             memory_mib > 0 ? ".1gib" : "")},
                        {"value", run["seconds"].get<double>() * per_1e8},
                        {"unit", "s per 1e8 entities with 10 edges each"},
                        {"seconds", run["seconds"]},
                        {"cpu_seconds", run["cpu_seconds"]},
                        {"peak_rss_bytes", run["peak_rss_bytes"]},
                        {"peak_rss_bytes_per_1e8", run["peak_rss_bytes"].get<double>() * per_1e8},
                        {"vocabulary_bytes", names_bytes},
                        {"vocabulary_bytes_per_1e8", static_cast<double>(names_bytes) * per_1e8},
                        {"graph_bytes", run["graph_bytes"]},
                        {"spilled_bytes", run["spilled_bytes"]},
                        {"machine", machine()},
                        {"commit", settings.commit},
                        {"config",
                         {{"edges", job.table.num_edges},
                          {"entities", run["entities"]},
                          {"memory_bytes", memory_mib << 20},
                          {"threads", settings.threads}}}}
                       .dump()
                << std::endl;
    }
  }
}

}  // namespace twhin::bench
