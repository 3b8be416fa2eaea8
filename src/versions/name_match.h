// versions/name_match.h -- who is who in two versions: entities of one type by their names.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "twhin/storage/vocabulary.h"

namespace twhin {

/// Borrows both vocabularies. Threads   may be used concurrently.
class NameMatch {
 public:
  NameMatch(const Vocabulary& from, const Vocabulary& to) : from_(from), to_(to) {}

  /// The entity of `to` that has the name of this one of `from`. A network that grew has it in the
  /// same place, so that is where it is looked for first.
  std::optional<EntityId> operator()(EntityId id) const {
    const std::string_view name = from_.name(id);
    if (id.partition < to_.num_partitions() && id.row < to_.size(id.partition) &&
        to_.name(id) == name) {
      return id;
    }
    return to_.find(name);
  }

 private:
  const Vocabulary& from_;
  const Vocabulary& to_;
};

}  // namespace twhin
