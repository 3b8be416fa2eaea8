// twhin/graph/export.h -- a graph as tables, and the config that imports them again.
//
//   OUT/   config.yaml
//          edges/<relation>/<split>.parquet   lhs, rhs, weight, timestamp (where there is one),
//          relation entities/<type>.parquet            name, id: all entities, also those without
//          edges
//
// `twhin import OUT/config.yaml` gives a graph with the same files, bit for bit, for every graph
// whose entities have the ids of a fresh import (one that has grown with --base gets new ids); its
// manifest has the same checksum as well, unless the first import left rows out, which it counts.
#pragma once

#include <cstdint>
#include <filesystem>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/graph/graph.h"

namespace twhin {

/// What stands in the columns lhs and rhs.
enum class EntityColumns {
  names,
  ids  ///< numbers from 0 in each type: partition after partition, row after row
};

struct ExportSummary {
  std::uint64_t num_files = 0, num_edges = 0, num_entities = 0, num_bytes = 0;
  double seconds = 0.0;
};

/// Writes `out`, which appears as a whole or not at all.
///
/// Cost      about 100 MB a thread, whatever the size of the graph, which is read where it lies.
/// Errors    invalid_argument "graph.export_exists" if `out` is there and not empty; those of
///           Graph::bucket and TableWriter; cancelled "graph.stopped".
ExportSummary export_graph(const Graph& graph, const std::filesystem::path& out,
                           EntityColumns columns, std::size_t num_threads, const Observer& observer,
                           const StopFlag& stop);

}  // namespace twhin
