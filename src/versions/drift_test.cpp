#include "twhin/versions/drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "evaluate/small_graph.h"
#include "twhin/base/error.h"
#include "versions/procrustes.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;
constexpr std::uint32_t kDim = 6;

template <class Body>
std::string id_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.id();
  }
  return "no error";
}

// Some orthogonal matrix, row-major.
std::vector<double> some_turn() {
  const std::vector<float> numbers = random_normals(kDim * kDim, 77);
  return nearest_rotation(kDim, {numbers.begin(), numbers.end()});
}

std::vector<float> turned(const std::vector<float>& rows) {
  const std::vector<double> turn = some_turn();
  std::vector<float> out(rows.size());
  for (std::size_t at = 0; at < rows.size(); at += kDim) {
    for (std::size_t j = 0; j < kDim; ++j) {
      double sum = 0.0;
      for (std::size_t k = 0; k < kDim; ++k) sum += double{rows[at + k]} * turn[k * kDim + j];
      out[at + j] = static_cast<float>(sum);
    }
  }
  return out;
}

class DriftTest : public ::testing::Test {
 protected:
  static SmallGraph network(std::uint32_t users, std::uint32_t partitions, std::uint64_t seed) {
    SmallGraph g;
    g.dim = kDim;
    g.types = {{"user", users, partitions}, {"tweet", 30, partitions}};
    g.relations = {{"follow", "user", "user", {}, false, "translation", random_normals(kDim, seed)},
                   {"favorite", "user", "tweet", {}, false, "none"}};
    g.relations[0].edges["train"] = random_edges(200, users, users, 1);
    g.relations[1].edges["train"] = random_edges(100, users, 30, 2);
    g.rows["user"] = random_normals(users * kDim, seed + 1);
    g.rows["tweet"] = random_normals(30 * kDim, seed + 2);
    return g;
  }
  ModelVersion version(const SmallGraph& g, const std::string& name) {
    return g.write_version(dir_.path() / name, g.write(dir_.path() / (name + "-graph")));
  }
  static DriftOptions options() {
    DriftOptions o;
    o.neighbors = 5;
    o.candidates = 5;
    o.threads = 2;
    return o;
  }

  TestDirectory dir_;
};

// Norms of normal rows are below 10; a float row is off by eps of itself, a turned one by dim of
// that.
constexpr double kRounding = 10 * 10 * kDim * 0x1p-23;

TEST_F(DriftTest, AVersionHasNotMovedFromItself) {
  const ModelVersion v = version(network(50, 3, 1), "a");
  const DriftResult r = drift(v, v, nullptr, options());
  ASSERT_EQ(r.types.size(), 2u);
  for (const TypeDrift& type : r.types) {
    EXPECT_EQ(type.num_common, type.num_old);
    EXPECT_EQ(type.rows.l2.max, 0.0);
    EXPECT_LT(type.rows.aligned_l2.max, kRounding);
    EXPECT_LT(type.rows.cosine.max, kRounding);
    EXPECT_EQ(type.rows.norm_ratio.mean, 1.0);
    EXPECT_EQ(type.overlap->mean, 1.0);
    EXPECT_EQ(type.overlap->k, 5u);
  }
  ASSERT_EQ(r.candidates.size(), 2u);
  for (const CandidateDrift& each : r.candidates) EXPECT_EQ(each.changed.mean, 0.0);
  ASSERT_EQ(r.relations.size(), 1u);  // none has no parameters
  EXPECT_EQ(r.relations[0].l2, 0.0);
}

TEST_F(DriftTest, ATurnedVersionHasMovedAndAlignmentTakesItBack) {
  const SmallGraph before = network(50, 3, 1);
  SmallGraph after = before;
  for (auto& [type, rows] : after.rows) rows = turned(rows);
  after.relations[0].params = turned(before.relations[0].params);
  const DriftResult r = drift(version(before, "a"), version(after, "b"), nullptr, options());
  for (const TypeDrift& type : r.types) {
    EXPECT_GT(type.rows.l2.p10, 0.5);
    EXPECT_LT(type.rows.aligned_l2.max, kRounding);
    EXPECT_LT(type.rows.aligned_cosine.max, kRounding);
    EXPECT_NEAR(type.rows.norm_ratio.mean, 1.0, kRounding);
    EXPECT_EQ(type.overlap->mean, 1.0);
  }
  EXPECT_GT(r.relative_change, 0.5);
  EXPECT_LT(r.relative_aligned_change, kRounding);
  for (const CandidateDrift& each : r.candidates) EXPECT_EQ(each.changed.mean, 0.0);
  EXPECT_GT(r.relations[0].l2, 0.5);
  EXPECT_LT(*r.relations[0].aligned_l2, kRounding);
}

// By the definitions, in double precision, of versions with other partitions and other entities.
TEST_F(DriftTest, FiguresAreThoseOfTheDefinitions) {
  const SmallGraph before = network(50, 3, 1), after = network(64, 2, 9);
  const DriftResult r = drift(version(before, "a"), version(after, "b"), nullptr, options());
  const TypeDrift& users = r.types[0];
  EXPECT_EQ(users.num_old, 50u);
  EXPECT_EQ(users.num_new, 64u);
  EXPECT_EQ(users.num_common, 50u);
  double l2 = 0.0, cosine = 0.0, ratio = 0.0, largest = 0.0;
  for (std::uint32_t n = 0; n < 50; ++n) {
    const float *x = before.row("user", n), *y = after.row("user", n);
    double change = 0.0, dot = 0.0, xx = 0.0, yy = 0.0;
    for (std::size_t d = 0; d < kDim; ++d) {
      change += (double{y[d]} - x[d]) * (double{y[d]} - x[d]);
      dot += double{x[d]} * y[d];
      xx += double{x[d]} * x[d];
      yy += double{y[d]} * y[d];
    }
    l2 += std::sqrt(change) / 50;
    cosine += (1.0 - dot / std::sqrt(xx * yy)) / 50;
    ratio += std::sqrt(yy / xx) / 50;
    largest = std::max(largest, std::sqrt(change));
  }
  EXPECT_NEAR(users.rows.l2.mean, l2, kRounding);
  EXPECT_NEAR(users.rows.l2.max, largest, kRounding);
  EXPECT_NEAR(users.rows.cosine.mean, cosine, kRounding);
  EXPECT_NEAR(users.rows.norm_ratio.mean, ratio, kRounding * ratio);
  EXPECT_LT(users.rows.aligned_l2.mean, users.rows.l2.mean);

  // Nearest five by cosine among users 0 … 49, in both.
  const auto nearest = [](const SmallGraph& g, std::uint32_t of, std::uint32_t count) {
    const auto similarity = [&](std::uint32_t n) {
      const float *a = g.row("user", of), *b = g.row("user", n);
      double dot = 0.0, bb = 0.0;
      for (std::size_t d = 0; d < kDim; ++d) {
        dot += double{a[d]} * b[d];
        bb += double{b[d]} * b[d];
      }
      return dot / std::sqrt(bb);
    };
    std::vector<std::uint32_t> others;
    for (std::uint32_t n = 0; n < count; ++n) {
      if (n != of) others.push_back(n);
    }
    std::sort(others.begin(), others.end(),
              [&](std::uint32_t a, std::uint32_t b) { return similarity(a) > similarity(b); });
    return std::set<std::uint32_t>(others.begin(), others.begin() + 5);
  };
  double overlap = 0.0;
  for (std::uint32_t n = 0; n < 50; ++n) {
    const auto then = nearest(before, n, 50), now = nearest(after, n, 50);
    for (const std::uint32_t each : now) overlap += static_cast<double>(then.count(each)) / 5 / 50;
  }
  EXPECT_NEAR(users.overlap->mean, overlap, 1e-12);
  EXPECT_EQ(users.overlap->num_sampled, 50u);
  // Of follow, users that the old version does not have are candidates, and new ones.
  EXPECT_EQ(r.candidates[0].relation, "follow");
  EXPECT_GT(r.candidates[0].new_entities, 0.0);
  EXPECT_GE(r.candidates[0].changed.mean, r.candidates[0].new_entities);
  EXPECT_EQ(r.candidates[1].new_entities, 0.0);  // tweets are the same ones
}

TEST_F(DriftTest, NothingDependsOnThreads) {
  const ModelVersion a = version(network(50, 3, 1), "a"), b = version(network(64, 2, 9), "b");
  DriftOptions o = options();
  o.sample = 20;
  const auto figures = [&](std::size_t threads) {
    o.threads = threads;
    auto json = nlohmann::json::parse(drift(a, b, nullptr, o).to_json());
    json.erase("seconds");
    return json.dump();
  };
  EXPECT_EQ(figures(1), figures(3));
}

TEST_F(DriftTest, GroupsByDegreeHoldAllEntities) {
  const SmallGraph before = network(50, 3, 1), after = network(64, 2, 9);
  const Graph graph = after.write(dir_.path() / "graph");
  const ModelVersion newer = after.write_version(dir_.path() / "b", graph);
  DriftOptions o = options();
  o.degree_groups = 4;
  const DriftResult r = drift(version(before, "a"), newer, &graph, o);
  const TypeDrift& users = r.types[0];
  ASSERT_GT(users.by_degree.size(), 2u);
  std::uint64_t entities = 0;
  double sum = 0.0;
  for (std::size_t i = 0; i < users.by_degree.size(); ++i) {
    const DegreeGroupDrift& group = users.by_degree[i];
    EXPECT_LE(group.smallest, group.largest);
    if (i > 0) {
      EXPECT_GT(group.smallest, users.by_degree[i - 1].largest);
    }
    entities += group.rows.num_entities;
    sum += group.rows.l2.mean * static_cast<double>(group.rows.num_entities);
  }
  EXPECT_EQ(entities, users.num_common);
  EXPECT_NEAR(sum / 50, users.rows.l2.mean, 1e-12);
  EXPECT_EQ(id_of([&] { drift(newer, version(before, "c"), &graph, o); }), "drift.other_graph");
}

TEST_F(DriftTest, TheSampleIsOfNamesAndStaysWithThem) {
  const SmallGraph before = network(50, 3, 1), after = network(64, 2, 9);
  const ModelVersion a = version(before, "a"), b = version(after, "b");
  DriftOptions o = options();
  o.sample = 7;
  EXPECT_EQ(drift(a, b, nullptr, o).types[0].overlap->num_sampled, 7u);
  // In the other direction the same entities are asked, so the overlap is the same.
  EXPECT_EQ(drift(a, b, nullptr, o).types[0].overlap->mean,
            drift(b, a, nullptr, o).types[0].overlap->mean);
}

TEST_F(DriftTest, WhatCannotBeComparedIsSaid) {
  const SmallGraph g = network(50, 3, 1);
  SmallGraph other = g;
  other.types.push_back({"ad", 4});
  other.rows["ad"] = random_normals(4 * kDim, 5);
  other.relations[1].name = "like";
  other.relations[0].op = "diagonal";
  const ModelVersion a = version(g, "a");
  const DriftResult r = drift(a, version(other, "b"), nullptr, options());
  EXPECT_THAT(r.only_old, ::testing::ElementsAre("relation favorite"));
  EXPECT_THAT(r.only_new, ::testing::ElementsAre("entity type ad", "relation like",
                                                 "operator of relation follow"));
  EXPECT_EQ(r.types.size(), 2u);

  SmallGraph wide = network(50, 3, 1);
  wide.dim = 3;
  wide.relations[0].params = {1, 2, 3};
  const ModelVersion narrow = version(wide, "c");
  EXPECT_EQ(id_of([&] { drift(a, narrow, nullptr, options()); }), "drift.other_dim");
  DriftOptions o = options();
  o.types = {"usr"};
  EXPECT_EQ(id_of([&] { drift(a, a, nullptr, o); }), "schema.unknown_entity_type");
  o = options();
  o.relations = {"folow"};
  EXPECT_EQ(id_of([&] { drift(a, a, nullptr, o); }), "schema.unknown_relation");

  SmallGraph broken = g;
  broken.rows["user"][17] = std::nanf("");
  const ModelVersion nan = version(broken, "d");
  EXPECT_EQ(id_of([&] { drift(a, nan, nullptr, options()); }), "drift.not_finite");
  StopFlag stop;
  stop.request();
  EXPECT_EQ(id_of([&] { drift(a, a, nullptr, options(), {}, stop); }), "drift.cancelled");
}

TEST_F(DriftTest, ARowOfZerosHasNoAngle) {
  const SmallGraph g = network(50, 3, 1);
  SmallGraph zeros = g;
  std::fill_n(zeros.rows["user"].begin(), kDim, 0.0f);
  const DriftResult r = drift(version(g, "a"), version(zeros, "b"), nullptr, options());
  EXPECT_EQ(r.types[0].rows.num_zero, 1u);
  EXPECT_TRUE(std::isfinite(r.types[0].rows.cosine.mean));
}

}  // namespace
}  // namespace twhin
