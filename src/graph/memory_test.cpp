// Import within little memory: the same graph, and a resident set that stays below import.memory.
#include "twhin/base/memory.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <random>

#include "graph/import_fixture.h"

namespace twhin {
namespace {

using ::testing::HasSubstr;

// The least that one thread and one entity type may have (graph/import_plan.cpp).
constexpr std::uint64_t kLeastMiB = 40 + 12 + 2 + 16;
const std::string kLeast = "import: {threads: 1, memory: " + std::to_string(kLeastMiB) + "MiB}\n";

class ImportMemoryTest : public ImportTest {
 protected:
  /// Writes n rows; row(i) is one without its line end.
  void write_rows(const std::string& name, std::uint64_t n,
                  const std::function<std::string(std::uint64_t)>& row) const {
    std::ofstream out(dir_ / name, std::ios::binary);
    for (std::uint64_t i = 0; i < n; ++i) out << row(i) << '\n';
  }

  /// Both imports give the same files.
  void expect_equal_graphs(const std::string& a, const std::string& b) const {
    const auto one = contents(a), other = contents(b);
    ASSERT_EQ(one.size(), other.size());
    for (const auto& [name, bytes] : one) {
      ASSERT_EQ(other.count(name), 1u) << name;
      EXPECT_TRUE(other.at(name) == bytes) << name;
    }
  }

  /// With the least memory and with plenty.
  ImportSummary expect_memory_changes_nothing(const std::string& config) const {
    const ImportSummary summary = import(config + kLeast, "little");
    import(config + "import: {threads: 2, memory: 2GiB}\n", "plenty");
    expect_equal_graphs("little", "plenty");
    return summary;
  }
};

// With the least memory a thread sorts some ten thousand rows at once, so that these are divided:
// by rhs, by timestamp, by weight, and not at all where rows are equal.
TEST_F(ImportMemoryTest, AHubIsDividedAndTheGraphIsTheSame) {
  std::mt19937 random(1);
  write_rows("hub.txt", 300'000, [&](std::uint64_t i) {
    const std::string lhs = i % 10 == 0 ? "u" + std::to_string(random() % 1000) : "hub";
    return lhs + " v" + std::to_string(random() % 90'000) + (i % 2 ? " likes " : " buys ") +
           std::to_string(random() % 8) + ".25 " + std::to_string(random() % 5);
  });
  for (const char* split :
       {"split: {valid: 0.1, test: 0.1}\n", "split: {valid: 0.1, test: 0.2, by: lhs}\n",
        "split: {valid: 7, test: 3, by: lhs}\n", "split: {valid: 0.1, test: 0.1, by: time}\n",
        "split: {test: 0.3, held_out_pairs: remove_reversed}\n"}) {
    SCOPED_TRACE(split);
    expect_memory_changes_nothing(
        std::string("entities: {user: {partitions: 2}}\n"
                    "relations:\n"
                    "  likes: {lhs: user, rhs: user, duplicates: sum}\n"
                    "  buys: {lhs: user, rhs: user, duplicates: keep}\n"
                    "sources: [{path: hub.txt, lhs: 0, rhs: 1, relation: {column: 2}, weight: 3, "
                    "timestamp: 4}]\n") +
        split);
  }
}

TEST_F(ImportMemoryTest, APairInVeryManyRowsIsMergedAndTheGraphIsTheSame) {
  std::mt19937 random(1);
  write_rows("pair.txt", 200'000, [&](std::uint64_t) {
    return "a b " + std::to_string(random() % 300) + ".5 " + std::to_string(random() % 5);
  });
  const std::string source =
      "sources: [{path: pair.txt, lhs: 0, rhs: 1, relation: follow, weight: 2, timestamp: 3}]\n";
  for (const char* policy : {"drop", "sum", "sum, half_life: 2s", "keep"}) {
    SCOPED_TRACE(policy);
    const ImportSummary summary = expect_memory_changes_nothing(
        "entities: {user: {}}\nrelations: {follow: {lhs: user, rhs: user, duplicates: " +
        std::string(policy) + "}}\n" + source);
    const std::uint64_t edges = std::string_view(policy) == "keep" ? 200'000 : 1;
    EXPECT_EQ(summary.num_edges(), edges);
    EXPECT_EQ(summary.counts[0].duplicates, 200'000 - edges);
  }
}

TEST_F(ImportMemoryTest, EqualRowsThatAreKeptNeedNoMoreMemoryThanOthers) {
  write_rows("equal.txt", 200'000, [](std::uint64_t) { return "a b"; });
  const ImportSummary summary = expect_memory_changes_nothing(
      "entities: {user: {}}\nrelations: {follow: {lhs: user, rhs: user, duplicates: keep}}\n"
      "sources: [{path: equal.txt, relation: follow}]\nsplit: {test: 2, by: lhs}\n");
  EXPECT_EQ(summary.num_edges(), 200'000u);
}

TEST_F(ImportMemoryTest, LessThanTheLeastIsRefusedWithTheLeast) {
  write("a.txt", "a b\n");
  const std::string config = kFollow + "sources: [{path: a.txt, relation: follow}]\n";
  const Error error = error_of(config + "import: {threads: 1, memory: 69MiB}");
  EXPECT_EQ(error.id(), "graph.not_enough_memory");
  EXPECT_THAT(error.what(), HasSubstr("import.memory"));
  EXPECT_THAT(error.what(), HasSubstr("at least 70.0 MiB"));
  import(config + kLeast);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // whose shadows are memory too

/// The highest resident set of an import in a process of its own.
std::uint64_t peak_of(const std::function<void()>& body) {
  int ends[2];
  if (::pipe(ends) != 0) return 0;
  const pid_t child = ::fork();
  if (child == 0) {
    std::uint64_t peak = 0;
    try {
      body();
      peak = peak_resident_bytes();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    ::_exit(::write(ends[1], &peak, sizeof(peak)) == sizeof(peak) ? 0 : 1);
  }
  ::close(ends[1]);
  std::uint64_t peak = 0;
  if (::read(ends[0], &peak, sizeof(peak)) != sizeof(peak)) peak = 0;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return peak;
}

TEST_F(ImportMemoryTest, TheResidentSetStaysBelowWhatWasGranted) {
  // 3 million rows of 20 bytes, two thirds of them of one lhs, and 600,000 names: far more than
  // 70 MiB hold.
  std::mt19937 random(1);
  write_rows("hub.txt", 3'000'000, [&](std::uint64_t i) {
    return (i % 3 ? "hub" : "user" + std::to_string(random() % 300'000)) + " item" +
           std::to_string(random() % 300'000);
  });
  const std::string config = kFollow + "sources: [{path: hub.txt, relation: follow}]\n";
  for (const auto& [threads, least] : {std::pair(1, kLeastMiB), std::pair(2, kLeastMiB + 14)}) {
    const std::uint64_t peak = peak_of([&, threads = threads, least = least] {
      import(config + "import: {threads: " + std::to_string(threads) +
             ", memory: " + std::to_string(least) + "MiB}");
    });
    EXPECT_GT(peak, 0u);
    EXPECT_LE(peak, least << 20) << threads << " threads";
    RecordProperty("peak_mib_" + std::to_string(threads), static_cast<int>(peak >> 20));
    std::fprintf(stderr, "%d threads: %llu MiB of %llu\n", threads,
                 static_cast<unsigned long long>(peak >> 20),
                 static_cast<unsigned long long>(least));
  }
}

#endif

}  // namespace
}  // namespace twhin
