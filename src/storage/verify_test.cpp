#include "twhin/storage/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "twhin/base/error.h"
#include "twhin/storage/manifest.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;

class Verify : public ::testing::Test {
 protected:
  Verify() {
    static int counter = 0;
    dir_ = fs::temp_directory_path() /
           ("twhin-verify-" + std::to_string(::getpid()) + "-" + std::to_string(counter++));
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  ~Verify() override { fs::remove_all(dir_); }

  /// Two files and their manifest.
  void write(const fs::path& directory) {
    fs::create_directories(directory / "rows");
    ContainerWriter writer(directory / "rows/a.bin", "sample");
    writer.add<float>("rows", std::vector<float>(1000, 1.5f));
    writer.commit(false);
    write_text(directory / "note.txt", "hello");
    Manifest m;
    m.format = "twhin.sample";
    m.add(directory, "rows/a.bin");
    m.add(directory, "note.txt");
    m.write(directory);
  }

  static void flip(const fs::path& file, std::streamoff at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    const char byte = static_cast<char>(stream.get() ^ 1);
    stream.seekp(at);
    stream.put(byte);
  }

  std::vector<std::string> damaged(const fs::path& path) {
    std::vector<std::string> out;
    for (const Damage& each : verify(path, 2).damaged) {
      out.push_back(each.path.lexically_relative(dir_).string() + " " + each.id);
    }
    return out;
  }

  std::string error_id(const fs::path& path) {
    try {
      verify(path, 1);
    } catch (const Error& error) {
      return error.id();
    }
    return "none";
  }

  fs::path dir_;
};

TEST_F(Verify, CountsWhatIsIntact) {
  write(dir_ / "v1");
  const VerifyResult result = verify(dir_ / "v1", 2);
  EXPECT_EQ(result.num_files, 3u);
  EXPECT_EQ(result.num_bytes,
            fs::file_size(dir_ / "v1/rows/a.bin") + 5 + fs::file_size(dir_ / "v1/manifest.json"));
  EXPECT_TRUE(result.damaged.empty());
}

TEST_F(Verify, FindsAFlippedBitAnywhereInAContainer) {
  write(dir_ / "v1");
  const fs::path file = dir_ / "v1/rows/a.bin";
  for (const std::streamoff at :
       {0, 20, 64, 64 + 3999, static_cast<int>(fs::file_size(file)) - 1}) {
    flip(file, at);
    EXPECT_THAT(damaged(dir_ / "v1"),
                ::testing::ElementsAre(::testing::StartsWith("v1/rows/a.bin ")))
        << "bit in byte " << at;
    EXPECT_EQ(damaged(file).size(), 1u) << "bit in byte " << at;
    flip(file, at);
    EXPECT_TRUE(damaged(dir_ / "v1").empty());
  }
}

TEST_F(Verify, FindsEveryDamagedFileBelowADirectory) {
  for (const char* version : {"v1", "v2", "v3/mixtures/m"}) write(dir_ / version);
  flip(dir_ / "v1/rows/a.bin", 100);
  write_text(dir_ / "v2/note.txt", "hullo");
  fs::remove(dir_ / "v3/mixtures/m/note.txt");
  write_text(dir_ / "v3/mixtures/m/manifest.json", "{}");
  write(dir_ / "v4");
  fs::remove(dir_ / "v4/note.txt");
  EXPECT_THAT(damaged(dir_),
              ::testing::ElementsAre("v1/rows/a.bin storage.checksum_mismatch",
                                     "v2/note.txt storage.checksum_mismatch",
                                     "v3/mixtures/m/manifest.json storage.bad_manifest",
                                     ::testing::StartsWith("v4/note.txt ")));
}

TEST_F(Verify, RunsUnderWayAreLeftOutUnlessNamed) {
  write(dir_ / "v1");
  write(dir_ / "v2.partial/checkpoint");
  flip(dir_ / "v2.partial/checkpoint/rows/a.bin", 100);
  const VerifyResult result = verify(dir_, 1);
  EXPECT_EQ(result.num_partial, 1u);
  EXPECT_EQ(result.num_files, 3u);
  EXPECT_TRUE(result.damaged.empty());
  EXPECT_EQ(damaged(dir_ / "v2.partial").size(), 1u);
}

TEST_F(Verify, AFileIsCheckedByItselfOrByTheManifestAboveIt) {
  write(dir_ / "v1");
  EXPECT_EQ(verify(dir_ / "v1/rows/a.bin", 1).num_files, 1u);
  EXPECT_EQ(verify(dir_ / "v1/note.txt", 1).num_bytes, 5u);
  EXPECT_EQ(verify(dir_ / "v1/manifest.json", 1).num_files, 3u);
  write_text(dir_ / "v1/note.txt", "hullo");
  EXPECT_THAT(damaged(dir_ / "v1/note.txt"),
              ::testing::ElementsAre("v1/note.txt storage.checksum_mismatch"));
  write_text(dir_ / "v1/other.txt", "hello");
  EXPECT_EQ(error_id(dir_ / "v1/other.txt"), "storage.nothing_to_verify");
}

TEST_F(Verify, WhatHasNoChecksumIsAnError) {
  EXPECT_EQ(error_id(dir_), "storage.nothing_to_verify");
  EXPECT_EQ(error_id(dir_ / "none"), "file.not_found");
}

TEST_F(Verify, ReportsBytesAndStops) {
  write(dir_ / "v1");
  std::uint64_t done = 0, total = 0;
  Observer observer;
  observer.progress = [&](const Progress& progress) {
    done = progress.done;
    total = progress.total;
  };
  verify(dir_, 2, observer);
  EXPECT_GT(total, 4000u);
  EXPECT_EQ(done, total);
  StopFlag stop;
  stop.request();
  EXPECT_THROW(verify(dir_, 2, {}, stop), Error);
}

}  // namespace
}  // namespace twhin
