// Stage 4 of an import: buckets, and what the manifest says of them.
#include <fmt/format.h>

#include <map>

#include "graph/import_run.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

// No row may be lost: rows = edges + duplicates + self_loops + filtered + rejected.
void check_sums(const ImportSummary& summary) {
  std::uint64_t accounted = summary.unassigned_rejected + summary.unassigned_filtered;
  for (const RelationCounts& c : summary.counts) {
    std::uint64_t of_relation = c.duplicates + c.self_loops + c.filtered + c.rejected;
    for (const auto& [split, edges] : c.edges) of_relation += edges;
    accounted += of_relation;
    if (of_relation != c.rows) accounted = ~std::uint64_t{0};
  }
  if (accounted == summary.num_rows) return;
  throw ErrorBuilder(ErrorKind::internal, "graph.lost_rows")
      .what("the import lost or doubled rows")
      .found(fmt::format("{} accounted for", accounted))
      .expected(fmt::format("{} rows read", summary.num_rows))
      .build();
}

}  // namespace

void write_edges(ImportRun& run) {
  const std::vector<std::uint32_t> order = run.relations.schema_order();
  const auto file_of = [&](const BucketId& id) {
    return Graph::bucket_file(run.split_names[id.split], run.relations.name(id.relation),
                              id.lhs_partition, id.rhs_partition);
  };
  std::vector<std::map<std::string, std::uint64_t>> edges(run.relations.size());
  std::vector<bool> has_split(run.split_names.size());
  for (const auto& [id, size] : run.buckets.sizes()) {
    edges[id.relation][run.split_names[id.split]] += size;
    has_split[id.split] = true;
    run.meta.bucket_sizes[file_of(id)] = size;
  }
  for (std::size_t s = 0; s < run.split_names.size(); ++s) {
    if (s == 0 || has_split[s]) run.summary.splits.push_back(run.split_names[s]);
  }
  for (const std::uint32_t r : order) {
    const IntakeCounts& c = run.counts[r];
    run.summary.schema.relations.push_back(
        {run.relations.name(r), run.relations[r].lhs_type, run.relations[r].rhs_type});
    run.summary.counts.push_back(
        {c.rows, run.duplicates[r], c.self_loops, c.filtered, c.rejected, edges[r]});
    run.meta.has_timestamps.push_back(c.with_timestamp > 0);
  }
  check_sums(run.summary);
  run.report.report({"writing the edges", 0, 0, "edges", {}});
  // The names' share is free by now.
  run.buckets.write(run.partial.path(), file_of, run.plan.num_threads, run.plan.name_budget() / 2,
                    run.stop, run.manifest);
  run.report.check_stop();
}

}  // namespace twhin
