// Import within little memory: the same graph, and a resident set that stays below import.memory.
#include "twhin/base/memory.h"

#include <arrow/util/compression.h>
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

// Edges of most relations are few in each bucket of a range, those of one are many: so that some
// are written bucket by bucket from memory, and others segment by segment.
TEST_F(ImportMemoryTest, EdgesOfManyRelationsAreSpilledAndTheGraphIsTheSame) {
  std::mt19937 random(1);
  write_rows("many.txt", 400'000, [&](std::uint64_t i) {
    return "u" + std::to_string(random() % 5'000) + " v" + std::to_string(random() % 5'000) + " r" +
           std::to_string(i % 2 ? 7 : random() % 50) + " " + std::to_string(random() % 3) + ".5 " +
           std::to_string(random() % 1'000'000);
  });
  expect_memory_changes_nothing(
      "entities: {user: {partitions: 3}}\n"
      "relations: {\"*\": {lhs: user, rhs: user, duplicates: keep}}\n"
      "sources: [{path: many.txt, lhs: 0, rhs: 1, relation: {column: 2}, weight: 3, "
      "timestamp: 4}]\n"
      "split: {valid: 0.1, test: 0.1}\n");
}

/// `text` as often as told, compressed: some kilobytes that stand for very much.
std::string bomb(arrow::Compression::type kind, const std::string& text, int times) {
  const auto codec = arrow::util::Codec::Create(kind).ValueOrDie();
  const auto size = static_cast<std::int64_t>(text.size());
  const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
  std::string frame(static_cast<std::size_t>(codec->MaxCompressedLen(size, data)), '\0');
  frame.resize(
      static_cast<std::size_t>(codec
                                   ->Compress(size, data, static_cast<std::int64_t>(frame.size()),
                                              reinterpret_cast<std::uint8_t*>(frame.data()))
                                   .ValueOrDie()));
  std::string file;
  for (int i = 0; i < times; ++i) file += frame;
  return file;
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST_F(ImportMemoryTest, ABombOfOneLineEndsTheImportAtOnce) {
  // 64 GiB: to read them to their end would take minutes.
  const std::string frame = bomb(arrow::Compression::ZSTD, std::string(64u << 20, 'x'), 1);
  write("first.zst", bomb(arrow::Compression::ZSTD, "a b\n", 1) + repeated(frame, 1 << 10));
  const Error later =
      error_of(kFollow + "sources: [{path: first.zst, relation: follow, format: text}]\n");
  EXPECT_EQ(later.id(), "graph.long_line");
  EXPECT_THAT(later.what(), HasSubstr("first.zst:2"));

  write("only.gz", bomb(arrow::Compression::GZIP, std::string(64u << 20, 'x'), 16));
  const Error first =
      error_of(kFollow + "sources: [{path: only.gz, relation: follow, format: text}]\n");
  EXPECT_EQ(first.id(), "graph.long_line");
  EXPECT_THAT(first.what(), HasSubstr("only.gz:1"));
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

TEST_F(ImportMemoryTest, TheReadingOfDictionariesIsReportedAndCanBeStopped) {
  write("kg/entities.dict", "0\ta\n1\tb\n");
  write("kg/relations.dict", "0\tfollow\n");
  write("kg/train.txt", "0\t0\t1\n");
  StopFlag stop;
  Observer observer;
  observer.progress = [&](const Progress& progress) {
    if (progress.stage.find("entities.dict") != std::string::npos) stop.request();
  };
  try {
    import_graph(options(kFollow + "sources: [{path: kg, format: udd}]\n"), dir_ / "graph",
                 observer, stop);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "graph.stopped");
  }
  EXPECT_FALSE(std::filesystem::exists(dir_ / "graph"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // whose shadows are memory too

/// The highest resident set of an import in a process of its own, less what this program had taken
/// before beyond the 40 MiB that import counts for a program.
std::uint64_t peak_of(const std::function<void()>& body) {
  release_free_memory();
  const std::uint64_t before = std::max<std::uint64_t>(resident_bytes(), 40u << 20) - (40u << 20);
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
  return peak > before ? peak - before : 0;
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

TEST_F(ImportMemoryTest, TheResidentSetStaysBelowWhatWasGrantedWithManyRelations) {
  // 256 ranges with about 3,000 segments each, of one or two edges.
  std::mt19937 random(1);
  write_rows("many.txt", 1'200'000, [&](std::uint64_t) {
    return "u" + std::to_string(random() % 20'000) + " v" + std::to_string(random() % 20'000) +
           " r" + std::to_string(random() % 1'500);
  });
  constexpr std::uint64_t kMiB = kLeastMiB + 2;  // of two types
  const std::uint64_t peak = peak_of([&] {
    const ImportSummary summary = import(
        "entities: {user: {}, item: {partitions: 4}}\n"
        "relations: {\"*\": {lhs: user, rhs: item, duplicates: keep}}\n"
        "sources: [{path: many.txt, lhs: 0, rhs: 1, relation: {column: 2}}]\n"
        "import: {threads: 1, memory: " +
        std::to_string(kMiB) + "MiB}\n");
    if (summary.num_edges() != 1'200'000) {
      throw std::runtime_error(summary.to_table());
    }
  });
  EXPECT_GT(peak, 0u);
  EXPECT_LE(peak, kMiB << 20);
  std::fprintf(stderr, "%llu MiB\n", static_cast<unsigned long long>(peak >> 20));
}

TEST_F(ImportMemoryTest, DictionariesThatDoNotFitAreRefusedBeforeTheyAreRead) {
  constexpr std::uint64_t kNames = 1 << 20;
  write("kg/relations.dict", "0\tfollow\n");
  write_rows("kg/entities.dict", kNames,
             [](std::uint64_t i) { return std::to_string(i) + "\tname " + std::to_string(i); });
  write("kg/train.txt", "0\t0\t1\n");
  const std::string config = kFollow + "sources: [{path: kg, format: udd}]\n";
  const std::uint64_t refused = peak_of([&] {
    const Error error = error_of(config + kLeast);
    if (error.id() != "graph.not_enough_memory") throw error;
  });
  EXPECT_GT(refused, 0u);
  EXPECT_LE(refused, 45u << 20);
  // 48 bytes a name suffice to read them; the index of so many entities asks for 112 MiB.
  const std::uint64_t bytes = std::filesystem::file_size(dir_ / "kg/entities.dict");
  const std::uint64_t enough = 112u << 20;
  ASSERT_GE(enough, (40u << 20) + bytes + (kNames + 2) * 48);
  const std::uint64_t peak = peak_of([&] {
    import(config + "import: {threads: 1, memory: " + std::to_string(enough >> 20) + "MiB}");
  });
  EXPECT_GT(peak, 0u);
  EXPECT_LE(peak, enough);
  std::fprintf(stderr, "refused at %llu MiB; %llu MiB of %llu\n",
               static_cast<unsigned long long>(refused >> 20),
               static_cast<unsigned long long>(peak >> 20),
               static_cast<unsigned long long>(enough >> 20));
}

/// Rows of a small compressed file that becomes many: within the least memory, all counted.
TEST_F(ImportMemoryTest, BombsStayWithinMemoryAndAreCounted) {
  constexpr std::uint64_t kRows = 3 << 20;
  const std::size_t in_frame = 1 << 20;
  write("valid.gz", bomb(arrow::Compression::GZIP, repeated("a b\n", in_frame), 3));
  write("ragged.zst", bomb(arrow::Compression::ZSTD, "a b\n", 1) +
                          bomb(arrow::Compression::ZSTD, repeated("x\n", in_frame), 3));
  write("line.zst", bomb(arrow::Compression::ZSTD, "a b\n", 1) +
                        bomb(arrow::Compression::ZSTD, std::string(64u << 20, 'x'), 16) +
                        bomb(arrow::Compression::ZSTD, "\nc d\n", 1));
  struct Case {
    const char* file;
    std::uint64_t edges, duplicates, rejected;
  };
  for (const Case& c : {Case{"valid.gz", 1, kRows - 1, 0}, Case{"ragged.zst", 1, 0, kRows},
                        Case{"line.zst", 2, 0, 1}}) {
    SCOPED_TRACE(c.file);
    EXPECT_LT(std::filesystem::file_size(dir_ / c.file), 200u << 10);
    const std::uint64_t peak = peak_of([&] {
      const ImportSummary summary = import(kFollow + "sources: [{path: " + c.file +
                                           ", relation: follow, format: text}]\n"
                                           "import: {threads: 1, on_bad_row: skip, memory: " +
                                           std::to_string(kLeastMiB) + "MiB}");
      if (summary.num_edges() != c.edges || summary.counts[0].duplicates != c.duplicates ||
          summary.counts[0].rejected != c.rejected) {
        throw std::runtime_error(summary.to_table());
      }
    });
    EXPECT_GT(peak, 0u);
    EXPECT_LE(peak, kLeastMiB << 20);
  }
}

#endif

}  // namespace
}  // namespace twhin
