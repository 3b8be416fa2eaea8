#include <fmt/format.h>

#include "graph/pbg_edges.h"
#include "twhin/base/error.h"

namespace twhin {

std::unique_ptr<TableReader> open_pbg(const InputFile& file, std::size_t) {
  throw ErrorBuilder(ErrorKind::unavailable, "graph.no_hdf5")
      .what(fmt::format("{} is HDF5, and this twhin was built without it", quote(file.name)))
      .at(file.at)
      .hint("install libhdf5-dev (scripts/setup does) and build twhin again")
      .build();
}

bool pbg_has_weights(const InputFile&) { return false; }

bool has_hdf5() { return false; }

}  // namespace twhin
