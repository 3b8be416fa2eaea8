#include "twhin/metrics/recommendation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "metrics/testing.h"

namespace twhin::metrics {
namespace {

using testing::id_of;
using Items = std::vector<std::uint64_t>;

// Hits at places 1, 3 and 6 of the list; R = {10, 30, 60, 99}.
const Items kList = {10, 20, 30, 40, 50, 60};
const Items kRelevant = {10, 30, 60, 99};

TEST(ListMetrics, AtFiveByHand) {
  const auto m = list_metrics(kList, kRelevant, 5);
  EXPECT_DOUBLE_EQ(m->recall, 2.0 / 4.0);
  EXPECT_DOUBLE_EQ(m->capped_recall, 2.0 / 4.0);
  EXPECT_DOUBLE_EQ(m->precision, 2.0 / 5.0);
  EXPECT_DOUBLE_EQ(m->hit, 1.0);
  const double dcg = 1.0 + 1.0 / std::log2(4.0);
  const double ideal = 1.0 + 1.0 / std::log2(3.0) + 1.0 / std::log2(4.0) + 1.0 / std::log2(5.0);
  EXPECT_DOUBLE_EQ(m->ndcg, dcg / ideal);
  EXPECT_DOUBLE_EQ(m->average_precision, (1.0 / 1.0 + 2.0 / 3.0) / 4.0);
  EXPECT_DOUBLE_EQ(m->reciprocal_rank, 1.0);
}

TEST(ListMetrics, CapTheRecallAndTheIdealByK) {
  const auto m = list_metrics(kList, kRelevant, 2);
  EXPECT_DOUBLE_EQ(m->recall, 1.0 / 4.0);
  EXPECT_DOUBLE_EQ(m->capped_recall, 1.0 / 2.0);
  EXPECT_DOUBLE_EQ(m->ndcg, 1.0 / (1.0 + 1.0 / std::log2(3.0)));
  EXPECT_DOUBLE_EQ(m->average_precision, 1.0 / 2.0);
}

TEST(ListMetrics, CountPlacesThatTheListDoesNotFillAsMisses) {
  const auto m = list_metrics(Items{10, 30}, kRelevant, 10);
  EXPECT_DOUBLE_EQ(m->precision, 2.0 / 10.0);
  EXPECT_DOUBLE_EQ(m->recall, 2.0 / 4.0);
  const auto none = list_metrics(Items{}, kRelevant, 10);
  EXPECT_EQ(none->recall, 0.0);
  EXPECT_EQ(none->hit, 0.0);
  EXPECT_EQ(none->reciprocal_rank, 0.0);
}

TEST(ListMetrics, AreOneForAPerfectListAndZeroForAUselessOne) {
  for (const std::size_t k : {1u, 2u, 3u, 4u}) {
    const auto perfect = list_metrics(kRelevant, kRelevant, k);
    EXPECT_EQ(perfect->capped_recall, 1.0);
    EXPECT_EQ(perfect->ndcg, 1.0);
    EXPECT_EQ(perfect->average_precision, 1.0);
    EXPECT_EQ(perfect->precision, 1.0);
    const auto useless = list_metrics(Items{1, 2, 3, 4}, kRelevant, k);
    EXPECT_EQ(useless->ndcg, 0.0);
    EXPECT_EQ(useless->average_precision, 0.0);
  }
}

TEST(ListMetrics, DoNotExistWithoutRelevantItems) {
  EXPECT_FALSE(list_metrics(kList, Items{}, 5).has_value());
}

// The definitions once more, with sets and sums over all places.
TEST(ListMetrics, EqualTheDefinitionsOnRandomLists) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    Items list;
    for (std::uint64_t item = 0; item < 30; ++item) list.push_back(item);
    testing::shuffle(list, seed);
    list.resize(rng.below(31));
    std::set<std::uint64_t> relevant;
    while (relevant.size() < 1 + seed % 12) relevant.insert(rng.below(40));
    const std::size_t k = 1 + rng.below(35);

    const auto rel = [&](std::size_t place) {
      return place <= list.size() && place <= k && relevant.count(list[place - 1]) > 0;
    };
    double hits = 0.0, dcg = 0.0, precisions = 0.0, first = 0.0, ideal = 0.0;
    for (std::size_t i = k; i >= 1; --i) {
      const auto place = static_cast<double>(i);
      if (i <= relevant.size()) ideal += std::log(2.0) / std::log(place + 1.0);
      if (!rel(i)) continue;
      hits += 1.0;
      dcg += std::log(2.0) / std::log(place + 1.0);
      first = place;
      double above = 0.0;
      for (std::size_t j = 1; j <= i; ++j) above += rel(j) ? 1.0 : 0.0;
      precisions += above / place;
    }
    const auto num_relevant = static_cast<double>(relevant.size());
    const double most = std::min(static_cast<double>(k), num_relevant);
    const auto m = list_metrics(list, Items(relevant.begin(), relevant.end()), k);
    EXPECT_DOUBLE_EQ(m->recall, hits / num_relevant) << "seed " << seed;
    EXPECT_DOUBLE_EQ(m->capped_recall, hits / most);
    EXPECT_DOUBLE_EQ(m->precision, hits / static_cast<double>(k));
    EXPECT_NEAR(m->ndcg, dcg / ideal, 1e-14);
    EXPECT_NEAR(m->average_precision, precisions / most, 1e-14);
    EXPECT_DOUBLE_EQ(m->reciprocal_rank, first > 0.0 ? 1.0 / first : 0.0);
  }
}

TEST(ListMetrics, RefuseInputsThatWouldCountTwice) {
  EXPECT_EQ(id_of([] { list_metrics(kList, kRelevant, 0); }), "metrics.k");
  EXPECT_EQ(id_of([] { list_metrics(kList, Items{3, 3}, 5); }), "metrics.relevant_order");
  EXPECT_EQ(id_of([] { list_metrics(kList, Items{3, 1}, 5); }), "metrics.relevant_order");
  EXPECT_EQ(id_of([] { list_metrics(Items{1, 2, 1}, Items{1}, 3); }), "metrics.duplicate_item");
  EXPECT_EQ(id_of([] {
              list_metrics(Items{1, 2, 1}, Items{1}, 2);
            }),
            "")
      << "what lies beyond k is not looked at";
}

TEST(RecommendationAccumulator, MeansOverListsAndCountsThoseLeftOut) {
  RecommendationAccumulator a, b;
  b.add(list_metrics(kList, kRelevant, 2));
  a.add(list_metrics(Items{1, 2}, kRelevant, 2));
  b.add(list_metrics(kList, Items{}, 2));
  a.merge(b);
  const RecommendationMetrics m = a.metrics();
  EXPECT_EQ(m.num_lists, 2u);
  EXPECT_EQ(m.num_without_relevant, 1u);
  EXPECT_DOUBLE_EQ(m.recall, 0.125);
  EXPECT_DOUBLE_EQ(m.capped_recall, 0.25);
  EXPECT_DOUBLE_EQ(m.precision, 0.25);
  EXPECT_DOUBLE_EQ(m.hit_rate, 0.5);
  EXPECT_DOUBLE_EQ(m.ndcg, 0.5 / (1.0 + 1.0 / std::log2(3.0)));
  EXPECT_DOUBLE_EQ(m.map, 0.25);
  EXPECT_DOUBLE_EQ(m.mrr, 0.5);
}

TEST(RecommendationAccumulator, OfNoListIsNotANumber) {
  const RecommendationMetrics m = RecommendationAccumulator().metrics();
  EXPECT_TRUE(std::isnan(m.recall) && std::isnan(m.map) && std::isnan(m.hit_rate));
}

TEST(CatalogueUse, CoverageIsTheShareOfItemsShown) {
  CatalogueUse use(5), other(5), smaller(4);
  use.add(Items{0, 1, 2}, 2);
  other.add(Items{1, 4}, 10);
  use.merge(other);
  EXPECT_DOUBLE_EQ(*use.coverage(), 3.0 / 5.0);
  EXPECT_EQ(use.shown()[1], 2u);
  EXPECT_EQ(id_of([&] { use.add(Items{0, 5}, 2); }), "metrics.unknown_item");
  EXPECT_EQ(use.shown()[0], 1u) << "a refused list is not counted in part";
  EXPECT_EQ(id_of([&] { use.merge(smaller); }), "metrics.size_mismatch");
  EXPECT_EQ(CatalogueUse(0).coverage(), std::nullopt);
  EXPECT_EQ(CatalogueUse(3).coverage(), 0.0);
}

TEST(MeanPopularity, IsOverTheItemsShown) {
  const std::vector<double> popularity = {100.0, 10.0, 1.0};
  EXPECT_DOUBLE_EQ(*mean_popularity(Items{0, 2, 1}, 2, popularity), 50.5);
  EXPECT_EQ(mean_popularity(Items{}, 2, popularity), std::nullopt);
  EXPECT_EQ(mean_popularity(Items{1}, 0, popularity), std::nullopt);
  EXPECT_EQ(id_of([&] { mean_popularity(Items{3}, 2, popularity); }), "metrics.unknown_item");
}

TEST(IntraListDiversity, OfSimpleDirections) {
  const std::vector<float> alike = {1, 0, 2, 0, 0.5f, 0};
  const std::vector<float> crossed = {1, 0, 0, 3};
  const std::vector<float> opposite = {1, 1, -2, -2};
  const std::vector<float> with_zero = {1, 0, 0, 0, 1, 0};
  EXPECT_DOUBLE_EQ(*intra_list_diversity(alike, 3, 2), 0.0);
  EXPECT_DOUBLE_EQ(*intra_list_diversity(crossed, 2, 2), 1.0);
  EXPECT_DOUBLE_EQ(*intra_list_diversity(opposite, 2, 2), 2.0);
  EXPECT_DOUBLE_EQ(*intra_list_diversity(with_zero, 3, 2), 2.0 / 3.0);
  EXPECT_EQ(intra_list_diversity(std::vector<float>{1, 2}, 1, 2), std::nullopt);
}

TEST(IntraListDiversity, EqualsTheSumOverPairsAndIgnoresLengths) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::size_t n = 2 + seed, dim = 5;
    Rng rng(seed);
    std::vector<float> rows(n * dim);
    for (float& x : rows) x = static_cast<float>(rng.normal());
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        double dot = 0.0, ii = 0.0, jj = 0.0;
        for (std::size_t d = 0; d < dim; ++d) {
          const double x = rows[i * dim + d], y = rows[j * dim + d];
          dot += x * y, ii += x * x, jj += y * y;
        }
        sum += 1.0 - dot / std::sqrt(ii * jj);
      }
    }
    const double expected = 2.0 * sum / static_cast<double>(n * (n - 1));
    EXPECT_NEAR(*intra_list_diversity(rows, n, dim), expected, 1e-13);
    for (std::size_t d = 0; d < dim; ++d) rows[d] *= 1024.0f;
    EXPECT_NEAR(*intra_list_diversity(rows, n, dim), expected, 1e-13);
  }
}

TEST(IntraListDiversity, RefusesWrongShapesAndVectorsThatAreNoNumbers) {
  EXPECT_EQ(id_of([] { intra_list_diversity(std::vector<float>(5), 2, 3); }),
            "metrics.size_mismatch");
  const std::vector<float> bad = {1, std::numeric_limits<float>::quiet_NaN(), 1, 1};
  EXPECT_EQ(id_of([&] { intra_list_diversity(bad, 2, 2); }), "metrics.nan_vector");
}

}  // namespace
}  // namespace twhin::metrics
