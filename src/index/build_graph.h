// index/build_graph.h -- an HNSW graph over the items of a type, built by hnswlib.
//
// Source: Malkov and Yashunin, TPAMI 2020, algorithms 1, 2 and 4, as hnswlib has them; a row's
// level is floor(-ln(u) / ln(M)) with u drawn by (seed, row), so that it depends on no thread.
#pragma once

#include <cstdint>
#include <functional>

#include "index/item_space.h"
#include "index/links.h"
#include "twhin/base/stop.h"

namespace twhin {

struct GraphOptions {
  std::uint32_t m = 16;
  std::uint32_t ef_construction = 200;
  std::uint64_t seed = 1;
  std::size_t threads = 1;  ///< 1: equal links for equal items; more: not
};

/// `progress` is called by one thread now and then with the number of rows inserted.
/// Errors    cancelled "index.cancelled"; unavailable "base.out_of_memory".
GraphLinks build_graph(const ItemSpace& space, const GraphOptions& options,
                       const std::function<void(std::uint64_t rows)>& progress,
                       const StopFlag& stop);

/// Bytes that building takes at its peak.
std::uint64_t graph_build_bytes(std::uint64_t num_rows, std::size_t dim, std::uint32_t m);

}  // namespace twhin
