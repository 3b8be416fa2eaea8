// mixture/shares.h -- Eq. 3 of one user: from engagements to components.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "mixture/engagements.h"
#include "twhin/mixture/mixture.h"

namespace twhin {

/// P(c | u) over all clusters that the user engaged with, by cluster. Records ordered by cluster.
std::vector<Component> shares_of(std::span<const EngagementRecord> records);

/// The m heaviest, the heaviest first; of equal weights the smaller cluster.
std::vector<Component> heaviest(std::vector<Component> components, std::size_t m);

/// Weighted mean of the rows that the user engaged with in each component's cluster; `otherwise`
/// writes the row of a cluster that the user never engaged with. out [kept.size(), dim].
void own_vectors(std::span<const EngagementRecord> records, std::span<const Component> kept,
                 std::size_t dim, const std::function<void(FlatId target, float* row)>& read_row,
                 const std::function<void(std::uint32_t cluster, float* row)>& otherwise,
                 float* out);

}  // namespace twhin
