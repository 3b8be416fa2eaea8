// Vocabularies and edge buckets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "twhin/base/error.h"
#include "twhin/storage/edge_stream.h"
#include "twhin/storage/edges.h"
#include "twhin/storage/vocabulary.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;

class NamesTest : public ::testing::Test {
 protected:
  NamesTest() {
    dir_ = fs::temp_directory_path() / ("twhin-names-" + std::to_string(::getpid()));
    fs::remove_all(dir_);
    fs::create_directories(dir_ / "vocabulary");
  }
  ~NamesTest() override { fs::remove_all(dir_); }

  // Writes names 0 … n-1 as decimal text; with `shuffled`, row i does not have the i-th hash.
  void write_numbers(int n, std::uint32_t num_partitions, bool shuffled) {
    std::vector<std::vector<std::pair<std::uint64_t, std::string>>> parts(num_partitions);
    for (int i = 0; i < n; ++i) {
      const std::string name = std::to_string(i);
      const std::uint64_t hash = name_hash(name).low;
      parts[partition_of(hash, num_partitions)].emplace_back(hash, name);
    }
    for (std::uint32_t p = 0; p < num_partitions; ++p) {
      std::sort(parts[p].begin(), parts[p].end());
      const std::size_t size = parts[p].size();
      std::vector<std::uint64_t> hashes, offsets = {0};
      std::vector<std::uint32_t> rows(size);
      std::vector<std::string> by_row(size);
      for (std::size_t i = 0; i < size; ++i) {
        rows[i] = static_cast<std::uint32_t>(shuffled ? size - 1 - i : i);
        hashes.push_back(parts[p][i].first);
        by_row[rows[i]] = parts[p][i].second;
      }
      std::string bytes;
      for (const std::string& name : by_row) {
        bytes += name;
        offsets.push_back(bytes.size());
      }
      const std::uint64_t seed = 0;
      ContainerWriter writer(dir_ / Vocabulary::file_name("user", p), "vocabulary");
      writer.add_text("bytes", bytes);
      writer.add<std::uint64_t>("offsets", offsets);
      writer.add<std::uint64_t>("hashes", hashes);
      if (shuffled) writer.add<std::uint32_t>("rows", rows);
      writer.add<std::uint64_t>("seed", {&seed, 1});
      writer.commit();
    }
  }

  fs::path dir_;
};

TEST_F(NamesTest, EveryNameIsFoundAndNoOther) {
  for (const std::uint32_t num_partitions : {1u, 3u, 8u}) {
    for (const bool shuffled : {false, true}) {
      write_numbers(5000, num_partitions, shuffled);
      const Vocabulary v = Vocabulary::open(dir_, "user", num_partitions);
      EXPECT_EQ(v.size(), 5000u);
      for (int i = 0; i < 5000; ++i) {
        const auto id = v.find(std::to_string(i));
        ASSERT_TRUE(id) << i << " of " << num_partitions << " partitions";
        EXPECT_EQ(v.name(*id), std::to_string(i));
      }
      for (int i = 5000; i < 10000; ++i) EXPECT_FALSE(v.find(std::to_string(i)));
    }
  }
}

TEST_F(NamesTest, SmallVocabulariesAreSearchedToo) {
  for (const int n : {0, 1, 2}) {
    write_numbers(n, 2, false);
    const Vocabulary v = Vocabulary::open(dir_, "user", 2);
    EXPECT_EQ(v.size(), static_cast<std::uint64_t>(n));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(v.find(std::to_string(i)).has_value(), i < n);
  }
}

TEST(FindHashTest, UnevenHashesAreFoundAsWell) {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < 1000; ++i) hashes.push_back(i * i * i);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    EXPECT_EQ(find_hash(hashes, hashes[i], 0, 0), i);
    if (i > 1) {
      EXPECT_EQ(find_hash(hashes, hashes[i] + 1, 0, 0), hashes.size());
    }
  }
}

TEST_F(NamesTest, EdgesComeBackAndBadOnesAreRefused) {
  const std::vector<std::uint32_t> lhs = {0, 1, 2}, rhs = {5, 6, 7};
  const std::vector<float> weight = {1.0f, 0.5f, 2.0f};
  write_edges(dir_ / "e", {lhs, rhs, weight, {}});
  const EdgeBucket bucket = EdgeBucket::open(dir_ / "e", 3, 8);
  EXPECT_THAT(bucket.edges().lhs, ::testing::ElementsAreArray(lhs));
  EXPECT_THAT(bucket.edges().rhs, ::testing::ElementsAreArray(rhs));
  EXPECT_THAT(bucket.edges().weight, ::testing::ElementsAreArray(weight));
  EXPECT_TRUE(bucket.edges().timestamp.empty());
  try {
    EdgeBucket::open(dir_ / "e", 3, 7);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "storage.edge_out_of_range");
  }
}

TEST_F(NamesTest, AStreamGivesTheEdgesOfABucketABlockAtATime) {
  const std::size_t n = 2 * EdgeStream::kBlockEdges + 7;
  std::vector<std::uint32_t> lhs(n), rhs(n);
  std::vector<float> weight(n);
  std::vector<std::int64_t> timestamp(n);
  for (std::size_t i = 0; i < n; ++i) {
    lhs[i] = static_cast<std::uint32_t>(i / 3);
    rhs[i] = static_cast<std::uint32_t>(i * 7 % 1000);
    weight[i] = static_cast<float>(i);
    timestamp[i] = -static_cast<std::int64_t>(i);
  }
  for (const EdgeSpan& edges :
       {EdgeSpan{lhs, rhs, weight, timestamp}, EdgeSpan{lhs, rhs, {}, {}}, EdgeSpan{}}) {
    write_edges(dir_ / "e", edges);
    EdgeStream stream(dir_ / "e", static_cast<std::uint32_t>(n), 1000);
    EXPECT_EQ(stream.size(), edges.size());
    std::size_t at = 0;
    for (EdgeSpan block; stream.next(block); at += block.size()) {
      ASSERT_LE(at + block.size(), edges.size());
      const auto same = [&](auto got, auto all) {
        return all.empty() ? got.empty()
                           : std::equal(got.begin(), got.end(), all.begin() + at,
                                        all.begin() + at + block.size());
      };
      EXPECT_TRUE(same(block.lhs, edges.lhs) && same(block.rhs, edges.rhs));
      EXPECT_TRUE(same(block.weight, edges.weight) && same(block.timestamp, edges.timestamp));
    }
    EXPECT_EQ(at, edges.size());
  }
  write_edges(dir_ / "e", {lhs, rhs, {}, {}});
  EdgeStream stream(dir_ / "e", lhs.back(), 1000);  // the last block has a row too many
  EdgeSpan block;
  EXPECT_TRUE(stream.next(block));
  EXPECT_TRUE(stream.next(block));
  EXPECT_THROW(stream.next(block), Error);
}

}  // namespace
}  // namespace twhin
