#include "twhin/graph/import.h"

#include <chrono>

#include "graph/import_run.h"
#include "twhin/base/memory.h"

namespace twhin {

ImportSummary import_graph(const ImportOptions& options, const std::filesystem::path& graph_dir,
                           const Observer& observer, const StopFlag& stop, const Graph* base) {
  const auto begin = std::chrono::steady_clock::now();
  check_import(options);
  ImportRun run(options, graph_dir, observer, stop, base);
  if (base != nullptr) check_base(run);
  // What a stage leaves behind in the allocator would count beside what the next one takes.
  read_rows(run);
  release_free_memory();
  write_names(run);
  release_free_memory();
  sort_edges(run);
  run.sorted.clear();
  run.indexes.clear();
  release_free_memory();
  write_edges(run);
  complete(run);
  publish(run);
  ImportSummary summary = std::move(run.summary);
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  summary.peak_memory_bytes = peak_resident_bytes();
  return summary;
}

}  // namespace twhin
