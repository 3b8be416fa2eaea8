#include "twhin/metrics/clustering.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "metrics/testing.h"

namespace twhin::metrics {
namespace {

using testing::id_of;
using testing::random_below;
using Labels = std::vector<std::uint32_t>;

// sum p(a,b) log( p(a,b) / (p(a) p(b)) ) over the mean of the entropies, from a table.
double by_definition(const Labels& a, const Labels& b) {
  std::map<std::uint32_t, double> pa, pb;
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> pab;
  const double each = 1.0 / static_cast<double>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    pa[a[i]] += each, pb[b[i]] += each, pab[{a[i], b[i]}] += each;
  }
  double shared = 0.0, ha = 0.0, hb = 0.0;
  for (const auto& [label, p] : pa) ha -= p * std::log(p);
  for (const auto& [label, p] : pb) hb -= p * std::log(p);
  for (const auto& [pair, p] : pab) shared += p * std::log(p / (pa[pair.first] * pb[pair.second]));
  return shared / (0.5 * (ha + hb));
}

TEST(NormalizedMutualInformation, ByHand) {
  // Two halves against halves of one of them: I = H(a) = log 2, H(b) = 1.5 log 2.
  EXPECT_DOUBLE_EQ(*normalized_mutual_information(Labels{0, 0, 1, 1}, Labels{0, 0, 1, 2}), 0.8);
}

TEST(NormalizedMutualInformation, IsOneForTheSamePartitionUnderOtherNames) {
  const Labels a = {0, 0, 1, 1, 2, 2, 2}, b = {9, 9, 4, 4, 4000000000u, 4000000000u, 4000000000u};
  EXPECT_DOUBLE_EQ(*normalized_mutual_information(a, b), 1.0);
}

TEST(NormalizedMutualInformation, IsZeroForIndependentLabels) {
  EXPECT_NEAR(*normalized_mutual_information(Labels{0, 0, 1, 1}, Labels{0, 1, 0, 1}), 0.0, 1e-15);
  EXPECT_EQ(normalized_mutual_information(Labels{5, 5, 5}, Labels{0, 1, 2}), 0.0);
  const Labels large = {0, 2147483648u, 0, 2147483648u};
  EXPECT_NEAR(*normalized_mutual_information(Labels{0, 0, 1, 1}, large), 0.0, 1e-15);
}

TEST(NormalizedMutualInformation, OfOneClusterEachIsOneAndOfNothingEmpty) {
  EXPECT_EQ(normalized_mutual_information(Labels{3, 3}, Labels{8, 8}), 1.0);
  EXPECT_EQ(normalized_mutual_information(Labels{3}, Labels{8}), 1.0);
  EXPECT_EQ(normalized_mutual_information({}, {}), std::nullopt);
}

TEST(NormalizedMutualInformation, EqualsTheDefinitionAndIsSymmetric) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto a = random_below<std::uint32_t>(200, 1 + seed % 9 + 1, seed);
    auto b = random_below<std::uint32_t>(200, 6, seed + 100);
    for (std::size_t i = 0; i < seed * 4; ++i) b[i] = a[i] % 3;  // from unrelated to close
    const double found = *normalized_mutual_information(a, b);
    EXPECT_NEAR(found, by_definition(a, b), 1e-12) << "seed " << seed;
    EXPECT_EQ(found, *normalized_mutual_information(b, a)) << "seed " << seed;
  }
}

TEST(NormalizedMutualInformation, HasTheSameBitsUnderOtherNamesAndOrders) {
  auto a = random_below<std::uint32_t>(500, 20, 1);
  auto b = random_below<std::uint32_t>(500, 7, 2);
  const auto expected = normalized_mutual_information(a, b);
  for (std::uint32_t& label : a) label = 77u - 3u * label + 1000u;
  for (std::uint32_t& label : b) label = label * 2654435761u;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (std::size_t i = 0; i < a.size(); ++i) pairs.emplace_back(a[i], b[i]);
  testing::shuffle(pairs, 3);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = pairs[i].first, b[i] = pairs[i].second;
  EXPECT_EQ(normalized_mutual_information(a, b), expected);
}

TEST(NormalizedMutualInformation, RefusesLabellingsOfDifferentThings) {
  EXPECT_EQ(id_of([] {
              normalized_mutual_information(Labels{1, 2}, Labels{1});
            }),
            "metrics.size_mismatch");
}

}  // namespace
}  // namespace twhin::metrics
