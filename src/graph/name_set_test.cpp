#include "graph/name_set.h"

#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>
#include <map>

#include "twhin/base/error.h"

namespace twhin {
namespace {

using ::testing::HasSubstr;

struct Names {
  explicit Names(std::uint64_t budget_bytes, std::uint32_t num_partitions = 1,
                 std::uint32_t min_degree = 1)
      : budget(budget_bytes),
        spill(std::filesystem::temp_directory_path(), budget),
        set("user", num_partitions, 256, min_degree, budget, spill) {}

  // All names by hash, in the order in which the shards give them.
  std::vector<std::pair<std::uint64_t, std::string>> finish() {
    std::vector<std::pair<std::uint64_t, std::string>> all;
    for (std::uint32_t s = 0; s < set.num_shards(); ++s) {
      SortedNames names = set.finish(s);
      const std::uint64_t size = names.blob.size;
      const Bytes8 data = spill.take(std::move(names.blob));
      const auto* hashes = reinterpret_cast<const std::uint64_t*>(data.get());
      const auto* lengths =
          reinterpret_cast<const std::uint32_t*>(data.get() + names.lengths_offset());
      const char* bytes = reinterpret_cast<const char*>(data.get() + names.bytes_offset());
      for (std::uint64_t i = 0; i < names.num_names; ++i) {
        all.emplace_back(hashes[i], std::string(bytes, lengths[i]));
        bytes += lengths[i];
      }
      EXPECT_EQ(bytes, reinterpret_cast<const char*>(data.get()) + size);
    }
    return all;
  }

  MemoryBudget budget;
  Spill spill;
  NameSet set;
};

// Adds "n0" ... "n<count - 1>" several times, in several orders.
void add_numbers(NameSet& set, std::uint64_t count, std::uint64_t times) {
  NameSet::Collector collector(set);
  for (std::uint64_t k = 0; k < count * times; ++k) {
    const std::string name = "n" + std::to_string(k * 7919 % count);
    collector.add(name_hash(name), name, /*copy=*/true);
  }
  collector.flush();
}

void expect_numbers(const std::vector<std::pair<std::uint64_t, std::string>>& all,
                    std::uint64_t count) {
  ASSERT_EQ(all.size(), count);
  std::map<std::string, int> seen;
  std::uint64_t last = 0;
  for (const auto& [hash, name] : all) {
    EXPECT_EQ(hash, name_hash(name).low);
    EXPECT_GT(hash, last);
    last = hash;
    ++seen[name];
  }
  EXPECT_EQ(seen.size(), count);
  EXPECT_EQ(seen.count("n0"), 1u);
}

TEST(NameSet, GivesEachNameOnceInTheOrderOfTheHashes) {
  Names names(1u << 30, 3);
  add_numbers(names.set, 50'000, 3);
  expect_numbers(names.finish(), 50'000);
  EXPECT_EQ(names.spill.spilled_bytes(), 0u);
}

TEST(NameSet, GivesTheSameThroughTemporaryFiles) {
  Names names(16u << 20);
  add_numbers(names.set, 1'000'000, 2);
  EXPECT_GT(names.spill.spilled_bytes(), 10u << 20);
  expect_numbers(names.finish(), 1'000'000);
}

// Name k is added k % 4 + 1 times, in rounds, so that its count is spread over runs.
TEST(NameSet, ALeastDegreeLeavesOutNamesThatWereAddedLessOften) {
  for (const std::uint64_t budget : {std::uint64_t{1} << 30, std::uint64_t{8} << 20}) {
    Names names(budget, 1, 3);
    NameSet::Collector a(names.set), b(names.set);
    for (std::uint64_t round = 0; round < 4; ++round) {
      for (std::uint64_t k = 0; k < 400'000; ++k) {
        if (k % 4 < round) continue;
        const std::string name = "n" + std::to_string(k);
        (round % 2 == 0 ? a : b).add(name_hash(name), name, /*copy=*/true);
      }
    }
    a.finish();
    b.finish();
    EXPECT_EQ(names.spill.spilled_bytes() > 0, budget < 1u << 30);
    const auto all = names.finish();
    EXPECT_EQ(all.size(), 200'000u);
    for (const auto& [hash, name] : all) {
      EXPECT_EQ(hash, name_hash(name).low);
      EXPECT_GE(std::stoull(name.substr(1)) % 4, 2u) << name;
    }
  }
}

// Real collisions of 64 bits are not to be had, so the hashes are made up.
TEST(NameSet, TwoNamesWithOneHashAreAnErrorThatNamesBoth) {
  Names names(1u << 30);
  NameSet::Collector collector(names.set);
  collector.add({42, 1}, "ann", false);
  collector.add({42, 2}, "bob", false);
  try {
    collector.flush();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "graph.name_hash_collision");
    EXPECT_THAT(error.what(), HasSubstr("\"ann\" and \"bob\""));
    EXPECT_THAT(error.what(), HasSubstr("import.hash_seed"));
  }
}

TEST(NameSet, ACollisionIsAlsoFoundAcrossRuns) {
  Names names(1);  // every shard of 16 KiB is written out
  NameSet::Collector collector(names.set);
  const std::string long_name(4000, 'x');
  collector.add({42, 1}, "ann", false);
  // Other names of the same shard fill it, so that it is written out with ann in it.
  for (std::uint64_t i = 100; i < 150; ++i) collector.add({i, i}, long_name, false);
  collector.flush();
  EXPECT_GT(names.spill.spilled_bytes(), 0u);
  collector.add({42, 2}, "bob", false);
  collector.flush();
  EXPECT_THROW(names.finish(), Error);
}

TEST(ValidName, IsUtf8WithoutNul) {
  for (const char* good : {"a", "17", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x90\xa6", "a b"}) {
    EXPECT_TRUE(is_valid_name(good)) << good;
  }
  using namespace std::string_view_literals;
  for (const std::string_view bad :
       {""sv, "a\0b"sv, "\xff"sv, "\xc3"sv, "\xc0\xaf"sv, "\xe2\x82"sv, "\xed\xa0\x80"sv,
        "\xf4\x90\x80\x80"sv, "\x80"sv, "\xe0\x80\x80"sv}) {
    EXPECT_FALSE(is_valid_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace twhin
