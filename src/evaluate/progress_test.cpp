// Long jobs say how far they are: at its last report each stage has done what it promised.
#include <gtest/gtest.h>

#include <map>

#include "evaluate/small_graph.h"
#include "twhin/evaluate/evaluate.h"
#include "twhin/evaluate/recommend.h"

namespace twhin {
namespace {

class ProgressOf : public ::testing::Test {
 protected:
  ProgressOf() {
    SmallGraph g;
    g.types = {{"user", 40, 3}, {"tweet", 25, 3}};
    g.dim = 4;
    g.rows["user"] = random_normals(40 * 4, 1);
    g.rows["tweet"] = random_normals(25 * 4, 2);
    g.relations = {{"follow", "user", "user", {}, true}, {"favorite", "user", "tweet", {}, false}};
    for (SmallRelation& relation : g.relations) {
      const auto edges = random_edges(180, 40, 25, 7);
      relation.edges["train"] = {edges.begin(), edges.begin() + 100};
      relation.edges["valid"] = {edges.begin() + 100, edges.begin() + 120};
      relation.edges["test"] = {edges.begin() + 120, edges.end()};
    }
    g.write_version(dir_.path() / "models", g.write(dir_.path() / "graph"));
    observer_.progress = [this](const Progress& p) { stages_[p.stage] = {p.done, p.total}; };
  }

  Graph graph() const { return Graph::open(dir_.path() / "graph"); }
  ModelVersion version() const { return ModelVersion::open(dir_.path() / "models" / "all"); }
  void expect_all_done(std::size_t num_stages) {
    EXPECT_EQ(stages_.size(), num_stages);
    for (const auto& [stage, done] : stages_) EXPECT_EQ(done.first, done.second) << stage;
    stages_.clear();
  }

  TestDirectory dir_;
  Observer observer_;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> stages_;
};

TEST_F(ProgressOf, RankingHasReadRankedAndResampledAll) {
  for (const Sides sides : {Sides::both, Sides::lhs}) {
    EvalOptions options;
    options.sides = sides;
    options.threads = 1;
    evaluate(version(), graph(), options, observer_);
    expect_all_done(3);
  }
}

TEST_F(ProgressOf, RecommendingHasReadAndScoredAll) {
  for (const ItemSet items : {ItemSet::all, ItemSet::linked, ItemSet::trained}) {
    RecommendOptions options;
    options.relation = "favorite";
    options.items = items;
    options.threads = 1;
    recommend(version(), graph(), options, observer_);
    expect_all_done(2);
  }
}

}  // namespace
}  // namespace twhin
