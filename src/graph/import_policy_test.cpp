// Which rows and edges an import keeps, what they weigh, and which it holds out.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "graph/import_fixture.h"

namespace twhin {
namespace {

using ::testing::HasSubstr;

const std::string kBuys =
    "entities: {user: {}, item: {}}\nrelations: {buys: {lhs: user, rhs: item}}\n";

TEST_F(ImportTest, FiltersKeepRowsByTextAndByRange) {
  write("a.csv", "u,i,kind,price\na,x,sale,5\nb,y,gift,7\nc,z,sale,10\nd,w,loan,12.5\n");
  const auto run = [&](const std::string& filters) {
    return import(kBuys + "sources: [{path: a.csv, relation: buys, lhs: u, rhs: i, filters: [" +
                  filters + "]}]");
  };
  EXPECT_EQ(run("{column: kind, equals: sale}").counts[0].filtered, 2u);
  EXPECT_EQ(edges("buys"), (Edges{"a>x", "c>z"}));
  run("{column: kind, in: [gift, loan]}");
  EXPECT_EQ(edges("buys"), (Edges{"b>y", "d>w"}));
  run("{column: price, min: 7, max: 10}");
  EXPECT_EQ(edges("buys"), (Edges{"b>y", "c>z"}));
  const ImportSummary both = run("{column: kind, equals: sale}, {column: 3, min: 6}");
  EXPECT_EQ(edges("buys"), Edges{"c>z"});
  EXPECT_EQ(both.counts[0].rows, 4u);
  EXPECT_EQ(both.schema.entities[0].num_entities(), 1u) << "filtered names stay out";
}

TEST_F(ImportTest, AFilteredRowIsNotLookedAtFurther) {
  write("a.csv", "a,x,sale,1\nb,y,gift,heavy\n");
  import(kBuys +
         "sources: [{path: a.csv, relation: buys, weight: 3, "
         "filters: [{column: 2, equals: sale}]}]");
  EXPECT_EQ(edges("buys"), Edges{"a>x"});
}

TEST_F(ImportTest, ARangeOfWhatIsNoNumberIsABadRow) {
  write("a.csv", "a,x,1\nb,y,many\n");
  const Error error =
      error_of(kBuys + "sources: [{path: a.csv, relation: buys, filters: [{column: 2, min: 0}]}]");
  EXPECT_EQ(error.id(), "graph.bad_number");
  EXPECT_THAT(error.what(), HasSubstr("a.csv:2"));
  EXPECT_THAT(error.what(), HasSubstr("\"many\""));
  EXPECT_EQ(
      error_of(kBuys + "sources: [{path: a.csv, relation: buys, filters: [{column: 2}]}]").id(),
      "graph.bad_filter");
}

TEST_F(ImportTest, ATimeWindowIncludesItsBeginningAndNotItsEnd) {
  write("a.txt", "a x 9\nb x 10\nc x 19\nd x 20\n");
  const ImportSummary summary = import(kBuys +
                                       "sources: [{path: a.txt, relation: buys, timestamp: 2}]\n"
                                       "import: {since: 10, until: 20}");
  EXPECT_EQ(edges("buys"), (Edges{"b>x@10", "c>x@19"}));
  EXPECT_EQ(summary.counts[0].filtered, 2u);
}

TEST_F(ImportTest, EntitiesBelowTheLeastDegreeGoWithTheirRows) {
  write("a.txt", "a x\na x\na y\nb x\nc y\nc z\n");
  const ImportSummary summary = import(
      "entities: {user: {min_degree: 2}, item: {min_degree: 2}}\n"
      "relations: {buys: {lhs: user, rhs: item, duplicates: keep}}\n"
      "sources: [{path: a.txt, relation: buys}]");
  // b has one row and z has one; a, c, x, y have two or more before that.
  EXPECT_EQ(edges("buys"), (Edges{"a>x", "a>x", "a>y", "c>y"}));
  EXPECT_EQ(summary.schema.entities[0].num_entities(), 2u);
  EXPECT_EQ(summary.schema.entities[1].num_entities(), 2u);
  EXPECT_EQ(summary.counts[0].filtered, 2u);
  EXPECT_THAT(summary.to_table(), HasSubstr("2 rows with an entity below its type's least degree"));
}

TEST_F(ImportTest, WeightsHalveWithEachHalfLife) {
  write("a.txt", "a x 0\na y 10\na z 20\na z 10\n");
  const std::string source = "sources: [{path: a.txt, relation: buys, timestamp: 2}]\n";
  const auto config = [&](const std::string& more) {
    return "entities: {user: {}, item: {}}\n"
           "relations: {buys: {lhs: user, rhs: item, half_life: 10s, duplicates: sum}}\n" +
           source + more;
  };
  import(config(""));
  EXPECT_EQ(edges("buys"), (Edges{"a>x*0.25@0", "a>y*0.5@10", "a>z*1.5@10"}));
  import(config("import: {now: 30}"));
  EXPECT_EQ(edges("buys"), (Edges{"a>x*0.125@0", "a>y*0.25@10", "a>z*0.75@10"}));
  import(config("import: {timestamp_unit: ms, now: 10000}"));
  EXPECT_EQ(edges("buys"), (Edges{"a>x*0.5@0", "a>y*" + to_text(float(std::exp2(-0.999))) + "@10",
                                  "a>z*" +
                                      to_text(float(double(float(std::exp2(-0.998))) +
                                                    double(float(std::exp2(-0.999))))) +
                                      "@10"}));
}

TEST_F(ImportTest, AHalfLifeNeedsTimestamps) {
  write("a.txt", "a x\n");
  EXPECT_EQ(error_of("entities: {user: {}, item: {}}\n"
                     "relations: {buys: {lhs: user, rhs: item, half_life: 1d}}\n"
                     "sources: [{path: a.txt, relation: buys}]")
                .id(),
            "graph.no_timestamps");
}

TEST_F(ImportTest, ProducersAreATypeOfTheirOwn) {
  write("follow.txt", "a b\nb c\na a\n");
  write("wrote.txt", "b t1\n");
  import(
      "entities: {user: {producers: author, partitions: 2}, tweet: {}}\n"
      "relations:\n"
      "  follow: {lhs: user, rhs: user, self_loops: drop}\n"
      "  wrote: {lhs: author, rhs: tweet}\n"
      "sources:\n"
      "  - {path: follow.txt, relation: follow}\n"
      "  - {path: wrote.txt, relation: wrote}\n");
  const Graph graph = Graph::open(dir_ / "graph");
  EXPECT_EQ(graph.schema().entity_names(), (std::vector<std::string>{"user", "tweet", "author"}));
  EXPECT_EQ(graph.schema().entities[2].num_partitions(), 2u);
  EXPECT_EQ(edges("follow"), (Edges{"a>b", "b>c"})) << "a and a are one user in two tables";
  EXPECT_EQ(graph.schema().entities[0].num_entities(), 2u);  // a, b
  EXPECT_EQ(graph.schema().entities[2].num_entities(), 2u);  // b, c
  EXPECT_EQ(edges("wrote"), Edges{"b>t1"});
}

// User u has u edges.
std::string staircase(int users) {
  std::string text;
  for (int u = 1; u <= users; ++u) {
    for (int i = 0; i < u; ++i) {
      text += "u" + std::to_string(u) + " i" + std::to_string(i * 31 % 97) + "\n";
    }
  }
  return text;
}

std::map<std::string, std::size_t> degrees(const Edges& edges) {
  std::map<std::string, std::size_t> out;
  for (const std::string& edge : edges) ++out[edge.substr(0, edge.find('>'))];
  return out;
}

TEST_F(ImportTest, ASplitByLhsHoldsOutAShareOfEachLhsThatHasEnough) {
  write("a.txt", staircase(40));
  import(kBuys +
         "sources: [{path: a.txt, relation: buys}]\n"
         "split: {by: lhs, valid: 0.1, test: 0.2, min_edges: 10}");
  const auto train = degrees(edges("buys")), valid = degrees(edges("buys", "valid")),
             test = degrees(edges("buys", "test"));
  for (std::size_t u = 1; u <= 40; ++u) {
    const std::string name = "u" + std::to_string(u);
    const auto count = [&](const auto& of) { return of.count(name) ? of.at(name) : 0; };
    const auto share = [&](double x) {
      return u < 10 ? 0 : static_cast<std::size_t>(std::floor(x * static_cast<double>(u) + 0.5));
    };
    EXPECT_EQ(count(test), share(0.2)) << name;
    EXPECT_EQ(count(valid), share(0.1)) << name;
    EXPECT_EQ(count(train) + count(valid) + count(test), u) << name;
  }
}

TEST_F(ImportTest, LeavingSomeOutKeepsAtLeastOneEdgeInTrain) {
  write("a.txt", staircase(5));
  import(kBuys + "sources: [{path: a.txt, relation: buys}]\nsplit: {by: lhs, valid: 1, test: 2}");
  const auto train = degrees(edges("buys")), valid = degrees(edges("buys", "valid")),
             test = degrees(edges("buys", "test"));
  EXPECT_EQ(train, (std::map<std::string, std::size_t>{
                       {"u1", 1}, {"u2", 1}, {"u3", 1}, {"u4", 1}, {"u5", 2}}));
  EXPECT_EQ(test, (std::map<std::string, std::size_t>{{"u2", 1}, {"u3", 2}, {"u4", 2}, {"u5", 2}}));
  EXPECT_EQ(valid, (std::map<std::string, std::size_t>{{"u4", 1}, {"u5", 1}}));
}

TEST_F(ImportTest, KeptDuplicatesOfAPairGoToOneSplit) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += "u i" + std::to_string(i % 20) + " " + std::to_string(i) + "\n";
  }
  write("a.txt", text);
  import(
      "entities: {user: {}, item: {}}\n"
      "relations: {buys: {lhs: user, rhs: item, duplicates: keep}}\n"
      "sources: [{path: a.txt, relation: buys, timestamp: 2}]\n"
      "split: {by: lhs, test: 10}");
  const auto pair_of = [](const std::string& edge) { return edge.substr(0, edge.find('@')); };
  std::set<std::string> train;
  for (const std::string& edge : edges("buys")) train.insert(pair_of(edge));
  EXPECT_EQ(edges("buys", "test").size(), 12u) << "ten, and the rest of the last pair";
  for (const std::string& edge : edges("buys", "test")) EXPECT_EQ(train.count(pair_of(edge)), 0u);
}

TEST_F(ImportTest, OnlyTheRelationsThatTheSplitNamesAreHeldOut) {
  write("a.txt", staircase(30));
  import(
      "entities: {user: {}, item: {}}\n"
      "relations: {buys: {lhs: user, rhs: item}, sees: {lhs: user, rhs: item}}\n"
      "sources: [{path: a.txt, relation: buys}, {path: a.txt, relation: sees}]\n"
      "split: {test: 0.5, relations: [buys]}");
  EXPECT_GT(edges("buys", "test").size(), 100u);
  EXPECT_EQ(edges("sees").size(), 465u);
}

class HeldOutPairsTest : public ImportTest {
 protected:
  // follow, reply and like between users, of which a share of follow is held out.
  ImportSummary run(const std::string& policy) {
    std::string follow, reply;
    for (int a = 0; a < 30; ++a) {
      for (int b = 0; b < 30; ++b) {
        if (a == b) continue;
        const std::string edge = std::to_string(a) + " " + std::to_string(b) + "\n";
        follow += edge;
        if ((a + b) % 3 == 0) reply += edge;
      }
    }
    write("follow.txt", follow);
    write("reply.txt", reply);
    write("owns.txt", reply);
    return import(
        "entities: {user: {}, item: {}}\n"
        "relations:\n"
        "  follow: {lhs: user, rhs: user}\n"
        "  reply: {lhs: user, rhs: user}\n"
        "  owns: {lhs: user, rhs: item}\n"
        "sources:\n"
        "  - {path: follow.txt, relation: follow}\n"
        "  - {path: reply.txt, relation: reply}\n"
        "  - {path: owns.txt, relation: owns}\n"
        "split: {test: 0.2, relations: [follow], held_out_pairs: " +
        policy + "}");
  }
  static std::string reversed(const std::string& edge) {
    const std::size_t at = edge.find('>');
    return edge.substr(at + 1) + ">" + edge.substr(0, at);
  }
};

TEST_F(HeldOutPairsTest, StayInOtherRelationsUnlessRemoved) {
  run("keep");
  EXPECT_EQ(edges("reply").size(), 290u);
  const Edges test = edges("follow", "test");
  EXPECT_TRUE(std::any_of(test.begin(), test.end(),
                          [&](const std::string& e) { return edges("reply").count(e) > 0; }));
}

TEST_F(HeldOutPairsTest, LeaveOtherRelationsOfTheSameTypesInBothDirections) {
  const ImportSummary summary = run("remove");
  const Edges test = edges("follow", "test"), reply = edges("reply"), follow = edges("follow");
  ASSERT_GT(test.size(), 100u);
  std::size_t num_reversed = 0;
  for (const std::string& edge : test) {
    EXPECT_EQ(reply.count(edge) + reply.count(reversed(edge)), 0u) << edge;
    EXPECT_EQ(follow.count(edge), 0u);
    num_reversed += follow.count(reversed(edge));
  }
  EXPECT_GT(num_reversed, 50u) << "another fact about the same two";
  EXPECT_EQ(follow.size() + test.size(), 870u);
  EXPECT_EQ(edges("owns").size(), 290u) << "items of the same names are no users";
  EXPECT_EQ(summary.num_leaks, 290u - reply.size());
  EXPECT_EQ(summary.counts[1].filtered, 290u - reply.size());
}

TEST_F(HeldOutPairsTest, LeaveTheirOwnRelationInTheOtherDirectionIfAsked) {
  run("remove_reversed");
  const Edges test = edges("follow", "test"), follow = edges("follow");
  for (const std::string& edge : test) EXPECT_EQ(follow.count(reversed(edge)), 0u) << edge;
  EXPECT_LT(follow.size() + test.size(), 870u);
}

TEST_F(ImportTest, SplitsThatLeaveNothingToTrainOnAreRefused) {
  write("a.txt", "a b\n");
  const std::string source = kBuys + "sources: [{path: a.txt, relation: buys}]\n";
  EXPECT_EQ(error_of(source + "split: {valid: 0.5, test: 0.5}").id(), "graph.bad_split");
  EXPECT_EQ(error_of(source + "split: {test: 3}").id(), "graph.bad_split");
  EXPECT_EQ(error_of(source + "split: {by: lhs, test: 2.5}").id(), "graph.bad_split");
  EXPECT_EQ(error_of(source + "split: {test: 0.1, relations: [bys]}").id(),
            "graph.unknown_relation");
}

}  // namespace
}  // namespace twhin
