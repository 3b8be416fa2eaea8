#include "twhin/graph/estimate.h"

#include <arrow/util/compression.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "graph/import_fixture.h"

namespace twhin {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class EstimateTest : public ImportTest {
 protected:
  ImportEstimate estimate(const std::string& yaml) const {
    return estimate_import(options(yaml), dir_ / "graph", {}, stop_);
  }
  /// Names of what lies in the test's directory.
  std::set<std::string> entries() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }
};

TEST_F(EstimateTest, OfASmallInputIsWhatItGivesAndLeavesNothing) {
  std::string rows;
  for (int i = 0; i < 3000; ++i) {
    rows += "u" + std::to_string(i % 70) + " v" + std::to_string(i % 1100) + "\n";
  }
  write("a.txt", rows);
  const std::string config =
      "entities: {user: {}, item: {partitions: 3}}\n"
      "relations: {likes: {lhs: user, rhs: item}}\n"
      "sources: [{path: a.txt, relation: likes}]\n";
  const ImportEstimate e = estimate(config);
  EXPECT_EQ(entries(), std::set<std::string>{"a.txt"});
  const ImportSummary s = import(config);
  EXPECT_EQ(e.sampled_share, 1.0);
  EXPECT_EQ(e.rows, s.num_rows);
  EXPECT_EQ(e.edges, s.num_edges());
  for (std::size_t t = 0; t < e.types.size(); ++t) {
    EXPECT_EQ(e.types[t].name, s.schema.entities[t].name);
    EXPECT_EQ(e.types[t].entities, s.schema.entities[t].num_entities());
  }
  EXPECT_EQ(e.spilled_bytes, 0u);
  EXPECT_THAT(e.warnings, ::testing::IsEmpty());
}

// A folder of another program, or an export, may be hundreds of sources, of which some are opened.
TEST_F(EstimateTest, SourcesThatAreNotOpenedCountLikeThoseThatAre) {
  std::string rows, sources;
  for (int i = 0; i < 500; ++i)
    rows += "u" + std::to_string(i % 70) + "\tv" + std::to_string(i) + "\n";
  for (int i = 0; i < 130; ++i) {
    const std::string file = "part" + std::to_string(i) + ".tsv";
    write(file, rows);
    sources += "  - {path: " + file + ", relation: likes}\n";
  }
  const ImportEstimate e = estimate(
      "entities: {user: {}, item: {}}\n"
      "relations: {likes: {lhs: user, rhs: item, duplicates: keep}}\n"
      "sources:\n" +
      sources);
  EXPECT_LT(e.sampled_share, 1.0);
  EXPECT_NEAR(static_cast<double>(e.rows), 130 * 500.0, 1.0);  // the files are alike
}

// 20 MB in which the rows of an lhs stand together, 20 each, and an rhs is one of 200,000: rows,
// edges and entities are known within 30 %, from a part.
TEST_F(EstimateTest, OfALargeInputIsExtrapolatedFromPlacesAllOverIt) {
  constexpr std::uint64_t kRows = 1'400'000;
  std::ofstream out(dir_ / "a.tsv", std::ios::binary);
  std::uint64_t random = 1;
  for (std::uint64_t i = 0; i < kRows; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    out << "user" << i / 20 << '\t' << (random >> 33) % 200'000 << '\n';
  }
  out.close();
  const ImportEstimate e = estimate(
      "entities: {user: {}, item: {}}\nrelations: {likes: {lhs: user, rhs: item}}\n"
      "sources: [{path: a.tsv, relation: likes, lhs: 0, rhs: 1}]\n");
  EXPECT_LT(e.sampled_share, 1.0);
  const auto within = [](std::uint64_t guess, double truth) {
    EXPECT_GT(static_cast<double>(guess), 0.7 * truth);
    EXPECT_LT(static_cast<double>(guess), 1.3 * truth);
  };
  within(e.rows, kRows);
  within(e.edges, kRows);
  within(e.types[0].entities, kRows / 20.0);
  within(e.types[1].entities, 200'000);
}

TEST_F(EstimateTest, CountsBadRowsAndSaysThatTheyEndTheImport) {
  write("a.txt", "a b\nc\nd e\n");
  const std::string config = kFollow + "sources: [{path: a.txt, relation: follow}]\n";
  const ImportEstimate fails = estimate(config);
  EXPECT_EQ(fails.rejected, 1u);
  EXPECT_TRUE(fails.ends_at_bad_row);
  EXPECT_THAT(fails.warnings, Contains(HasSubstr("a.txt:2")));
  EXPECT_FALSE(estimate(config + "import: {on_bad_row: skip}").ends_at_bad_row);
}

// Who jumps in a file knows no line numbers.
TEST_F(EstimateTest, NamesBytesWhereItKnowsNoLines) {
  std::ofstream out(dir_ / "a.tsv", std::ios::binary);
  double first_bad = 0.0;
  for (int i = 0; i < 2'000'000; ++i) {
    if (i == 400'000) first_bad = static_cast<double>(out.tellp());
    if (i >= 400'000 && i % 500 == 0) out << "bad\n";
    out << "u" << i << "\tv" << i << "\n";
  }
  out.close();
  const ImportEstimate e = estimate(kFollow + "sources: [{path: a.tsv, relation: follow}]\n");
  ASSERT_GT(e.rejected, 0u);
  const std::string mark = "a.tsv: near byte ";
  const auto at = e.warnings.at(0).find(mark);
  ASSERT_NE(at, std::string::npos) << e.warnings[0];
  // At most the piece of a MiB that the row is in lies before it; there are fewer lines than that.
  EXPECT_GT(std::stod(e.warnings[0].substr(at + mark.size())), first_bad - (1 << 20));
}

// A byte of a file with quotes may lie within a field: such a file is read from its beginning.
TEST_F(EstimateTest, NeverJumpsIntoAQuotedField) {
  std::string field;
  for (int k = 0; k < 20'000; ++k) field += "x\n,";  // lines that are no rows
  std::ofstream out(dir_ / "a.csv", std::ios::binary);
  for (int i = 0; i < 400; ++i) out << "u" << i << ",\"" << field << "\",v\n";
  out.close();
  const ImportEstimate e =
      estimate(kFollow + "sources: [{path: a.csv, relation: follow, lhs: 0, rhs: 2}]\n");
  EXPECT_EQ(e.rejected, 0u);
  EXPECT_TRUE(e.front_only);
  EXPECT_THAT(e.warnings, Contains(HasSubstr("text with quotes")));
}

// Ids that become names hide nothing of the table that they stand in.
TEST_F(EstimateTest, JumpsInTablesOfIdsAsWell) {
  write("kg/e.dict", "0\ta\n1\tb\n");
  write("kg/r.dict", "0\tr\n");
  std::string rows;
  for (int i = 0; i < 4'000'000; ++i) rows += "0\t0\t1\n";
  write("kg/train.tsv", rows);
  const ImportEstimate e = estimate(
      "entities: {all: {}}\nrelations: {\"*\": {lhs: all, rhs: all, duplicates: keep}}\n"
      "sources: [{path: kg, format: udd, order: hrt, files: [e.dict, r.dict, train.tsv]}]\n");
  EXPECT_FALSE(e.front_only);
  EXPECT_NEAR(static_cast<double>(e.rows), 4e6, 1e4);
}

TEST_F(EstimateTest, KnowsWhatGoesToTemporaryFiles) {
  std::string rows;
  for (int i = 0; i < 600'000; ++i) {
    rows += std::to_string(i % 9000) + " " + std::to_string(i * 7 % 99'991) + "\n";
  }
  write("a.txt", rows);
  const std::string config = kFollow +
                             "sources: [{path: a.txt, relation: follow, delimiter: \" \"}]\n"
                             "import: {threads: 1, memory: 70MiB}\n";
  const ImportEstimate e = estimate(config);
  const ImportSummary s = import(config);
  EXPECT_GT(s.spilled_bytes, 4u << 20);
  const auto ratio = static_cast<double>(e.spilled_bytes) / static_cast<double>(s.spilled_bytes);
  EXPECT_GT(ratio, 0.7);
  EXPECT_LT(ratio, 1.3);
  EXPECT_EQ(e.disk_bytes, e.graph_bytes + e.spilled_bytes);
}

TEST_F(EstimateTest, OfASmallFileThatHoldsVeryMuchEndsAsWell) {
  std::string rows;
  for (int i = 0; i < 1 << 20; ++i) rows += "a b\n";
  const auto codec = arrow::util::Codec::Create(arrow::Compression::ZSTD).ValueOrDie();
  const auto size = static_cast<std::int64_t>(rows.size());
  const auto* data = reinterpret_cast<const std::uint8_t*>(rows.data());
  std::vector<std::uint8_t> frame(static_cast<std::size_t>(codec->MaxCompressedLen(size, data)));
  frame.resize(static_cast<std::size_t>(
      codec->Compress(size, data, static_cast<std::int64_t>(frame.size()), frame.data())
          .ValueOrDie()));
  std::string file;
  for (int i = 0; i < 64; ++i) file.append(frame.begin(), frame.end());  // 67 million rows
  write("a.zst", file);
  const ImportEstimate e =
      estimate(kFollow + "sources: [{path: a.zst, relation: follow, format: text}]\n");
  EXPECT_LT(e.sampled_rows, 6u << 20);
  EXPECT_TRUE(e.front_only);
  EXPECT_THAT(e.warnings, Contains(HasSubstr("from their beginning only")));
}

TEST_F(EstimateTest, RefusesWhatCannotFitWithAdvice) {
  ImportEstimate e;
  e.granted_memory_bytes = e.available_memory_bytes = e.available_disk_bytes = 1 << 30;
  e.check_memory();
  e.check_disk();
  const auto refusal = [&](void (ImportEstimate::*check)() const) {
    try {
      (e.*check)();
    } catch (const Error& error) {
      return std::string(error.id()) + "\n" + error.what();
    }
    return std::string();
  };
  e.disk_bytes = 2u << 30;
  EXPECT_THAT(refusal(&ImportEstimate::check_disk), HasSubstr("graph.not_enough_disk"));
  EXPECT_THAT(refusal(&ImportEstimate::check_disk), HasSubstr("another file system"));
  e.memory_bytes = 2u << 30;
  EXPECT_THAT(refusal(&ImportEstimate::check_memory), HasSubstr("at most 1.00 GiB"));
  e.memory_bytes = 0;
  e.least_memory_bytes = 2u << 30;
  EXPECT_THAT(refusal(&ImportEstimate::check_memory), HasSubstr("at least 2.00 GiB"));
}

TEST_F(EstimateTest, IsOneJsonObject) {
  write("a.txt", "a b\n");
  const auto json = nlohmann::json::parse(
      estimate(kFollow + "sources: [{path: a.txt, relation: follow}]\n").to_json());
  EXPECT_EQ(json["edges"], 1);
  EXPECT_EQ(json["entities"][0]["entities"], 2);
  EXPECT_EQ(json["sample"]["share"], 1.0);
}

}  // namespace
}  // namespace twhin
