// candidates/quota.h -- places of a list shared out among components.
//
// Largest remainder (Hare, Hamilton): component c with weight w_c of W = sum w gets
//
//     floor(k w_c / W)   places, and those that are left go one each to the components with the
//                        largest fractional parts; equal ones by weight, then by place
//
// so that the places add up to k and none differs from its exact share by one or more.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace twhin {

/// [weights.size()], with sum k; all 0 if no weight is positive. A component of weight 0 gets none.
/// Requires  finite weights >= 0.
std::vector<std::size_t> quotas(std::span<const double> weights, std::size_t k);

}  // namespace twhin
