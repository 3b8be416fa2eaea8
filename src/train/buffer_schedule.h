// train/buffer_schedule.h -- which partitions are read and given up before each step.
//
// The order of an epoch's steps is known, so the partition to give up is the one whose next use is
// farthest away (Belady, 1966): no other choice reads fewer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace twhin::training {

/// One partition comes, and another one goes if the buffer is full.
struct Swap {
  std::size_t needed_at = 0;  ///< step that uses `in` first
  std::uint32_t in = 0;
  std::optional<std::uint32_t> out;
  std::size_t out_free_at = 0;  ///< first step that no longer uses `out`; 0: it is free at once
};

/// `uses[k]`: the partitions that step k needs, at most `capacity` different ones. `held`: those in
/// memory before step 0. Swaps are in ascending order of needed_at.
std::vector<Swap> buffer_schedule(std::span<const std::vector<std::uint32_t>> uses,
                                  std::size_t capacity, std::vector<std::uint32_t> held);

}  // namespace twhin::training
