// Exact search: against a plain loop over all pairs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "index/small_version.h"
#include "twhin/base/error.h"
#include "twhin/index/index.h"

namespace twhin {
namespace {

constexpr std::size_t kDim = 12;

struct Asked {
  ModelVersion version;
  ScoreFunction function;
  Queries queries;
};

Asked ask(const SmallVersion& small, const TestDirectory& directory, Comparator comparator,
          std::size_t num_queries) {
  ModelVersion version = small.write(directory.path() / "v1");
  const ScoreFunction function = ScoreFunction::raw(comparator, small.dim);
  const std::vector<float> rows = random_normals(num_queries * small.dim, 77);
  Queries queries =
      function.prepare_queries(Side::rhs, ConstMatrixView(rows.data(), num_queries, small.dim));
  return {std::move(version), function, std::move(queries)};
}

bool comes_before(const Hit& a, const Hit& b) {
  if (a.score != b.score) return a.score > b.score;
  return std::pair(a.id.partition, a.id.row) < std::pair(b.id.partition, b.id.row);
}

/// All entities that `admits` lets through, best first, by the score of each pair alone.
template <class Admits>
std::vector<Hit> brute_force(const Asked& asked, std::size_t query, const Admits& admits) {
  const std::unique_ptr<Rows> rows = asked.version.rows(0);
  std::vector<Hit> out;
  for (std::uint32_t p = 0; p < rows->num_partitions(); ++p) {
    for (std::uint32_t row = 0; row < rows->size(p); ++row) {
      const EntityId id{p, row};
      if (!admits(id)) continue;
      out.push_back({id, 0.0f});
      exact_scores(asked.function, asked.queries, query, *rows, std::span(&id, 1),
                   std::span(&out.back().score, 1));
    }
  }
  std::sort(out.begin(), out.end(), comes_before);
  return out;
}

std::vector<Hit> first(std::vector<Hit> hits, std::size_t k) {
  hits.resize(std::min(k, hits.size()));
  return hits;
}

std::vector<Hit> hits_of(const Hits& hits, std::size_t query) {
  return {hits[query].begin(), hits[query].end()};
}

class ExactSearch : public ::testing::TestWithParam<Comparator> {};

// Whole numbers, many of them equal: ties go by id, also across partitions.
TEST_P(ExactSearch, IsThatOfASortOfAllPairsAndTiesGoById) {
  const TestDirectory directory;
  SmallVersion small =
      SmallVersion::of_users(random_integers(700 * kDim, -1, 1, 5), kDim, {300, 1, 399});
  // Rows 350 ... 699 are those from 0 on again.
  std::vector<float>& rows = small.rows["user"];
  std::copy_n(rows.begin(), 350 * kDim, rows.begin() + 350 * kDim);
  const Asked asked = ask(small, directory, GetParam(), 40);
  const Index index = Index::exact(asked.version, 0);
  for (const std::size_t threads : {1, 3}) {
    SearchOptions options;
    options.k = 21;
    options.threads = threads;
    const Hits hits = index.search(asked.function, asked.queries, options);
    ASSERT_EQ(hits.size(), 40u);
    for (std::size_t q = 0; q < 40; ++q) {
      ASSERT_EQ(hits_of(hits, q), first(brute_force(asked, q, [](EntityId) { return true; }), 21))
          << "query " << q;
    }
  }
}

TEST_P(ExactSearch, LeavesOutWhatIsExcludedAndWhatIsNotAllowed) {
  const TestDirectory directory;
  const Asked asked = ask(SmallVersion::of_users(random_normals(500 * kDim, 5), kDim, {200, 300}),
                          directory, GetParam(), 9);
  const Index index = Index::exact(asked.version, 0);
  EntitySet allowed(asked.version.schema().entities[0]);
  for (std::uint32_t row = 0; row < 300; row += 2) allowed.insert({1, row});
  EXPECT_EQ(allowed.size(), 150u);
  std::vector<std::vector<EntityId>> excluded(9);
  for (std::uint32_t q = 0; q < 9; ++q) {
    for (std::uint32_t row = 0; row < 20 * q; ++row) excluded[q].push_back({1, 299 - row});
    excluded[q].push_back({0, q});
    excluded[q].push_back({0, q});  // twice
  }
  SearchOptions options;
  options.k = 100;
  options.allowed = &allowed;
  options.excluded = [&](std::size_t q) { return std::span<const EntityId>(excluded[q]); };
  const Hits hits = index.search(asked.function, asked.queries, options);
  for (std::size_t q = 0; q < 9; ++q) {
    const auto admits = [&](EntityId id) {
      return allowed.contains(id) &&
             std::find(excluded[q].begin(), excluded[q].end(), id) == excluded[q].end();
    };
    EXPECT_EQ(hits_of(hits, q), first(brute_force(asked, q, admits), 100)) << "query " << q;
  }
}

TEST_P(ExactSearch, GivesAllThereAreForALargerK) {
  const TestDirectory directory;
  const Asked asked = ask(SmallVersion::of_users(random_normals(7 * kDim, 5), kDim, {3, 4}),
                          directory, GetParam(), 2);
  const Index index = Index::exact(asked.version, 0);
  SearchOptions options;
  options.k = 100;
  EXPECT_EQ(index.search(asked.function, asked.queries, options)[1].size(), 7u);
  options.k = 0;
  EXPECT_EQ(index.search(asked.function, asked.queries, options)[1].size(), 0u);
  const EntitySet none(asked.version.schema().entities[0]);
  options.k = 5;
  options.allowed = &none;
  EXPECT_EQ(index.search(asked.function, asked.queries, options)[1].size(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Comparators, ExactSearch,
                         ::testing::Values(Comparator::dot, Comparator::cos, Comparator::l2,
                                           Comparator::squared_l2));

// |error| of a sum of dim products is at most (dim + 2) eps sum |x y|.
TEST(ExactScores, AreThoseOfDoublePrecisionWithBias) {
  const TestDirectory directory;
  SmallVersion small = SmallVersion::of_users(random_normals(20 * kDim, 5), kDim, {20});
  small.relations = {{"follow", 0, 0, "translation", random_normals(kDim, 9)}};
  const ModelVersion version = small.write(directory.path() / "v1");
  const ScoreFunction function = ScoreFunction::of(version, 0);
  const std::vector<float>& rows = small.rows.at("user");
  const Queries queries =
      function.prepare_queries(Side::lhs, ConstMatrixView(rows.data() + 3 * kDim, 1, kDim));
  const EntityId id{0, 7};
  float score = 0.0f;
  exact_scores(function, queries, 0, *version.rows(0), std::span(&id, 1), std::span(&score, 1));
  double expected = 0.0, magnitude = 0.0;
  for (std::size_t d = 0; d < kDim; ++d) {
    const double x = rows[7 * kDim + d], b = small.relations[0].params[d], t = rows[3 * kDim + d];
    expected += (x + b) * t;
    magnitude += (std::abs(x) + std::abs(b)) * std::abs(t);
  }
  EXPECT_NEAR(score, expected,
              (2 * kDim + 2) * double{std::numeric_limits<float>::epsilon()} * magnitude);
}

TEST(ExactSearchErrors, AQueryThatIsNaNIsNamed) {
  const TestDirectory directory;
  Asked asked = ask(SmallVersion::of_users(random_normals(9 * kDim, 5), kDim, {9}), directory,
                    Comparator::dot, 3);
  std::vector<float> rows = random_normals(3 * kDim, 1);
  rows[2 * kDim] = std::numeric_limits<float>::quiet_NaN();
  asked.queries = asked.function.prepare_queries(Side::rhs, ConstMatrixView(rows.data(), 3, kDim));
  const Index index = Index::exact(asked.version, 0);
  try {
    index.search(asked.function, asked.queries, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "index.not_finite");
    EXPECT_THAT(error.what(), ::testing::HasSubstr("query 2"));
  }
}

TEST(ExactSearchErrors, AWishToStopEndsTheSearch) {
  const TestDirectory directory;
  const Asked asked = ask(SmallVersion::of_users(random_normals(9 * kDim, 5), kDim, {9}), directory,
                          Comparator::dot, 3);
  StopFlag stop;
  stop.request();
  const Index index = Index::exact(asked.version, 0);
  try {
    index.search(asked.function, asked.queries, {}, {}, stop);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "index.cancelled");
  }
}

}  // namespace
}  // namespace twhin
