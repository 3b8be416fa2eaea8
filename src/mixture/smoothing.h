// mixture/smoothing.h -- kNN-Embed's smoothing of P(c | u) by the nearest users.
//
//     P'(c | u) = (1 - lambda) P(c | u) + lambda / n sum_{i < n} P(c | u_i)
//
// u_1, …, u_n: the users of the same type with engagements whose rows have the largest cosine with
// that of u. A user without engagements takes the mean of its neighbours whole.
//
// Source: kNN-Embed, arXiv 2205.06205.
#pragma once

#include <cstdint>
#include <vector>

#include "model/layout.h"
#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/mixture/mixture.h"

namespace twhin {

/// P(c | u) over all clusters, of each user of a type.
using AllShares = std::vector<std::vector<Component>>;  // by FlatId

struct SmoothingOptions {
  float lambda = 0.0f;
  std::size_t num_neighbors = 10;
  std::size_t m = 5;  ///< components that are kept
  std::size_t threads = 1;
};

/// The m heaviest of each user's smoothed components. Cost 2 dim users^2 operations.
/// Errors    those of exact search; cancelled.
AllShares smooth(const AllShares& shares, const Rows& rows, const EntityType& type,
                 const SmoothingOptions& options, const Observer& observer, const StopFlag& stop);

}  // namespace twhin
