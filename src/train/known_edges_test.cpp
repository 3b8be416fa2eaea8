#include "train/known_edges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "twhin/base/rng.h"

namespace twhin::training {
namespace {

using Entries = std::multiset<std::pair<std::uint32_t, std::uint32_t>>;

// Random edges with duplicates, in no order, between 40 and 60 entities; entity 3 knows all.
struct Network {
  Network() {
    Rng rng(5);
    for (int e = 0; e < 400; ++e) add(rng.below(40), rng.below(60));
    for (std::uint32_t t = 0; t < 60; ++t) add(3, t);
  }
  void add(std::uint64_t l, std::uint64_t t) {
    lhs.push_back(static_cast<std::uint32_t>(l));
    rhs.push_back(static_cast<std::uint32_t>(t));
    known.emplace(lhs.back(), rhs.back());
  }
  KnownEdges index() const { return KnownEdges({lhs, rhs, {}, {}}); }

  std::vector<std::uint32_t> lhs, rhs;
  std::set<std::pair<std::uint32_t, std::uint32_t>> known;
};

TEST(KnownEdges, ListsTheOtherEndsOfAnEntityOnce) {
  const Network network;
  const KnownEdges index = network.index();
  for (std::uint32_t l = 0; l < 45; ++l) {
    std::vector<std::uint32_t> expected;
    for (const auto& [lhs, rhs] : network.known) {
      if (lhs == l) expected.push_back(rhs);
    }
    EXPECT_THAT(index.others(Side::rhs, l), ::testing::ElementsAreArray(expected)) << l;
  }
  for (std::uint32_t t = 0; t < 65; ++t) {
    std::vector<std::uint32_t> expected;
    for (const auto& [lhs, rhs] : network.known) {
      if (rhs == t) expected.push_back(lhs);
    }
    EXPECT_THAT(index.others(Side::lhs, t), ::testing::ElementsAreArray(expected)) << t;
  }
}

// Ten positives and their batch, some of 15 drawn entities (one drawn twice), or all.
TEST(KnownEdgeFinder, FindsEachCandidateThatMakesAKnownEdge) {
  const Network network;
  const KnownEdges index = network.index();
  KnownEdgeFinder finder;
  Rng rng(9);
  for (const Side wanted : {Side::rhs, Side::lhs}) {
    const auto& given_of = wanted == Side::rhs ? network.lhs : network.rhs;
    const auto& own_of = wanted == Side::rhs ? network.rhs : network.lhs;
    const std::uint32_t num_entities = wanted == Side::rhs ? 60 : 40;
    for (const auto& [batch, all] : {std::pair{true, false}, {false, false}, {true, true}}) {
      std::vector<std::uint32_t> given, candidates;
      for (int i = 0; i < 10; ++i) {
        const std::uint64_t e = i == 0 ? 410 : rng.below(network.lhs.size());
        given.push_back(given_of[e]);
        candidates.push_back(own_of[e]);
      }
      for (std::uint32_t k = 0; k < (all ? num_entities : 15); ++k) {
        candidates.push_back(all ? k : static_cast<std::uint32_t>(rng.below(num_entities)));
      }
      if (!all) candidates.push_back(candidates.back());
      Entries expected;
      for (std::uint32_t i = 0; i < given.size(); ++i) {
        for (std::uint32_t k = batch ? 0 : 10; k < candidates.size(); ++k) {
          const bool is_known = wanted == Side::rhs
                                    ? network.known.contains({given[i], candidates[k]})
                                    : network.known.contains({candidates[k], given[i]});
          if (k != i && is_known) expected.emplace(i, k);
        }
      }
      std::vector<kernel::MaskedEntry> found;
      finder.find(index, wanted, given, {candidates, batch, all}, found);
      Entries got;
      for (const kernel::MaskedEntry& entry : found) got.emplace(entry.source, entry.target);
      EXPECT_EQ(got, expected) << "batch " << batch << ", all " << all;
      EXPECT_GT(expected.size(), 15u);
    }
  }
}

TEST(KnownEdges, AnEmptyFileKnowsNothing) {
  const KnownEdges index{EdgeSpan{}};
  EXPECT_TRUE(index.others(Side::rhs, 0).empty());
}

}  // namespace
}  // namespace twhin::training
