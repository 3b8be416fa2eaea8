#include "twhin/storage/container.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "twhin/base/error.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;

class ContainerTest : public ::testing::Test {
 protected:
  ContainerTest() {
    dir_ = fs::temp_directory_path() / ("twhin-container-" + std::to_string(::getpid()));
    fs::create_directories(dir_);
    path_ = dir_ / "file";
  }
  ~ContainerTest() override { fs::remove_all(dir_); }

  FileRecord write_sample() {
    std::vector<float> rows(12);
    std::iota(rows.begin(), rows.end(), 0.5f);
    const std::vector<std::uint32_t> ids = {7, 8, 9};
    ContainerWriter writer(path_, "sample");
    writer.add<float>("rows", rows, 4);
    writer.add<std::uint32_t>("ids", ids);
    writer.add_text("meta", "{}");
    return writer.commit();
  }

  // Opens and reads everything; the id of the error, or "".
  std::string read_all() {
    try {
      const Container c = Container::open(path_, "sample");
      c.verify();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(path_.string()));
      return error.id();
    }
    return "";
  }

  fs::path dir_, path_;
};

TEST_F(ContainerTest, SectionsComeBackWithNameTypeAndShape) {
  const FileRecord record = write_sample();
  const Container c = Container::open(path_, "sample");
  EXPECT_EQ(c.section("rows").rows, 3u);
  EXPECT_EQ(c.section("rows").cols, 4u);
  EXPECT_EQ(c.array<float>("rows")[11], 11.5f);
  EXPECT_THAT(c.array<std::uint32_t>("ids"), ::testing::ElementsAre(7, 8, 9));
  EXPECT_EQ(c.text("meta"), "{}");
  EXPECT_EQ(c.record().checksum, record.checksum);
  EXPECT_EQ(c.record().num_bytes, fs::file_size(path_));
  for (const Section& s : c.sections()) EXPECT_EQ(s.offset % 64, 0u) << s.name;
  c.verify();
}

TEST_F(ContainerTest, PiecesGiveTheSameFileAsTheWhole) {
  std::vector<std::uint64_t> values(1000);
  std::iota(values.begin(), values.end(), 3);
  ContainerWriter whole(path_, "sample");
  whole.add<std::uint64_t>("v", values, 2);
  const FileRecord a = whole.commit();
  ContainerWriter pieces(path_, "sample");
  pieces.begin("v", DataType::u64, 2);
  pieces.append(values.data(), 8);
  pieces.append(values.data() + 1, 999 * 8);
  const FileRecord b = pieces.commit();
  EXPECT_EQ(a.checksum, b.checksum);
  EXPECT_EQ(a.num_bytes, b.num_bytes);
}

TEST_F(ContainerTest, AnIncompleteRowIsABugThatSaysSo) {
  const std::vector<float> rows(5);
  ContainerWriter writer(path_, "sample");
  writer.add<float>("rows", rows, 4);
  EXPECT_THROW(writer.commit(), Error);
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(ContainerTest, WrongKindTypeAndNameAreRefused) {
  write_sample();
  const auto id = [&](auto body) -> std::string {
    try {
      body();
    } catch (const Error& error) {
      return error.id();
    }
    return "";
  };
  EXPECT_EQ(id([&] { Container::open(path_, "edges"); }), "storage.wrong_kind");
  const Container c = Container::open(path_, "");
  EXPECT_EQ(id([&] { c.array<float>("ids"); }), "storage.wrong_section");
  EXPECT_EQ(id([&] { c.array<float>("none"); }), "storage.missing_section");
}

TEST_F(ContainerTest, EveryFlippedBitThatMattersIsFound) {
  write_sample();
  const std::string good = read_text(path_);
  const Container sample = Container::open(path_, "sample");
  std::vector<bool> padding(good.size(), true);  // bytes between the sections carry nothing
  std::fill_n(padding.begin(), 64, false);
  std::uint64_t end = 64;
  for (const Section& s : sample.sections()) {
    std::fill_n(padding.begin() + static_cast<long>(s.offset), s.num_bytes(), false);
    end = s.offset + s.num_bytes();
  }
  std::fill(padding.begin() + static_cast<long>(end), padding.end(), false);  // the table
  for (std::size_t byte = 0; byte < good.size(); ++byte) {
    if (padding[byte]) continue;
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[byte] = static_cast<char>(bad[byte] ^ (1 << bit));
      write_text(path_, bad);
      EXPECT_NE(read_all(), "") << "byte " << byte << " bit " << bit;
    }
  }
}

TEST_F(ContainerTest, AFileCutAnywhereIsAnError) {
  write_sample();
  const std::string good = read_text(path_);
  for (std::size_t size = 0; size < good.size(); ++size) {
    write_text(path_, good.substr(0, size));
    EXPECT_NE(read_all(), "") << "cut to " << size;
  }
}

TEST_F(ContainerTest, ANewerFormatSaysSo) {
  write_sample();
  std::string text = read_text(path_);
  text[8] = 99;
  write_text(path_, text);
  EXPECT_EQ(read_all(), "storage.newer_version");
}

TEST_F(ContainerTest, ATextFileIsNotAContainer) {
  write_text(path_, std::string(200, 'x'));
  EXPECT_EQ(read_all(), "storage.not_a_container");
  EXPECT_FALSE(Container::is_container(path_));
}

}  // namespace
}  // namespace twhin
