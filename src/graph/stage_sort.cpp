// Stage 3 of an import: ranges of the lhs hash are looked up, merged, split, divided over the
// buckets.
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

#include "graph/import_run.h"
#include "graph/leak_guard.h"
#include "graph/range_sorter.h"
#include "graph/splitter.h"
#include "twhin/base/memory.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

// Goes through all rows once more, before any edge may leave train because of a held-out one.
std::unique_ptr<LeakGuard> collect_held_out(ImportRun& run, const RangeSorter& sorter) {
  auto guard = std::make_unique<LeakGuard>(run.options.split.held_out_pairs, run.relations,
                                           run.plan.log2_ranges, run.plan.page_bytes,
                                           run.plan.rows_at_once, run.row_spill);
  std::atomic<std::size_t> next{0};
  run_threads(run.plan.num_threads, [&](std::size_t) {
    EdgeStore::Writer pairs(guard->pairs());
    for (std::size_t range; (range = next.fetch_add(1)) < run.edges.num_ranges();) {
      run.report.check_stop();
      run.report.report({"finding what is held out", range, run.edges.num_ranges(), "ranges", {}});
      sorter.sort(run.edges, range, /*take=*/false,
                  [&](SortedEdges&& edges, std::vector<std::uint8_t>&& splits) {
                    guard->collect(edges, splits, run.sorted[edges.relation], pairs);
                  });
    }
    pairs.flush();
  });
  return guard;
}

}  // namespace

void sort_edges(ImportRun& run) {
  TimeCut cut;
  if (run.options.split.by == SplitBy::time) {
    cut = find_time_cut(run.edges, run.sorted, run.options.split);
  }
  const Splitter splitter(run.options.split, cut);
  const RangeSorter sorter(
      run.sorted,
      [&run](std::uint32_t relation) -> const std::string& { return run.relations.name(relation); },
      splitter, run.row_spill, {run.plan.rows_at_once, run.plan.part_page_bytes});
  std::unique_ptr<LeakGuard> guard;
  if (run.options.split.held_out_pairs != HeldOutPairs::keep) guard = collect_held_out(run, sorter);
  run.duplicates.resize(run.relations.size());
  std::mutex mutex;
  std::uint64_t num_done = 0;
  const std::uint64_t ranges_per_release = (run.edges.num_ranges() + 7) / 8;
  parallel_for(run.edges.num_ranges(), run.plan.num_threads, [&](std::size_t range) {
    run.report.check_stop();
    LeakGuard::Pairs pairs;
    if (guard) pairs = guard->pairs_of(range);
    BucketStore::Writer buckets(run.buckets, range);
    sorter.sort(run.edges, range, /*take=*/true,
                [&](SortedEdges&& edges, std::vector<std::uint8_t>&& splits) {
                  run.report.check_stop();
                  const SortedRelation& relation = run.sorted[edges.relation];
                  const std::uint64_t num_rare = edges.num_filtered;
                  if (guard) guard->remove_leaks(pairs, edges, splits, relation);
                  buckets.add(edges, splits, relation);
                  const std::lock_guard lock(mutex);
                  run.duplicates[edges.relation] += edges.num_duplicates;
                  run.counts[edges.relation].filtered += edges.num_filtered;
                  run.summary.num_rare += num_rare;
                  run.summary.num_leaks += edges.num_filtered - num_rare;
                });
    buckets.flush();
    const std::lock_guard lock(mutex);
    run.report.report({"sorting", ++num_done, run.edges.num_ranges(), "ranges", {}});
    // Rows leave in small pieces, which the allocator would keep beside the edges that come.
    if (num_done % ranges_per_release == 0) release_free_memory();
  });
}

}  // namespace twhin
