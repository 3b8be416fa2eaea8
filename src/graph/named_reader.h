// graph/named_reader.h -- a table of ids, read with the names that they stand for.
#pragma once

#include <memory>
#include <vector>

#include "graph/batch.h"
#include "graph/dictionary.h"

namespace twhin {

/// What the ids in a file stand for.
struct IdNames {
  std::shared_ptr<const Dictionary> relations;
  std::vector<std::shared_ptr<const Dictionary>> lhs, rhs;  ///< by relation id
};

/// The same rows with names in the slots of lhs, rhs and relation. A row with an id that is no
/// number ("graph.bad_id") or has no name ("graph.id_out_of_range") becomes a bad row.
/// `names` must outlive what is read.
std::unique_ptr<TableReader> read_named(std::unique_ptr<TableReader> reader, const IdNames& names);

}  // namespace twhin
