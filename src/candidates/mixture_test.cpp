// Candidates by the components of mixtures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "candidates/quota.h"
#include "candidates/small_disk.h"
#include "evaluate/brute_force.h"
#include "twhin/mixture/build.h"

namespace twhin {
namespace {

constexpr std::uint32_t kLast = kUsers - 1;  // who has no engagement

/// The network with a mixture of users over clusters of tweets.
struct MixtureDisk : SmallDisk {
  MixtureDisk() : SmallDisk(small_network("dot", "translation")) {
    MixtureOptions options;
    options.type = "tweet";
    options.k = 6;
    options.m = 3;
    options.own_vectors = OwnVectors::stored;
    build_mixture(version, graph, "tweets", options, 2);
  }

  double cosine(const float* x, std::uint32_t tweet) const {
    const float* y = g.row("tweet", tweet);
    double xy = 0.0, xx = 0.0, yy = 0.0;
    for (std::size_t d = 0; d < g.dim; ++d) {
      xy += double{x[d]} * double{y[d]}, xx += double{x[d]} * double{x[d]};
      yy += double{y[d]} * double{y[d]};
    }
    return xy / std::sqrt(xx * yy);
  }
};

CandidateOptions by_mixture(std::uint32_t k = 12) {
  CandidateOptions options = by_relation("favorite", k);
  options.query = QueryKind::mixture;
  return options;
}

class EveryRepresentation : public ::testing::TestWithParam<Representation> {};

TEST_P(EveryRepresentation, EachComponentFillsItsQuotaWithTheNearestThatAreNotKnown) {
  const MixtureDisk disk;
  CandidateOptions options = by_mixture();
  options.representation = GetParam();
  CandidateGenerator generator(disk.version, options);
  generator.exclude_known(disk.graph, disk.users());
  const Mixture mixture = Mixture::open(disk.version);
  const std::uint32_t type = disk.version.schema().entity("user");
  EXPECT_EQ(generator.mixture(), "tweets");
  EXPECT_EQ(generator.comparator(), Comparator::cos);
  for (std::uint32_t user = 0; user < kLast; ++user) {
    const std::set<std::uint32_t> known = disk.known(0, user, {"train", "valid", "test"});
    const std::vector<Component> components = mixture.components(type, disk.g.id("user", user));
    if (components.empty()) continue;
    std::vector<float> rows(components.size() * disk.g.dim);
    mixture.vectors(type, disk.g.id("user", user), GetParam(),
                    MatrixView(rows.data(), components.size(), disk.g.dim));
    const CandidateList list = find_one(generator, disk.user(user));
    ASSERT_EQ(list.components.size(), components.size());
    ASSERT_EQ(list.candidates.size(), 12u);

    std::vector<double> weights;
    for (const Component& each : components) weights.push_back(each.weight);
    const std::vector<std::size_t> quota = quotas(weights, 12);
    std::set<std::uint32_t> in_list;
    for (const Candidate& each : list.candidates) in_list.insert(disk.g.number("tweet", each.id));
    EXPECT_EQ(in_list.size(), 12u) << "nothing stands twice";
    for (std::size_t c = 0; c < components.size(); ++c) {
      std::size_t given = 0;
      double worst = 2.0;
      for (const Candidate& each : list.candidates) {
        if (each.component != std::int64_t{components[c].cluster}) continue;
        const std::uint32_t tweet = disk.g.number("tweet", each.id);
        EXPECT_EQ(known.count(tweet), 0u);
        EXPECT_NEAR(each.score, disk.cosine(rows.data() + c * disk.g.dim, tweet), 1e-5);
        worst = std::min(worst, double{each.score});
        ++given;
      }
      EXPECT_EQ(given, quota[c]) << "user " << user << ", component " << c;
      // Whatever is nearer than the last that it gave is known, or in the list already.
      for (std::uint32_t tweet = 0; given > 0 && tweet < kTweets; ++tweet) {
        if (disk.cosine(rows.data() + c * disk.g.dim, tweet) < worst + 1e-5) continue;
        EXPECT_TRUE(known.count(tweet) > 0 || in_list.count(tweet) > 0) << "tweet " << tweet;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryRepresentation,
                         ::testing::Values(Representation::centroid, Representation::medoid,
                                           Representation::own));

TEST(MixtureCandidates, OnlyTheHeaviestComponentsAreSearchedIfFewAreWanted) {
  const MixtureDisk disk;
  CandidateOptions options = by_mixture();
  options.max_components = 1;
  const CandidateGenerator generator(disk.version, options);
  const Mixture mixture = Mixture::open(disk.version);
  const auto components =
      mixture.components(disk.version.schema().entity("user"), disk.g.id("user", 4));
  ASSERT_GT(components.size(), 1u);
  const CandidateList list = find_one(generator, disk.user(4));
  EXPECT_EQ(list.components.size(), 1u);
  for (const Candidate& each : list.candidates) {
    EXPECT_EQ(each.component, std::int64_t{components[0].cluster});
  }
}

TEST(MixtureCandidates, TheOperatorIsAppliedToComponentsOnRequest) {
  const MixtureDisk disk;
  CandidateOptions options = by_mixture(kTweets);
  options.transform_components = true;
  options.max_components = 1;
  const CandidateGenerator generator(disk.version, options);
  EXPECT_EQ(generator.comparator(), Comparator::dot);
  const Mixture mixture = Mixture::open(disk.version);
  const auto components =
      mixture.components(disk.version.schema().entity("user"), disk.g.id("user", 4));
  const float* centroid = mixture.centroids().row(components[0].cluster);
  for (const Candidate& each : find_one(generator, disk.user(4)).candidates) {
    double score = 0.0;  // <y + theta_r, x>
    const float* x = disk.g.row("tweet", disk.g.number("tweet", each.id));
    for (std::size_t d = 0; d < disk.g.dim; ++d) {
      score += (double{centroid[d]} + double{disk.g.relations[0].params[d]}) * double{x[d]};
    }
    EXPECT_NEAR(each.score, score, 1e-4);
  }
}

TEST(MixtureCandidates, RescoredAreTheBestOfWhatTheComponentsFindByTheUsersOwnVector) {
  const MixtureDisk disk;
  CandidateOptions options = by_mixture(4);
  options.rescore = true;
  options.pool = 3;
  const CandidateGenerator rescoring(disk.version, options);
  const CandidateGenerator pooling(disk.version, by_mixture(12));
  EXPECT_EQ(rescoring.comparator(), Comparator::dot);
  for (std::uint32_t user = 0; user < kLast; ++user) {
    std::vector<std::pair<double, std::uint32_t>> pool;
    std::map<std::uint32_t, std::int64_t> component;
    for (const Candidate& each : find_one(pooling, disk.user(user)).candidates) {
      const std::uint32_t tweet = disk.g.number("tweet", each.id);
      pool.emplace_back(-brute_score(disk.g, disk.g.relations[0], user, tweet), tweet);
      component[tweet] = each.component;
    }
    std::sort(pool.begin(), pool.end());
    const CandidateList list = find_one(rescoring, disk.user(user));
    ASSERT_EQ(list.candidates.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(disk.g.number("tweet", list.candidates[i].id), pool[i].second);
      EXPECT_NEAR(list.candidates[i].score, -pool[i].first, 1e-4);
      EXPECT_EQ(list.candidates[i].component, component[pool[i].second]);
    }
  }
}

TEST(MixtureCandidates, ByScoreTheSameCandidatesStandInAnotherOrder) {
  const MixtureDisk disk;
  CandidateOptions options = by_mixture();
  const CandidateGenerator taking_turns(disk.version, options);
  options.order = ListOrder::score;
  const CandidateGenerator by_score(disk.version, options);
  const CandidateList one = find_one(taking_turns, disk.user(4));
  const CandidateList other = find_one(by_score, disk.user(4));
  EXPECT_THAT(other.candidates, ::testing::UnorderedElementsAreArray(one.candidates));
  EXPECT_TRUE(std::is_sorted(other.candidates.begin(), other.candidates.end(),
                             [](const auto& a, const auto& b) { return a.score > b.score; }));
  EXPECT_NE(other.candidates, one.candidates);
}

TEST(MixtureCandidates, WhoHasNoEngagementAsksWithItsOwnVectorAndIsCounted) {
  const MixtureDisk disk;
  CandidateCounts counts;
  const CandidateGenerator mixture(disk.version, by_mixture());
  const auto lists = mixture.find(std::vector{disk.user(4), disk.user(kLast)}, counts);
  EXPECT_EQ(counts.num_without_mixture, 1u);
  EXPECT_THAT(lists[1].components, ::testing::IsEmpty());
  const CandidateGenerator unimodal(disk.version, by_relation("favorite", 12));
  EXPECT_EQ(lists[1].candidates, find_one(unimodal, disk.user(kLast)).candidates);
}

TEST(MixtureCandidates, SomebodyNewAsksLikeAUserWithTheSameEngagements) {
  const MixtureDisk disk;
  CandidateOptions options = by_mixture();
  options.exclude_splits = {"train"};
  CandidateGenerator generator(disk.version, options);
  generator.exclude_known(disk.graph, disk.users());
  generator.accept_engagements({});
  CandidateQuery query;
  query.name = "new";
  for (const std::uint32_t tweet : disk.known(0, 4, {"train"})) {
    query.engagements.push_back({0, disk.g.id("tweet", tweet)});
  }
  const CandidateList list = find_one(generator, query);
  EXPECT_EQ(list.refused, "");
  EXPECT_EQ(list.candidates, find_one(generator, disk.user(4)).candidates);

  query.engagements.clear();
  const CandidateList none = find_one(generator, query);
  EXPECT_THAT(none.candidates, ::testing::IsEmpty());
  EXPECT_NE(none.refused, "");
}

TEST(MixtureCandidates, WrongQuestionsAreRefused) {
  const MixtureDisk disk;
  const auto id = [&](const auto& change) {
    CandidateOptions options = by_mixture();
    change(options);
    return error_id([&] { CandidateGenerator(disk.version, options); });
  };
  EXPECT_EQ(id([](auto&) {}), "");
  EXPECT_EQ(id([](auto& o) { o.mixture = "tweet"; }), "mixture.not_found");
  EXPECT_EQ(id([](auto& o) { o.side = Side::lhs; }), "candidates.no_mixture");
  EXPECT_EQ(id([](auto& o) { o.transform_components = true, o.comparator = Comparator::dot; }),
            "candidates.conflicting_options");
  CandidateQuery vector;
  vector.vector.assign(disk.g.dim, 1.0f);
  const CandidateGenerator generator(disk.version, by_mixture());
  EXPECT_EQ(error_id([&] { find_one(generator, vector); }), "candidates.no_components");
}

TEST(MixtureCandidates, WithoutARelationComeFromTheClusteredType) {
  const MixtureDisk disk;
  CandidateOptions options;
  options.mixture = "tweets";
  options.k = 5;
  const CandidateGenerator generator(disk.version, options);
  EXPECT_EQ(generator.candidate_type(), disk.version.schema().entity("tweet"));
  EXPECT_EQ(generator.asking_type(), disk.version.schema().entity("user"));
  EXPECT_THAT(generator.excluded_relations(), ::testing::ElementsAre("favorite"));
  EXPECT_EQ(find_one(generator, disk.user(4)).candidates.size(), 5u);
}

}  // namespace
}  // namespace twhin
