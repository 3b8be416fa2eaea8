#include "mixture/k_means.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "kernel/elementwise.h"
#include "mixture/first_centers.h"
#include "mixture/nearest_centers.h"
#include "twhin/base/error.h"
#include "twhin/base/rng.h"

namespace twhin {
namespace {

std::vector<float> normals(std::size_t n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> out(n);
  for (float& x : out) x = static_cast<float>(rng.normal());
  return out;
}

// Rows that share a long vector, and differ from it by `spread` in each number.
std::vector<float> alike(std::size_t num, std::size_t dim, float length, float spread) {
  const std::vector<float> common = normals(dim, 12);
  std::vector<float> rows = normals(num * dim, 13);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i] = length * common[i % dim] + spread * rows[i];
  }
  return rows;
}

// `num` rows around each of `k` points that are far from each other.
std::vector<float> islands(std::size_t k, std::size_t num, std::size_t dim, float spread) {
  std::vector<float> points = normals(k * dim, 1), noise = normals(k * num * dim, 2);
  for (std::size_t i = 0; i < k * num; ++i) {
    for (std::size_t d = 0; d < dim; ++d) {
      noise[i * dim + d] = 10.0f * points[i % k * dim + d] + spread * noise[i * dim + d];
    }
  }
  return noise;
}

KMeansResult run(const std::vector<float>& rows, std::size_t dim, const KMeansOptions& options) {
  return k_means(ConstMatrixView(rows.data(), rows.size() / dim, dim), options, {}, StopFlag());
}

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.id();
  }
  return "no error";
}

// Rows of one block and more, centres of one chunk and more, odd sizes.
TEST(NearestCenters, AreThoseOfTheLoopInDoublePrecision) {
  constexpr std::size_t kDim = 19, kRows = 261, kCenters = 1037;
  const std::vector<float> rows = normals(kRows * kDim, 3), centers = normals(kCenters * kDim, 4);
  std::vector<std::uint32_t> found(kRows);
  NearestCenters::Workspace workspace;
  NearestCenters(ConstMatrixView(centers.data(), kCenters, kDim))
      .find(ConstMatrixView(rows.data(), kRows, kDim), found, workspace);
  for (std::size_t i = 0; i < kRows; ++i) {
    std::size_t best = 0;
    double least = INFINITY, found_distance = 0.0;
    for (std::size_t c = 0; c < kCenters; ++c) {
      const double distance = squared_distance(&rows[i * kDim], &centers[c * kDim], kDim);
      if (distance < least) least = distance, best = c;
      if (c == found[i]) found_distance = distance;
    }
    // Equal up to the rounding of a product of 20 terms of at most |x||y| each.
    EXPECT_LE(found_distance, least + 1e-4) << "row " << i << ", nearest " << best;
  }
}

// Distances of 1 between rows of length 4,000: 1e-7 of a square of that is more than 1.
TEST(NearestCenters, AreTheSameWithSomethingLongInCommon) {
  constexpr std::size_t kDim = 16, kRows = 300, kCenters = 40;
  const std::vector<float> rows = alike(kRows, kDim, 1000.0f, 0.5f);
  std::vector<std::uint32_t> found(kRows);
  NearestCenters::Workspace workspace;
  NearestCenters(ConstMatrixView(rows.data(), kCenters, kDim))
      .find(ConstMatrixView(rows.data(), kRows, kDim), found, workspace);
  for (std::size_t i = 0; i < kRows; ++i) {
    double least = INFINITY;
    for (std::size_t c = 0; c < kCenters; ++c) {
      least = std::min(least, squared_distance(&rows[i * kDim], &rows[c * kDim], kDim));
    }
    // Without the mean, which comes off exactly, these are products of rows of length 4 or less.
    EXPECT_LE(squared_distance(&rows[i * kDim], &rows[found[i] * kDim], kDim), least + 1e-4) << i;
  }
}

TEST(KMeans, FindsIslands) {
  constexpr std::size_t kIslands = 30, kDim = 16;
  const std::vector<float> rows = islands(kIslands, 40, kDim, 0.1f);
  const KMeansResult result = run(rows, kDim, {.k = kIslands, .iterations = 10});
  std::set<std::uint32_t> seen;
  for (std::size_t i = 0; i < result.members.size(); ++i) {
    EXPECT_EQ(result.members[i], result.members[i % kIslands]);
    seen.insert(result.members[i]);
  }
  EXPECT_EQ(seen.size(), kIslands);
}

TEST(KMeans, TheObjectiveNeverRises) {
  const std::vector<float> rows = normals(3000 * 8, 5);
  const KMeansResult result = run(rows, 8, {.k = 50, .iterations = 15});
  ASSERT_EQ(result.objective.size(), 16u);
  for (std::size_t i = 1; i < result.objective.size(); ++i) {
    EXPECT_LE(result.objective[i], result.objective[i - 1] * (1 + 1e-6)) << "iteration " << i;
  }
}

TEST(KMeans, IsTheSameForAnyNumberOfThreads) {
  const std::vector<float> rows = normals(9000 * 12, 6);
  for (const std::size_t k : {70, 1500}) {
    const KMeansOptions one{.k = k, .iterations = 4, .seed = 7, .threads = 1};
    KMeansOptions three = one;
    three.threads = 3;
    const KMeansResult a = run(rows, 12, one), b = run(rows, 12, three);
    EXPECT_EQ(a.members, b.members);
    EXPECT_TRUE(std::equal(a.centers.data(), a.centers.data() + k * 12, b.centers.data()));
    KMeansOptions other = one;
    other.seed = 8;
    EXPECT_NE(run(rows, 12, other).members, a.members);
  }
}

TEST(KMeans, EveryClusterKeepsAMember) {
  // 40 different rows, most of them many times: random seeds would leave clusters empty.
  constexpr std::size_t kDim = 3;
  const std::vector<float> different = normals(40 * kDim, 8);
  std::vector<float> rows;
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::size_t which = i < 40 ? i : i % 4;
    rows.insert(rows.end(), &different[which * kDim], &different[which * kDim] + kDim);
  }
  for (const std::size_t k : {1, 17, 39, 40}) {
    for (const bool spherical : {false, true}) {
      std::vector<float> prepared = rows;
      if (spherical) {
        std::vector<float> norms(2000);
        const MatrixView view(prepared.data(), 2000, kDim);
        kernel::normalize_rows(view, 1e-12f, view, norms.data());
      }
      const KMeansResult result =
          run(prepared, kDim, {.k = k, .iterations = 5, .spherical = spherical, .seed = k});
      const std::set<std::uint32_t> seen(result.members.begin(), result.members.end());
      EXPECT_EQ(seen.size(), k) << (spherical ? "spherical" : "plain");
    }
  }
}

TEST(KMeans, AnEmptiedClusterTakesTheFarthestRow) {
  // Two far rows and a crowd; first centres in the crowd leave one of them to be found.
  std::vector<float> rows(2000, 0.0f);
  for (std::size_t i = 0; i < 1998; ++i) rows[i] = 1e-3f * static_cast<float>(i % 3);
  rows[1998] = 100.0f;
  rows[1999] = -100.0f;
  const KMeansResult result = run(rows, 1, {.k = 5, .iterations = 8});
  EXPECT_NEAR(result.objective.back(), 0.0, 1e-6);
}

TEST(KMeans, RowsThatAreNearlyAlikeAreClusters) {
  constexpr std::size_t kRows = 200, kDim = 32;
  std::vector<float> rows = alike(kRows, kDim, 1.0f, 1e-5f), norms(kRows);
  for (const bool spherical : {false, true}) {
    const MatrixView view(rows.data(), kRows, kDim);
    if (spherical) kernel::normalize_rows(view, 1e-12f, view, norms.data());
    for (const std::size_t k : {20, 100}) {
      const KMeansResult result = run(rows, kDim, {.k = k, .spherical = spherical});
      const std::set<std::uint32_t> seen(result.members.begin(), result.members.end());
      EXPECT_EQ(seen.size(), k);
      EXPECT_LT(result.objective.back(), result.objective.front());
    }
  }
}

// Two crowds far from each other: no origin is near both. Half of the rows' numbers are 1, so that
// a distance of 1e-6 between two of a crowd is below what a score is rounded to.
TEST(KMeans, RowsTooAlikeForSoManyClustersAreRefusedSoon) {
  constexpr std::size_t kRows = 200, kDim = 8;
  std::vector<float> rows = normals(kRows * kDim, 14);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i] = 1e-6f * rows[i] + (i / kDim % 2 == 0 ? 1.0f : -1.0f);
  }
  std::size_t assignments = 0;
  const auto count = [&](std::size_t done) { assignments = done; };
  const auto cluster = [&] {
    k_means(ConstMatrixView(rows.data(), kRows, kDim), {.k = 40, .iterations = 3}, count,
            StopFlag());
  };
  EXPECT_EQ(error_of(cluster), "mixture.too_many_clusters");
  EXPECT_EQ(assignments, 4u);
  EXPECT_EQ(run(rows, kDim, {.k = 2}).num_refilled, 0u);
}

TEST(KMeans, MoreClustersThanDifferentRowsAreRefused) {
  const std::vector<float> rows(100, 1.0f);  // 50 rows of dim 2, all alike
  EXPECT_EQ(error_of([&] { run(rows, 2, {.k = 2}); }), "mixture.too_many_clusters");
  EXPECT_EQ(error_of([&] { run(rows, 2, {.k = 1}); }), "no error");
}

TEST(KMeans, NaNIsAnError) {
  std::vector<float> rows = normals(500, 9);
  rows[333] = NAN;
  EXPECT_EQ(error_of([&] { run(rows, 5, {.k = 3}); }), "mixture.not_finite");
}

TEST(KMeans, SphericalCentresHaveLengthOne) {
  std::vector<float> rows = normals(600 * 4, 10), norms(600);
  const MatrixView view(rows.data(), 600, 4);
  kernel::normalize_rows(view, 1e-12f, view, norms.data());
  const KMeansResult result = run(rows, 4, {.k = 9, .iterations = 5, .spherical = true});
  for (std::size_t c = 0; c < 9; ++c) {
    const float* center = result.centers.data() + c * 4;
    EXPECT_NEAR(std::sqrt(kernel::dot(center, center, 4)), 1.0, 1e-6);
  }
}

TEST(KMeans, StopsWhenTold) {
  StopFlag stop;
  stop.request();
  const std::vector<float> rows = normals(500, 11);
  EXPECT_EQ(error_of([&] { k_means(ConstMatrixView(rows.data(), 100, 5), {.k = 3}, {}, stop); }),
            "mixture.cancelled");
}

}  // namespace
}  // namespace twhin
