// A network that grows: ids of the base stay. Coverage of relations and networks.
#include <gmock/gmock.h>

#include "graph/import_fixture.h"

namespace twhin {
namespace {

using ::testing::HasSubstr;

class BaseTest : public ImportTest {
 protected:
  std::string config(int partitions, const std::string& more = "") const {
    return "entities: {user: {partitions: " + std::to_string(partitions) +
           "}}\nrelations: {follow: {lhs: user, rhs: user}}\n"
           "sources: [{path: edges.txt, relation: follow}]\n" +
           more;
  }
  void write_edges(int from, int to) {
    std::string text;
    for (int i = from; i < to; ++i) {
      text += "u" + std::to_string(i) + " v" + std::to_string(i) + "\n";
    }
    write("edges.txt", text);
  }
  ImportSummary import_on(const std::string& yaml, const std::string& base,
                          const std::string& graph) const {
    const Graph old = Graph::open(dir_ / base);
    return import_graph(options(yaml), dir_ / graph, {}, stop_, &old);
  }
  std::map<std::string, EntityId> ids(const std::string& graph) const {
    const Vocabulary names = Graph::open(dir_ / graph).vocabulary(0);
    std::map<std::string, EntityId> ids;
    for (std::uint32_t p = 0; p < names.num_partitions(); ++p) {
      for (std::uint32_t row = 0; row < names.size(p); ++row) {
        const std::string name(names.name({p, row}));
        ids[name] = {p, row};
        EXPECT_EQ(names.find(name), (EntityId{p, row})) << name;
      }
    }
    return ids;
  }
};

TEST_F(BaseTest, OldEntitiesKeepTheirIdsAndNewOnesFollow) {
  write_edges(0, 300);
  import(config(3), "v1");
  write_edges(100, 400);
  const ImportSummary summary = import_on(config(3), "v1", "v2");
  const auto before = ids("v1"), after = ids("v2");
  ASSERT_EQ(before.size(), 600u);
  ASSERT_EQ(after.size(), 800u);
  for (const auto& [name, id] : before) EXPECT_EQ(after.at(name), id) << name;
  const Graph old = Graph::open(dir_ / "v1");
  for (const auto& [name, id] : after) {
    if (before.count(name) == 0) {
      EXPECT_GE(id.row, old.schema().entities[0].partition_sizes[id.partition]) << name;
    }
  }
  ASSERT_EQ(summary.changes.size(), 1u);
  EXPECT_EQ(summary.changes[0].num_kept, 400u);
  EXPECT_EQ(summary.changes[0].num_new, 200u);
  EXPECT_EQ(summary.changes[0].num_vanished, 200u);
  EXPECT_EQ(edges("follow", "train", "v2").size(), 300u);
  EXPECT_EQ(edges("follow", "train", "v2").count("u250>v250"), 1u);
  EXPECT_EQ(edges("follow", "train", "v2").count("u50>v50"), 0u);
}

TEST_F(BaseTest, ANetworkMayGrowAgainAndInItsOwnPlace) {
  write_edges(0, 100);
  import(config(2), "graph");
  const auto first = ids("graph");
  write_edges(50, 150);
  import_on(config(2), "graph", "graph");
  const auto second = ids("graph");
  write_edges(0, 200);
  const ImportSummary summary = import_on(config(2), "graph", "graph");
  const auto third = ids("graph");
  for (const auto& [name, id] : first) EXPECT_EQ(second.at(name), id);
  for (const auto& [name, id] : second) EXPECT_EQ(third.at(name), id);
  EXPECT_EQ(third.size(), 400u);
  EXPECT_EQ(summary.changes[0].num_vanished, 0u);
  EXPECT_EQ(edges("follow").size(), 200u);
  EXPECT_THAT(summary.to_table(), HasSubstr("since the base  kept  new  vanished\n"
                                            "user             300  100         0\n"));
}

TEST_F(BaseTest, WhatWouldMoveIdsIsRefused) {
  write_edges(0, 100);
  import(config(2), "v1");
  const auto id_of = [&](const std::string& yaml) {
    try {
      import_on(yaml, "v1", "v2");
    } catch (const Error& error) {
      return error.id();
    }
    return std::string("none");
  };
  EXPECT_EQ(id_of(config(4)), "graph.base_partitions");
  EXPECT_EQ(id_of(config(2, "import: {hash_seed: 5}")), "graph.base_hash_seed");
  EXPECT_EQ(id_of("entities: {person: {}}\nrelations: {follow: {lhs: person, rhs: person}}\n"
                  "sources: [{path: edges.txt, relation: follow}]"),
            "graph.base_type");
  EXPECT_EQ(id_of(config(2)), "none");
}

// Users 0..9: all follow, two click on ads; advertisers promote.
class CoverageTest : public ImportTest {
 protected:
  void SetUp() override {
    std::string follow, clicks = "0 ad1\n0 ad2\n1 ad1\n";
    for (int u = 0; u < 10; ++u) {
      for (int k = 1; k <= u; ++k) {
        follow += std::to_string(u) + " " + std::to_string((u + k) % 10) + "\n";
      }
    }
    write("follow.txt", follow);
    write("clicks.txt", clicks);
    write("promotes.txt", "acme ad1\nacme ad2\n");
  }
  const std::string config_ =
      "entities: {user: {partitions: 3}, advertiser: {}, ad: {}}\n"
      "relations:\n"
      "  follow: {lhs: user, rhs: user}\n"
      "  clicks: {lhs: user, rhs: ad}\n"
      "  promotes: {lhs: advertiser, rhs: ad}\n"
      "sources:\n"
      "  - {path: follow.txt, relation: follow}\n"
      "  - {path: clicks.txt, relation: clicks}\n"
      "  - {path: promotes.txt, relation: promotes}\n"
      "networks: {all: [follow, clicks, promotes], ads: [clicks, promotes]}\n";
};

TEST_F(CoverageTest, IsTheShareOfTheCoreTypeThatTakesPart) {
  const Coverage c = import(config_).coverage;
  EXPECT_EQ(c.core_type, 0u) << "users stand at most ends";
  EXPECT_DOUBLE_EQ(c.relations[0].core_share, 1.0);
  EXPECT_DOUBLE_EQ(c.relations[1].core_share, 0.2);
  EXPECT_DOUBLE_EQ(c.relations[2].core_share, 0.0) << "no user promotes";
  EXPECT_TRUE(c.relations[0].high);
  EXPECT_FALSE(c.relations[1].high);
  EXPECT_EQ(c.relations[0].lhs.num_entities, 9u) << "user 0 follows nobody";
  EXPECT_DOUBLE_EQ(c.relations[0].lhs.mean, 5.0);
  EXPECT_EQ(c.relations[0].lhs.p50, 5u);
  EXPECT_EQ(c.relations[0].lhs.p90, 9u);
  EXPECT_EQ(c.relations[0].lhs.max, 9u);
  EXPECT_DOUBLE_EQ(c.relations[2].lhs.share, 1.0);
  const std::string json = read_text(dir_ / "graph" / "stats.json");
  EXPECT_THAT(json, HasSubstr("\"core_type\": \"user\""));
  EXPECT_THAT(json, HasSubstr("\"low_networks\": [\n  \"ads\"\n ]"));
}

TEST_F(CoverageTest, ANetworkOfLowCoverageAloneIsWarnedOf) {
  std::vector<std::string> warnings;
  Observer observer;
  observer.warning = [&](const std::string& line) { warnings.push_back(line); };
  import_graph(options(config_), dir_ / "graph", observer, stop_);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("network \"ads\""));
  warnings.clear();
  import_graph(options(config_ + "import: {high_coverage: 0.15}\n"), dir_ / "graph", observer,
               stop_);
  EXPECT_TRUE(warnings.empty());
  import_graph(options(config_ + "import: {core_type: ad}\n"), dir_ / "graph", observer, stop_);
  EXPECT_TRUE(warnings.empty()) << "all ads are clicked on";
}

}  // namespace
}  // namespace twhin
