#include "train/entity_match.h"

#include <algorithm>

namespace twhin::training {
namespace {

std::uint32_t row_of(std::span<const std::uint32_t> rows, std::size_t i) {
  return rows.empty() ? static_cast<std::uint32_t>(i) : rows[i];
}

}  // namespace

EntityMatch::EntityMatch(const Vocabulary& now, std::uint32_t partition, const Vocabulary& before)
    : ids_(now.size(partition), kNone) {
  const auto set = [&](std::uint32_t row, EntityId id) {
    ids_[row] = std::uint64_t{id.partition} << 32 | id.row;
  };
  if (now.seed() != before.seed()) {
    for (std::uint32_t row = 0; row < now.size(partition); ++row) {
      if (const auto id = before.find(now.name({partition, row}))) set(row, *id);
    }
    return;
  }
  const auto hashes = now.hashes(partition);
  const auto rows = now.rows(partition);
  std::span<const std::uint64_t> old_hashes;
  std::uint32_t old_partition = 0;
  std::size_t at = 0;
  bool entered = false;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const std::uint32_t wanted = partition_of(hashes[i], before.num_partitions());
    if (!entered || wanted != old_partition) {
      entered = true;
      old_partition = wanted;
      old_hashes = before.hashes(wanted);
      at = static_cast<std::size_t>(
          std::lower_bound(old_hashes.begin(), old_hashes.end(), hashes[i]) - old_hashes.begin());
    }
    while (at < old_hashes.size() && old_hashes[at] < hashes[i]) ++at;
    if (at == old_hashes.size() || old_hashes[at] != hashes[i]) continue;
    const EntityId id{old_partition, row_of(before.rows(old_partition), at)};
    const std::uint32_t row = row_of(rows, i);
    // Names of two versions may share a hash, unlike those of one graph.
    if (before.name(id) == now.name({partition, row})) set(row, id);
  }
}

std::uint64_t EntityMatch::count() const {
  return ids_.size() -
         static_cast<std::uint64_t>(std::count(ids_.begin(), ids_.end(), std::uint64_t{kNone}));
}

std::size_t EntityMatch::run_length(std::size_t row, std::size_t most) const {
  std::size_t length = 1;
  while (length < most && row + length < ids_.size() && ids_[row + length] != kNone &&
         ids_[row + length] == ids_[row] + length) {
    ++length;
  }
  return length;
}

}  // namespace twhin::training
