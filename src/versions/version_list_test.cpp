#include "twhin/versions/version_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "evaluate/small_graph.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/storage/version_directory.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

template <class Body>
std::string id_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.id();
  }
  return "no error";
}

class VersionListTest : public ::testing::Test {
 protected:
  /// v1 … vN, CURRENT the last.
  void make_versions(std::uint32_t count) {
    SmallGraph g;
    g.dim = 4;
    g.types = {{"user", 10}};
    g.relations = {{"follow", "user", "user", {{"train", {{0, 1}, {1, 2}}}}}};
    g.rows["user"] = random_normals(40, 1);
    const Graph graph = g.write(dir_.path() / "graph");
    for (std::uint32_t i = 0; i < count; ++i) g.write_version(dir_.path() / "models", graph);
  }
  fs::path version(std::uint32_t number) const { return network_ / ("v" + std::to_string(number)); }
  std::optional<std::uint32_t> current() const { return VersionDirectory(network_).current(); }
  std::vector<std::uint32_t> numbers() const { return VersionDirectory(network_).numbers(); }
  void damage(std::uint32_t number) const {
    write_text(version(number) / Manifest::kFileName, "{\"format\": ");
  }

  TestDirectory dir_;
  fs::path network_ = dir_.path() / "models/all";
};

TEST_F(VersionListTest, ListsAllAndMarksTheCurrentOne) {
  make_versions(3);
  const VersionList list = list_versions(network_);
  ASSERT_EQ(list.versions.size(), 3u);
  EXPECT_EQ(list.current, 3u);
  EXPECT_TRUE(list.at(3).current);
  EXPECT_FALSE(list.at(2).current);
  EXPECT_EQ(list.at(2).info->dim, 4u);
  EXPECT_EQ(list.at(1).checksum, Manifest::read(version(1), "").checksum);
  EXPECT_GT(list.at(1).made_at, 0);
  EXPECT_EQ(nlohmann::json::parse(list.to_json())["versions"].size(), 3u);
}

TEST_F(VersionListTest, ABrokenManifestIsToldAndHidesNoOtherVersion) {
  make_versions(3);
  damage(2);
  fs::remove(version(1) / Manifest::kFileName);
  const VersionList list = list_versions(network_);
  ASSERT_EQ(list.versions.size(), 3u);
  EXPECT_EQ(list.at(1).problem_id, "storage.no_manifest");
  EXPECT_EQ(list.at(2).problem_id, "storage.bad_manifest");
  EXPECT_TRUE(list.at(3).info);
  EXPECT_EQ(nlohmann::json::parse(list.to_json())["versions"][1]["problem"]["id"],
            "storage.bad_manifest");
}

TEST_F(VersionListTest, ALinkedFileIsSharedUntilItsLastOtherLinkIsGone) {
  make_versions(2);
  const fs::path rows = version(1) / embeddings_file("user", 0);
  const std::uint64_t size = fs::file_size(rows);
  const ListedVersion before = list_versions(network_).at(1);
  EXPECT_EQ(before.shared_bytes, 0u);
  fs::create_hard_link(rows, dir_.path() / "elsewhere");
  const ListedVersion linked = list_versions(network_).at(1);
  EXPECT_EQ(linked.shared_bytes, size);
  EXPECT_EQ(linked.unique_bytes, before.unique_bytes - size);
  fs::create_hard_link(rows, version(1) / "twice");  // inside the version: still one file
  EXPECT_EQ(list_versions(network_).at(1).shared_bytes, size);
  fs::remove(dir_.path() / "elsewhere");
  EXPECT_EQ(list_versions(network_).at(1).unique_bytes, before.unique_bytes);
}

TEST_F(VersionListTest, PromotesAndRollsBackAlongTheHistory) {
  make_versions(4);
  promote(network_, 2);
  promote(network_, 4);
  EXPECT_THAT(VersionDirectory(network_).history(), ElementsAre(1, 2, 3, 4, 2, 4));
  EXPECT_EQ(roll_back(network_, {}), 2u);
  EXPECT_EQ(current(), 2u);
  EXPECT_EQ(roll_back(network_, {}), 4u);
  EXPECT_EQ(roll_back(network_, {}), 3u);
  EXPECT_EQ(roll_back(network_, 1), 1u);
  EXPECT_EQ(id_of([&] { roll_back(network_, {}); }), "versions.nothing_before");
  EXPECT_EQ(current(), 1u);
}

TEST_F(VersionListTest, ARollBackPassesOverWhatCannotBeRead) {
  make_versions(3);
  damage(2);
  EXPECT_EQ(roll_back(network_, {}), 1u);
  EXPECT_EQ(id_of([&] { roll_back(network_, 2); }), "storage.bad_manifest");
  EXPECT_EQ(current(), 1u);
}

// A version that a gate refused was never CURRENT: going back must not lead to it.
TEST_F(VersionListTest, ARollBackNeverLeadsToWhatWasNotPromoted) {
  make_versions(3);
  promote(network_, 1);
  write_text(network_ / "HISTORY", "v1\nv3\n");
  promote(network_, 3);
  EXPECT_EQ(roll_back(network_, {}), 1u);
}

TEST_F(VersionListTest, WithoutAHistoryTheNumbersTell) {
  make_versions(3);
  fs::remove(network_ / "HISTORY");
  EXPECT_EQ(roll_back(network_, {}), 2u);
}

TEST_F(VersionListTest, AHistoryCutShortByACrashIsBearable) {
  make_versions(3);
  write_text(network_ / "HISTORY", "v1\nv2\nv3\nv2\n");  // died before CURRENT moved to v2
  EXPECT_THAT(VersionDirectory(network_).history(), ElementsAre(1, 2, 3));
  write_text(network_ / "HISTORY", "v1\n");  // died before CURRENT moved back to v1
  EXPECT_THAT(VersionDirectory(network_).history(), ElementsAre(1, 3));
  EXPECT_EQ(roll_back(network_, {}), 1u);
}

TEST_F(VersionListTest, OnlyAWholeVersionIsPromoted) {
  make_versions(2);
  fs::remove(version(1) / embeddings_file("user", 0));
  EXPECT_EQ(id_of([&] { promote(network_, 1); }), "file.not_found");
  EXPECT_EQ(id_of([&] { promote(network_, 7); }), "versions.unknown");
  EXPECT_EQ(id_of([&] { promote(version(1), 1); }), "versions.no_network");
  EXPECT_EQ(id_of([&] { promote(dir_.path() / "none", 1); }), "versions.no_network");
  EXPECT_EQ(current(), 2u);
}

TEST_F(VersionListTest, PruneKeepsTheNewestAndTheCurrentOne) {
  make_versions(5);
  promote(network_, 2);
  const PruneResult foretold = prune(network_, 2, true);
  EXPECT_THAT(numbers(), ElementsAre(1, 2, 3, 4, 5));
  const PruneResult result = prune(network_, 2, false);
  EXPECT_EQ(result.to_json(), foretold.to_json());
  EXPECT_THAT(result.removed, ElementsAre(1, 3));
  EXPECT_THAT(numbers(), ElementsAre(2, 4, 5));
  EXPECT_EQ(id_of([&] { prune(network_, 0, false); }), "versions.keep_none");
}

TEST_F(VersionListTest, WhatCannotBeReadTakesNoPlaceOfTheNewest) {
  make_versions(4);
  damage(4);
  promote(network_, 3);
  EXPECT_THAT(prune(network_, 2, false).removed, ElementsAre(1));
  EXPECT_THAT(numbers(), ElementsAre(2, 3, 4));
}

TEST_F(VersionListTest, PruneTellsWhatSharedFilesFree) {
  make_versions(3);
  const auto share = [&](std::uint32_t from, std::uint32_t to) {
    const std::string file = embeddings_file("user", 0);
    link_or_copy(version(from) / file, version(to) / file);
  };
  share(1, 2);
  const std::uint64_t size = fs::file_size(version(1) / embeddings_file("user", 0));
  const std::uint64_t both = prune(network_, 1, true).freed_bytes;
  share(1, 3);
  EXPECT_EQ(prune(network_, 1, true).freed_bytes, both - size);
  EXPECT_EQ(prune(network_, 1, true).still_shared_bytes, size);
}

TEST_F(VersionListTest, PruneWaitsForNoRunButRefuses) {
  make_versions(2);
  const DirectoryLock run(network_, "train");
  EXPECT_EQ(id_of([&] { prune(network_, 1, false); }), "file.locked");
  EXPECT_EQ(prune(network_, 1, true).removed.size(), 1u);
}

TEST(VersionNumber, IsWrittenWithOrWithoutItsLetter) {
  EXPECT_EQ(version_number("v12"), 12u);
  EXPECT_EQ(version_number("3"), 3u);
  for (const char* bad : {"", "v", "v0", "3x", "vv3", "-1", "4294967296"}) {
    EXPECT_EQ(id_of([&] { version_number(bad); }), "versions.bad_number") << bad;
  }
}

}  // namespace
}  // namespace twhin
