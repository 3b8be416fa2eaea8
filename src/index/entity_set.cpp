#include "twhin/index/index.h"

namespace twhin {

EntitySet::EntitySet(const EntityType& type) {
  first_.push_back(0);
  for (const std::uint32_t size : type.partition_sizes) first_.push_back(first_.back() + size);
  bits_.resize((num_entities() + 63) / 64, 0);
}

void EntitySet::insert(EntityId id) {
  const std::uint64_t at = place(id), bit = std::uint64_t{1} << (at % 64);
  if ((bits_[at / 64] & bit) == 0) ++size_;
  bits_[at / 64] |= bit;
}

bool EntitySet::contains(EntityId id) const {
  const std::uint64_t at = place(id);
  return (bits_[at / 64] >> (at % 64) & 1) != 0;
}

void Hits::push_back(std::span<const Hit> hits) {
  hits_.insert(hits_.end(), hits.begin(), hits.end());
  first_.push_back(hits_.size());
}

}  // namespace twhin
