// model/own_endpoints.h -- negatives that are no negatives.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel/group.h"

namespace twhin {

/// Appends the entries (source, target) of a group's matrix that are one of the edges that they
/// were made of, since both have the same entity at the place that was replaced. Each entry once,
/// no diagonal.
///
/// Shapes    lhs_ids [P + Ul], rhs_ids [P + Ur]: row ids in the resident partitions of the two
/// types.
void find_own_endpoints(const kernel::GroupShape& shape, std::span<const std::uint32_t> lhs_ids,
                        std::span<const std::uint32_t> rhs_ids,
                        std::vector<kernel::MaskedEntry>& out);

/// Whether (source, target), no diagonal, is such an entry.
bool is_own_endpoint(const kernel::GroupShape& shape, std::span<const std::uint32_t> lhs_ids,
                     std::span<const std::uint32_t> rhs_ids, kernel::MaskedEntry entry);

}  // namespace twhin
