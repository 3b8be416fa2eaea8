// train/bucket_order.h -- in which order the buckets of an epoch are trained.
//
// P partitions give P x P buckets (i, j): the edges from partition i to partition j. Every order
// has each bucket once. Random choices come from the given stream; with P = 1 there is one bucket.
//
// Sources: inside_out, outside_in and affinity as in PyTorch-BigGraph's bucket_scheduling;
// buffer_aware after BETA (Mohoney et al., Marius, OSDI 2021), searched further.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "twhin/base/rng.h"
#include "twhin/train/options.h"

namespace twhin::training {

struct Bucket {
  std::uint32_t lhs = 0;
  std::uint32_t rhs = 0;
  friend bool operator==(const Bucket&, const Bucket&) = default;
};

/// The buckets of one epoch. `buffer` is the number of partitions that are resident together; only
/// buffer_aware uses it.
std::vector<Bucket> bucket_order(BucketOrder kind, std::uint32_t num_partitions,
                                 std::uint32_t buffer, Rng rng);

/// What a bucket reads and writes: one number for each partition of each type.
using PartsOf = std::function<std::vector<std::uint32_t>(const Bucket&)>;

/// Moves buckets forward, as few and as little as needed, so that each but the first has a
/// partition in common with those before it. All partitions then grow into one coordinate system;
/// needed for the first epoch only.
void connect(std::vector<Bucket>& order, const PartsOf& parts_of);

}  // namespace twhin::training
