#include "twhin/mixture/mixture.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "mixture/mixture_fixture.h"
#include "twhin/storage/verify.h"

namespace twhin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

double cosine(const float* a, const float* b, std::size_t n) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t d = 0; d < n; ++d) ab += a[d] * b[d], aa += a[d] * a[d], bb += b[d] * b[d];
  return ab / std::sqrt(aa * bb);
}

// In three partitions a side, so that every bucket and every numbering takes part.
class MixtureTest : public MixtureFixture {
 protected:
  MixtureTest() : MixtureFixture(3) {}

  /// count(u, c) by the definition.
  std::vector<std::map<std::uint32_t, double>> counts(
      const Mixture& mixture, const std::map<std::string, double>& weights = {},
      double half_life = 0) const {
    std::int64_t latest = 0;
    for (const SmallRelation& r : small_.relations) {
      for (const SmallEdge& e : r.edges.at("train")) latest = std::max(latest, e.timestamp);
    }
    std::vector<std::map<std::uint32_t, double>> out(kUsers);
    for (const SmallRelation& r : small_.relations) {
      const auto found = weights.find(r.name);
      for (const SmallEdge& e : r.edges.at("train")) {
        double weight = found == weights.end() ? 1.0 : found->second;
        if (half_life > 0) {
          weight *= std::exp2(-static_cast<double>(latest - e.timestamp) / half_life);
        }
        if (weight > 0) out[e.lhs][mixture.cluster_of(item(e.rhs))] += weight;
      }
    }
    return out;
  }

  void expect_shares(const Mixture& mixture,
                     const std::vector<std::map<std::uint32_t, double>>& counts) const {
    for (std::uint32_t u = 0; u < kUsers; ++u) {
      std::vector<std::pair<double, std::uint32_t>> sorted;
      double all = 0, kept = 0;
      for (const auto& [cluster, count] : counts[u]) {
        sorted.push_back({-count, cluster});
        all += count;
      }
      std::sort(sorted.begin(), sorted.end());
      sorted.resize(std::min<std::size_t>(sorted.size(), 3));
      for (const auto& [count, cluster] : sorted) kept -= count;
      const auto of_kept = mixture.components(kUser, user(u), Normalization::kept);
      const auto of_all = mixture.components(kUser, user(u), Normalization::all);
      ASSERT_EQ(of_kept.size(), sorted.size()) << "user " << u;
      ASSERT_EQ(of_all.size(), sorted.size());
      // A share is rounded once when it is stored and once when it is divided.
      for (std::size_t i = 0; i < sorted.size(); ++i) {
        EXPECT_NEAR(of_all[i].weight, -sorted[i].first / all, 1e-6);
        EXPECT_NEAR(of_kept[i].weight, -sorted[i].first / kept, 1e-6);
      }
    }
  }
};

TEST_F(MixtureTest, SharesAreThoseOfEquation3WithBothDenominators) {
  write();
  const Mixture mixture = build(options());
  const auto expected = counts(mixture);
  expect_shares(mixture, expected);
  EXPECT_TRUE(mixture.components(kUser, user(0)).empty());  // no engagement
  EXPECT_EQ(mixture.num_engagements(kUser, user(0)), 0u);
  std::uint32_t sum = 0;
  for (std::uint32_t u = 0; u < kUsers; ++u) sum += mixture.num_engagements(kUser, user(u));
  EXPECT_EQ(sum, 650u);
  for (std::uint32_t u = 0; u < kUsers; ++u) {  // equal counts: the smaller cluster first
    const auto components = mixture.components(kUser, user(u));
    for (std::size_t i = 1; i < components.size(); ++i) {
      EXPECT_GE(components[i - 1].weight, components[i].weight);
      if (components[i - 1].weight == components[i].weight) {
        EXPECT_LT(components[i - 1].cluster, components[i].cluster);
      }
    }
  }
}

TEST_F(MixtureTest, RelationsAndAgeHaveWeights) {
  write();
  MixtureOptions weighted = options();
  weighted.relation_weights = {{"likes", 0.25f}};
  weighted.half_life = Seconds{300};
  Mixture mixture = build(weighted);
  expect_shares(mixture, counts(mixture, {{"likes", 0.25}}, 300));

  MixtureOptions without = options();
  without.relation_weights = {{"buys", 0.0f}};
  mixture = build(without, "without");
  expect_shares(mixture, counts(mixture, {{"buys", 0.0}}));

  MixtureOptions one = options();
  one.relations = {"buys"};
  mixture = build(one, "one");
  expect_shares(mixture, counts(mixture, {{"likes", 0.0}}));
  EXPECT_THAT(Mixture::names_of(*version_), ElementsAre("m", "one", "without"));
}

TEST_F(MixtureTest, CentroidsAndMedoidsAreThoseOfTheMembers) {
  write();
  for (const bool spherical : {false, true}) {
    MixtureOptions o = options();
    o.spherical = spherical;
    const Mixture mixture = build(o);
    std::map<std::uint32_t, std::vector<std::uint32_t>> members;
    for (std::uint32_t t = 0; t < kItems; ++t) members[mixture.cluster_of(item(t))].push_back(t);
    ASSERT_EQ(members.size(), 12u);
    for (const auto& [c, items] : members) {
      EXPECT_EQ(mixture.size(c), items.size());
      for (std::size_t d = 0; d < kDim; ++d) {
        double sum = 0;
        for (const std::uint32_t t : items) sum += small_.row("item", t)[d];
        EXPECT_NEAR(mixture.centroids()(c, d), sum / static_cast<double>(items.size()), 1e-6);
      }
      // The medoid's sum of distances to the others is the smallest.
      const auto distance_to_others = [&](std::uint32_t t) {
        double sum = 0;
        const float* x = small_.row("item", t);
        for (const std::uint32_t other : items) {
          const float* y = small_.row("item", other);
          if (spherical) {
            sum += 1 - cosine(x, y, kDim);
          } else {
            for (std::size_t d = 0; d < kDim; ++d) sum += (x[d] - y[d]) * (x[d] - y[d]);
          }
        }
        return sum;
      };
      const std::uint32_t medoid = small_.number("item", mixture.medoid(c));
      for (const std::uint32_t t : items) {
        EXPECT_LE(distance_to_others(medoid), distance_to_others(t) + 1e-5);
      }
      EXPECT_TRUE(std::equal(mixture.medoids().row(c), mixture.medoids().row(c) + kDim,
                             small_.row("item", medoid)));
    }
    // New rows find the clusters of equal old ones.
    std::vector<std::uint32_t> found(kItems);
    mixture.nearest_clusters(ConstMatrixView(small_.rows["item"].data(), kItems, kDim), found);
    for (std::uint32_t t = 0; t < kItems; ++t) EXPECT_EQ(found[t], mixture.cluster_of(item(t)));
  }
}

TEST_F(MixtureTest, OwnVectorsAreMeansOfTheUsersItemsInTheCluster) {
  write();
  const Mixture mixture = build(options());
  ASSERT_TRUE(mixture.info().has_own_vectors);
  for (std::uint32_t u = 0; u < kUsers; ++u) {
    const auto components = mixture.components(kUser, user(u));
    std::vector<float> own(components.size() * kDim);
    mixture.vectors(kUser, user(u), Representation::own,
                    MatrixView(own.data(), components.size(), kDim));
    for (std::size_t i = 0; i < components.size(); ++i) {
      std::vector<double> sum(kDim);
      double num = 0;
      for (const SmallRelation& r : small_.relations) {
        for (const SmallEdge& e : r.edges.at("train")) {
          if (e.lhs != u || mixture.cluster_of(item(e.rhs)) != components[i].cluster) continue;
          for (std::size_t d = 0; d < kDim; ++d) sum[d] += small_.row("item", e.rhs)[d];
          ++num;
        }
      }
      for (std::size_t d = 0; d < kDim; ++d) EXPECT_NEAR(own[i * kDim + d], sum[d] / num, 1e-6);
    }
  }
  MixtureOptions none = options();
  none.own_vectors = OwnVectors::none;
  const Mixture without = build(none, "none");
  std::vector<float> row(3 * kDim);
  const auto n = without.components(kUser, user(1)).size();
  EXPECT_EQ(error_of([&] {
              without.vectors(kUser, user(1), Representation::own, MatrixView(row.data(), n, kDim));
            }),
            "mixture.no_own_vectors");
}

TEST_F(MixtureTest, TheSameSeedGivesTheSameBytesForAnyThreadsAndMemory) {
  small_.relations[0].edges["train"] = random_edges(4000, kUsers, kItems, 9);
  small_.dim = 64;  // own vectors of a few users fill the least memory
  small_.relations[1].params = random_normals(64, 3);
  small_.rows = {{"user", random_normals(kUsers * 64, 4)},
                 {"item", random_normals(kItems * 64, 5)}};
  write();
  MixtureOptions o = options();
  o.m = 100;
  const auto files_of = [](const Mixture& mixture) {
    return Manifest::read(mixture.path(), Mixture::kFormat).files;
  };
  const auto first = files_of(build(o, "a", 1));
  o.memory = {1 << 20};
  const auto second = files_of(build(o, "b", 3));
  ASSERT_EQ(first.size(), second.size());
  for (const auto& [name, record] : first) {
    EXPECT_EQ(second.at(name).checksum, record.checksum) << name;
  }
}

TEST_F(MixtureTest, SmoothingMixesInTheNearestUsers) {
  write();
  const Mixture plain = build([&] {
    MixtureOptions o = options();
    o.m = 100;
    return o;
  }());
  MixtureOptions o = options();
  o.m = 100;
  o.smoothing = 0.3f;
  o.smoothing_neighbors = 4;
  const Mixture smooth = build(o, "smooth");
  for (std::uint32_t u = 0; u < kUsers; ++u) {
    std::vector<std::pair<double, std::uint32_t>> nearest;
    for (std::uint32_t v = 1; v < kUsers; ++v) {
      if (v == u || plain.components(kUser, user(v)).empty()) continue;
      nearest.push_back({-cosine(small_.row("user", u), small_.row("user", v), kDim), v});
    }
    std::sort(nearest.begin(), nearest.end());
    std::map<std::uint32_t, double> expected;
    const auto own = plain.components(kUser, user(u));
    for (const Component& c : own) expected[c.cluster] += 0.7 * c.weight;
    for (std::size_t i = 0; i < 4; ++i) {
      for (const Component& c : plain.components(kUser, user(nearest[i].second))) {
        expected[c.cluster] += (own.empty() ? 1.0 : 0.3) / 4 * c.weight;
      }
    }
    const auto found = smooth.components(kUser, user(u));
    ASSERT_EQ(found.size(), expected.size()) << "user " << u;
    for (const Component& c : found) EXPECT_NEAR(c.weight, expected.at(c.cluster), 1e-6);
    // A cluster that only neighbours have is stood for by its centroid.
    std::vector<float> rows(found.size() * kDim);
    smooth.vectors(kUser, user(u), Representation::own,
                   MatrixView(rows.data(), found.size(), kDim));
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (std::any_of(own.begin(), own.end(),
                      [&](const Component& c) { return c.cluster == found[i].cluster; })) {
        continue;
      }
      EXPECT_TRUE(std::equal(&rows[i * kDim], &rows[i * kDim] + kDim,
                             smooth.centroids().row(found[i].cluster)));
    }
  }
}

TEST_F(MixtureTest, UsersMayStandAtTheOtherEnd) {
  write();
  MixtureOptions o = options();
  o.type = "user";
  o.target_side = Side::lhs;  // users are clustered, items are mixtures of them
  const Mixture mixture = build(o);
  EXPECT_TRUE(mixture.has_users(kItem));
  EXPECT_FALSE(mixture.has_users(kUser));
  std::map<std::uint32_t, double> counts;
  for (const SmallRelation& r : small_.relations) {
    for (const SmallEdge& e : r.edges.at("train")) {
      if (e.rhs == 7) ++counts[mixture.cluster_of(user(e.lhs))];
    }
  }
  double sum = 0;
  for (const auto& [c, n] : counts) sum += n;
  for (const Component& c : mixture.components(kItem, item(7), Normalization::all)) {
    EXPECT_NEAR(c.weight, counts.at(c.cluster) / sum, 1e-6);
  }
  EXPECT_EQ(error_of([&] { mixture.components(kUser, user(1)); }), "mixture.not_a_user_type");
}

TEST_F(MixtureTest, AnotherVersionIsRefused) {
  write();
  build(options());
  const ModelVersion first = *version_;
  small_.rows["item"][0] += 1.0f;
  const ModelVersion second = small_.write_version(folder_.path() / "models", *graph_);
  EXPECT_EQ(error_of([&] { Mixture::open(second, "m"); }), "mixture.not_found");
  std::filesystem::copy(first.path() / "mixtures", second.path() / "mixtures",
                        std::filesystem::copy_options::recursive);
  EXPECT_EQ(error_of([&] { Mixture::open(second, "m"); }), "mixture.other_version");
  EXPECT_EQ(error_of([&] { Mixture::open(first); }), "no error");
}

TEST_F(MixtureTest, DamageIsFoundAndNamed) {
  write();
  const std::filesystem::path path = build(options()).path();
  EXPECT_TRUE(verify(version_->path(), 1).damaged.empty());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file() || entry.path().filename() == Manifest::kFileName) continue;
    const std::string intact = read_text(entry.path());
    std::string damaged = intact;
    damaged[64] = static_cast<char>(damaged[64] ^ 0x10);  // in the first section
    write_text(entry.path(), damaged);
    const auto found = verify(version_->path(), 1).damaged;
    ASSERT_EQ(found.size(), 1u) << entry.path();
    EXPECT_EQ(found.front().path, entry.path());
    if (entry.path().filename() == "clusters.data") {
      try {
        Mixture::open(*version_, "m");
        ADD_FAILURE() << "opened";
      } catch (const Error& error) {
        EXPECT_EQ(error.id(), "storage.checksum_mismatch");
        EXPECT_THAT(error.what(), HasSubstr("clusters.data"));
      }
    }
    write_text(entry.path(), intact);
  }
}

TEST_F(MixtureTest, AStoppedBuildLeavesWhatWasThere) {
  write();
  const std::uint64_t before = build(options()).checksum();
  StopFlag stop;
  stop.request();
  EXPECT_EQ(error_of([&] { build_mixture(*version_, *graph_, "m", options(), 1, {}, stop); }),
            "mixture.cancelled");
  EXPECT_EQ(Mixture::open(*version_, "m").checksum(), before);
  EXPECT_FALSE(std::filesystem::exists(version_->path() / "mixtures/m.partial"));
}

TEST_F(MixtureTest, WhatCannotBeIsRefused) {
  write();
  const auto refused = [&](const std::function<void(MixtureOptions&)>& change,
                           const std::string& name = "m") {
    MixtureOptions o = options();
    change(o);
    return error_of([&] { build(o, name); });
  };
  EXPECT_EQ(refused([](auto& o) { o.type = ""; }), "mixture.no_type");
  EXPECT_EQ(refused([](auto& o) { o.type = "itme"; }), "schema.unknown_entity_type");
  EXPECT_EQ(refused([](auto& o) { o.k = kItems + 1; }), "mixture.too_many_clusters");
  EXPECT_EQ(refused([](auto& o) { o.relations = {"sells"}; }), "schema.unknown_relation");
  EXPECT_EQ(refused([](auto& o) { o.type = "user"; }), "mixture.no_relations");
  EXPECT_EQ(refused([](auto& o) { o.target_side = Side::lhs, o.relations = {"likes"}; }),
            "mixture.wrong_relation");
  EXPECT_EQ(refused([](auto& o) {
              o.relation_weights = {{"likes", -1.0f}};
            }),
            "config.out_of_range");
  EXPECT_EQ(refused([](auto&) {}, "../m"), "mixture.bad_name");
  EXPECT_EQ(refused([](auto&) {}, "m.partial"), "mixture.bad_name");
  small_.relations[0].has_timestamps = false;
  const Graph other = small_.write(folder_.path() / "other");
  EXPECT_EQ(error_of([&] { build_mixture(*version_, other, "m", options(), 1); }),
            "mixture.other_graph");
  const ModelVersion on_other = small_.write_version(folder_.path() / "other_models", other);
  MixtureOptions aged = options();
  aged.half_life = Seconds{10};
  EXPECT_EQ(error_of([&] { build_mixture(on_other, other, "m", aged, 1); }),
            "mixture.no_timestamps");
}

}  // namespace
}  // namespace twhin
