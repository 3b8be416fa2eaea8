#include "twhin/generate/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/generate/planted_network.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;

GenerateOptions small_options() {
  GenerateOptions options;
  options.edges = 20000;
  options.communities = 10;
  options.edges_per_user = 40.0;
  options.format = GeneratedFormat::tsv;
  return options;
}

class GenerateTest : public ::testing::Test {
 protected:
  GenerateTest() {
    dir_ = fs::temp_directory_path() / ("twhin-generate-" + std::to_string(::getpid()));
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  ~GenerateTest() override { fs::remove_all(dir_); }

  GenerateSummary run(const GenerateOptions& options, const std::string& name) {
    return generate(options, dir_ / name, observer_, stop_);
  }
  // (lhs, rhs) of every row of an edges table.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> edges(const std::string& name,
                                                             const std::string& relation) {
    std::ifstream in(dir_ / name / "edges" / (relation + ".tsv"));
    std::string line;
    std::getline(in, line);
    EXPECT_EQ(line, "lhs\trhs\ttimestamp");
    std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
    for (std::uint64_t lhs, rhs, time; in >> lhs >> rhs >> time;) out.emplace_back(lhs, rhs);
    return out;
  }

  fs::path dir_;
  Observer observer_;
  StopFlag stop_;
};

TEST_F(GenerateTest, EqualOptionsGiveEqualBytesAndAnotherSeedOthers) {
  GenerateOptions options = small_options();
  run(options, "a");
  run(options, "b");
  options.seed = 2;
  run(options, "c");
  for (const char* file : {"config.yaml", "edges/follows.tsv", "edges/clicks.tsv", "exposures.tsv",
                           "truth/user.tsv", "truth/tweet.tsv"}) {
    EXPECT_EQ(read_text(dir_ / "a" / file), read_text(dir_ / "b" / file)) << file;
    if (std::string(file) != "config.yaml") {
      EXPECT_NE(read_text(dir_ / "a" / file), read_text(dir_ / "c" / file)) << file;
    }
  }
}

TEST_F(GenerateTest, CountsAreThoseOfTheFilesAndNearTheWantedSize) {
  const GenerateSummary summary = run(small_options(), "a");
  std::uint64_t total = 0;
  for (std::size_t r = 0; r < kPlantedRelations.size(); ++r) {
    EXPECT_EQ(edges("a", kPlantedRelations[r].name).size(), summary.edges[r]);
    total += summary.edges[r];
  }
  EXPECT_NEAR(static_cast<double>(total), 20000.0, 0.15 * 20000.0);
}

TEST_F(GenerateTest, NoPairIsRepeatedAndNobodyFollowsHimself) {
  run(small_options(), "a");
  for (const char* relation : {"follows", "favorites", "clicks"}) {
    const auto all = edges("a", relation);
    EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size()) << relation;
  }
  for (const auto& [lhs, rhs] : edges("a", "follows")) EXPECT_NE(lhs, rhs);
}

// A draw stays inside the user's communities with probability 1 - outside, and an outside draw hits
// them by chance. Drawing without repetition moves the share toward the outside: the small
// communities here are soon used up. So it lies between the two.
TEST_F(GenerateTest, MostEdgesStayInsideTheUsersCommunities) {
  GenerateOptions options = small_options();
  options.edges = 100000;
  run(options, "a");
  const PlantedNetwork network(options);
  std::uint64_t inside = 0, total = 0;
  for (const auto& [user, tweet] : edges("a", "favorites")) {
    inside += network.share(user, network.entities(PlantedType::tweet).community(tweet)) > 0.0;
    ++total;
  }
  const double share = static_cast<double>(inside) / static_cast<double>(total);
  EXPECT_GT(share, 0.7);
  EXPECT_LT(share, 0.7 + 0.3 * 0.5);
}

TEST_F(GenerateTest, DegreesAreUneven) {
  run(small_options(), "a");
  std::map<std::uint64_t, int> followers;
  for (const auto& [lhs, rhs] : edges("a", "follows")) ++followers[rhs];
  std::vector<int> degrees;
  for (const auto& [user, degree] : followers) degrees.push_back(degree);
  std::sort(degrees.rbegin(), degrees.rend());
  // With exponent 2.1 the most followed tenth holds far more than the tenth of an even network.
  std::size_t i = 0;
  double top = 0.0, sum = 0.0;
  for (const int degree : degrees) {
    if (i++ < degrees.size() / 10) top += degree;
    sum += degree;
  }
  EXPECT_GT(top / sum, 0.4);
}

TEST_F(GenerateTest, ClicksHappenAsOftenAsTheirProbabilitySays) {
  run(small_options(), "a");
  std::ifstream in(dir_ / "a/exposures.tsv");
  std::string line;
  std::getline(in, line);
  double expected = 0.0, variance = 0.0, clicked = 0.0;
  double user, ad, click, probability;
  while (in >> user >> ad >> click >> probability) {
    expected += probability;
    variance += probability * (1.0 - probability);
    clicked += click;
  }
  EXPECT_NEAR(clicked, expected, 4.0 * std::sqrt(variance));
}

TEST_F(GenerateTest, SharesOfInterestsFallByTheirExponent) {
  GenerateOptions options = small_options();
  options.min_interests = options.max_interests = 4;
  for (const double exponent : {0.0, 1.0, 2.0}) {
    options.interest_exponent = exponent;
    const std::vector<Interest> interests = PlantedNetwork(options).interests(7);
    ASSERT_EQ(interests.size(), 4u);
    double sum = 0.0;
    for (std::size_t k = 0; k < interests.size(); ++k) {
      const double expected = std::pow(static_cast<double>(k + 1), -exponent);
      EXPECT_NEAR(interests[k].share / interests[0].share, expected, 1e-12) << exponent;
      sum += interests[k].share;
    }
    EXPECT_NEAR(sum, 1.0, 1e-12);
  }
}

TEST_F(GenerateTest, InterestsDriftFromStepToStepAndHomeStays) {
  GenerateOptions options = small_options();
  const PlantedNetwork before(options);
  options.step = 1;
  options.drift = 0.25;
  const PlantedNetwork after(options);
  int changed = 0;
  const int users = static_cast<int>(before.entities(PlantedType::user).size());
  for (int u = 0; u < users; ++u) {
    const auto a = before.interests(static_cast<std::uint64_t>(u));
    const auto b = after.interests(static_cast<std::uint64_t>(u));
    ASSERT_EQ(a.size(), b.size());
    EXPECT_EQ(a[0].community, b[0].community);
    int differing = 0;
    double sum = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      differing += a[k].community != b[k].community;
      sum += b[k].share;
    }
    EXPECT_LE(differing, 1);
    EXPECT_NEAR(sum, 1.0, 1e-12);
    changed += differing;
  }
  EXPECT_NEAR(changed, 0.25 * users, 4.0 * std::sqrt(0.25 * 0.75 * users));
  EXPECT_GT(after.entities(PlantedType::user).size(), before.entities(PlantedType::user).size());
  // An entity keeps its community when others join.
  for (std::uint64_t u = 0; u < 100; ++u) {
    EXPECT_EQ(before.entities(PlantedType::user).community(u),
              after.entities(PlantedType::user).community(u));
  }
}

TEST_F(GenerateTest, ALaterStepBringsOriginsOfNewTargetsOnly) {
  GenerateOptions options = small_options();
  options.step = 1;
  const GenerateSummary summary = run(options, "a");
  options.step = 0;
  const std::uint64_t before = PlantedNetwork::num_entities(options, PlantedType::tweet);
  EXPECT_EQ(edges("a", "authors").size(), summary.entities[1] - before);
  for (const auto& [author, tweet] : edges("a", "authors")) EXPECT_GE(tweet, before);
}

TEST_F(GenerateTest, DrawsFollowTheWeights) {
  const PlantedNetwork network(small_options());
  const WeightedEntities& users = network.entities(PlantedType::user);
  std::vector<int> drawn(users.size());
  Rng rng(1);
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) ++drawn[users.draw(rng, 3)];
  for (std::uint64_t u = 0; u < users.size(); ++u) {
    const double p = users.community(u) == 3 ? users.weight(u) / users.community_weight(3) : 0.0;
    EXPECT_NEAR(drawn[u], p * kDraws, 5.0 * std::sqrt(p * kDraws) + 1e-9) << "user " << u;
  }
}

TEST_F(GenerateTest, SomebodyElsesDirectoryIsNotTouched) {
  fs::create_directories(dir_ / "a");
  write_text(dir_ / "a/thesis.txt", "x");
  try {
    run(small_options(), "a");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "generate.not_ours");
  }
  EXPECT_EQ(read_text(dir_ / "a/thesis.txt"), "x");
}

TEST_F(GenerateTest, WhatWasMadeOfANetworkIsNotTouched) {
  run(small_options(), "a");
  fs::create_directories(dir_ / "a/models/all/v1");
  try {
    run(small_options(), "a");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "generate.in_use");
  }
  EXPECT_TRUE(fs::exists(dir_ / "a/models/all/v1"));
}

TEST_F(GenerateTest, AnInterruptedRunLeavesTheOldNetwork) {
  run(small_options(), "a");
  const std::string before = read_text(dir_ / "a/edges/follows.tsv");
  stop_.request();
  GenerateOptions options = small_options();
  options.seed = 5;
  EXPECT_THROW(run(options, "a"), Error);
  EXPECT_EQ(read_text(dir_ / "a/edges/follows.tsv"), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), {}), 1);
}

TEST_F(GenerateTest, OptionsAreReadBackAndContradictionsRefused) {
  GenerateOptions options = small_options();
  options.step = 3;
  run(options, "a");
  EXPECT_EQ(read_generated_options(dir_ / "a").step, 3u);
  EXPECT_EQ(read_generated_options(dir_ / "a").edges, options.edges);
  options.min_interests = 4;
  options.max_interests = 2;
  EXPECT_THROW(run(options, "b"), Error);
}

}  // namespace
}  // namespace twhin
