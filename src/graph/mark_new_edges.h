// graph/mark_new_edges.h -- which edges of a grown graph its base had not.
//
// Old entities have the same ids in both, and the edges of a bucket lie in the same order (of the
// hashes of their ends, then time), so one pass over both files tells: an edge with a row that the
// base has not is new; any other is new unless the base's file has it at the place where it would
// stand. Hashes are looked up, by names, only where the two differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "twhin/base/stop.h"
#include "twhin/graph/graph.h"
#include "twhin/storage/manifest.h"

namespace twhin {

/// Writes new_edges_file() of each bucket of split "train" that has new edges, adds it to the
/// manifest's files, and returns their numbers, by the bucket's file.
///
/// An edge of `now` is new unless split "train" of `base` has one of the same relation, ends and
/// timestamp; weights are not compared. Memory: two blocks of edges for each thread, and pages of
/// the base's names.
std::map<std::string, std::uint64_t> mark_new_edges(const Graph& now, const Graph& base,
                                                    std::size_t num_threads, const StopFlag& stop,
                                                    Manifest& manifest);

}  // namespace twhin
