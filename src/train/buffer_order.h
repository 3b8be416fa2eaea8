// train/buffer_order.h -- the order of buckets that loads the fewest partitions.
#pragma once

#include <cstdint>
#include <vector>

#include "train/bucket_order.h"
#include "twhin/base/rng.h"

namespace twhin::training {

/// All buckets in an order in which, with `buffer` partitions in memory, few partitions are loaded;
/// buffer 0 or >= num_partitions: any order. Which partition plays which part is random.
std::vector<Bucket> buffer_aware_order(std::uint32_t num_partitions, std::uint32_t buffer, Rng rng);

/// No order loads fewer than this: the first `buffer` partitions cover their pairs, and each
/// further load covers buffer - 1 pairs at most.
std::uint64_t fewest_loads(std::uint32_t num_partitions, std::uint32_t buffer);

/// Partitions that `order` loads in all, with a buffer that always gives up what is needed last.
std::uint64_t num_loads(const std::vector<Bucket>& order, std::uint32_t buffer);

}  // namespace twhin::training
