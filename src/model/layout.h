// model/layout.h -- entities of a type numbered through, partition after partition.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "twhin/storage/schema.h"

namespace twhin {

/// Place of an entity in its type: rows of partition 0, then those of partition 1, …
using FlatId = std::uint32_t;
inline constexpr FlatId kNoEntity = ~FlatId{0};

class TypeLayout {
 public:
  /// Errors    invalid_argument "model.too_many_entities" from 2^32 - 1 entities on.
  explicit TypeLayout(const EntityType& type);

  FlatId size() const { return first_.back(); }
  FlatId first(std::uint32_t partition) const { return first_[partition]; }
  FlatId flat(EntityId id) const { return first_[id.partition] + id.row; }
  EntityId id(FlatId flat) const {
    const auto after = std::upper_bound(first_.begin(), first_.end(), flat);
    const auto partition = static_cast<std::uint32_t>(after - first_.begin() - 1);
    return {partition, flat - first_[partition]};
  }

 private:
  std::vector<FlatId> first_;  // of each partition, then the number of all
};

std::vector<TypeLayout> layouts_of(const Schema& schema);

}  // namespace twhin
