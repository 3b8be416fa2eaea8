#include "model/own_endpoints.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "twhin/base/rng.h"

namespace twhin {
namespace {

using Entries = std::set<std::pair<std::uint32_t, std::uint32_t>>;

/// By the definition in twhin/model/negatives.h.
Entries expected_entries(const kernel::GroupShape& shape, const std::vector<std::uint32_t>& lhs,
                         const std::vector<std::uint32_t>& rhs) {
  Entries out;
  const std::size_t p = shape.num_positives;
  for (std::uint32_t i = 0; i < lhs.size(); ++i) {
    for (std::uint32_t j = 0; j < rhs.size(); ++j) {
      const bool in_batch = i < p && j < p;
      if ((i >= p && j >= p) || (in_batch && (i == j || !shape.batch_negatives))) continue;
      if ((i < p && rhs[j] == rhs[i]) || (j < p && lhs[i] == lhs[j])) out.insert({i, j});
    }
  }
  return out;
}

TEST(OwnEndpoints, AreFoundOnceEachInGroupsOfAnyShape) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    kernel::GroupShape shape;
    shape.num_positives = rng.below(20);
    shape.num_lhs_uniform = rng.below(9);
    shape.num_rhs_uniform = rng.below(40);
    shape.batch_negatives = rng.below(4) != 0;
    const std::uint64_t num_entities = 1 + rng.below(60);
    std::vector<std::uint32_t> lhs(shape.num_sources()), rhs(shape.num_targets());
    for (auto& id : lhs) id = static_cast<std::uint32_t>(rng.below(num_entities));
    for (auto& id : rhs) id = static_cast<std::uint32_t>(rng.below(num_entities));

    std::vector<kernel::MaskedEntry> found;
    find_own_endpoints(shape, lhs, rhs, found);
    Entries entries;
    for (const kernel::MaskedEntry& entry : found) {
      EXPECT_TRUE(entries.insert({entry.source, entry.target}).second) << "twice";
      EXPECT_TRUE(is_own_endpoint(shape, lhs, rhs, entry));
    }
    EXPECT_EQ(entries, expected_entries(shape, lhs, rhs)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace twhin
