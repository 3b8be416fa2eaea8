#include "twhin/base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "twhin/base/checksum.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    dir_ = fs::temp_directory_path() /
           ("twhin-file-" + std::to_string(::getpid()) + "-" +
            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  ~FileTest() override { fs::remove_all(dir_); }

  std::size_t num_files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir_), {}));
  }

  fs::path dir_;
};

template <class Body>
std::string id_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.id();
  }
  return "no error";
}

TEST_F(FileTest, AppearsOnlyAtCommit) {
  AtomicFile file(dir_ / "a");
  file.write("hello");
  EXPECT_FALSE(fs::exists(dir_ / "a"));
  file.commit();
  EXPECT_EQ(read_text(dir_ / "a"), "hello");
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(FileTest, AnAbandonedWriterLeavesTheOldContentAndNoTemporary) {
  write_text(dir_ / "a", "old");
  {
    AtomicFile file(dir_ / "a");
    file.write("new");
  }
  EXPECT_EQ(read_text(dir_ / "a"), "old");
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(FileTest, SmallAndLargeWritesAndPatchesKeepTheirOrder) {
  std::string expected = "....";
  AtomicFile file(dir_ / "a");
  file.write(expected);
  for (const std::size_t size : {10u, 1u << 20, 3u << 20, 7u, (1u << 20) - 1, 1u}) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    file.write(piece);
    expected += piece;
  }
  file.write_at(0, "head", 4);
  file.write("tail");
  expected.replace(0, 4, "head");
  expected += "tail";
  EXPECT_EQ(file.size(), expected.size());
  file.commit();
  EXPECT_EQ(read_text(dir_ / "a"), expected);
}

TEST_F(FileTest, AFileThatCannotGrowGivesAnErrorAndLeavesTheOldContent) {
  write_text(dir_ / "a", "old");
  const pid_t child = ::fork();
  if (child == 0) {  // the limit stays in the child
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100, 100};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string id = id_of([&] { write_text(dir_ / "a", std::string(5000, 'x')); });
    ::_exit(id == "file.write" ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_text(dir_ / "a"), "old");
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(FileTest, MissingFilesAndDirectoriesAreNamed) {
  EXPECT_EQ(id_of([&] { MappedFile{dir_ / "none"}; }), "file.not_found");
  EXPECT_EQ(id_of([&] { MappedFile{dir_}; }), "file.read");
  EXPECT_EQ(id_of([&] { AtomicFile{dir_ / "none" / "a"}; }), "file.not_found");
  try {
    MappedFile{dir_ / "none"};
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr((dir_ / "none").string()));
  }
}

TEST_F(FileTest, AnEmptyFileMapsToNothing) {
  write_text(dir_ / "a", "");
  EXPECT_EQ(MappedFile(dir_ / "a").size(), 0u);
}

TEST_F(FileTest, TextBeyondTheLimitIsRefused) {
  write_text(dir_ / "a", "0123456789");
  EXPECT_EQ(id_of([&] { read_text(dir_ / "a", 9); }), "file.too_large");
}

TEST_F(FileTest, ADirectoryIsLockedForOneHolderAtATime) {
  {
    const DirectoryLock lock(dir_, "train");
    try {
      DirectoryLock second(dir_, "train");
      FAIL() << "the second lock was given";
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "file.locked");
      EXPECT_THAT(error.what(), ::testing::HasSubstr("train, pid " + std::to_string(::getpid())));
    }
  }
  const DirectoryLock again(dir_, "train");
}

TEST_F(FileTest, TemporariesOfDeadProcessesAreRemovedAndOthersStay) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);  // now certainly dead
  write_text(dir_ / ("a.tmp-" + std::to_string(child) + "-0"), "x");
  write_text(dir_ / ("b.tmp-" + std::to_string(::getpid()) + "-0"), "x");
  write_text(dir_ / "c", "x");
  EXPECT_EQ(remove_temporaries(dir_), 1u);
  EXPECT_EQ(num_files(), 2u);
}

TEST_F(FileTest, LinkOrCopyReplacesTheTarget) {
  write_text(dir_ / "a", "one");
  write_text(dir_ / "b", "two");
  link_or_copy(dir_ / "a", dir_ / "b");
  EXPECT_EQ(read_text(dir_ / "b"), "one");
}

// Values of the reference implementation (xxhsum 0.8: XXH3_64bits of "" and of "twhin").
TEST(ChecksumTest, PiecesGiveTheChecksumOfTheWhole) {
  EXPECT_EQ(to_hex(checksum("", 0)), "2d06800538d394c2");
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>('a' + i % 23);
  Checksum pieces;
  pieces.update(text.data(), 1);
  pieces.update(text.data() + 1, 512);
  pieces.update(text.data() + 513, text.size() - 513);
  EXPECT_EQ(pieces.value(), checksum(text.data(), text.size()));
}

TEST(ChecksumTest, NameHashDependsOnNameAndSeed) {
  EXPECT_NE(name_hash("17").low, name_hash("18").low);
  EXPECT_NE(name_hash("17").low, name_hash("17", 1).low);
  EXPECT_NE(name_hash("17").low, name_hash("17").high);
}

}  // namespace
}  // namespace twhin
