#include "twhin/storage/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "twhin/base/error.h"
#include "twhin/storage/schema.h"
#include "twhin/storage/version_directory.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;

class ManifestTest : public ::testing::Test {
 protected:
  ManifestTest() {
    dir_ = fs::temp_directory_path() / ("twhin-manifest-" + std::to_string(::getpid()));
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  ~ManifestTest() override { fs::remove_all(dir_); }

  void write_directory(const fs::path& dir) {
    fs::create_directories(dir);
    ContainerWriter writer(dir / "rows.bin", "sample");
    const std::vector<float> rows(10, 1.5f);
    writer.add<float>("rows", rows);
    writer.commit();
    write_text(dir / "note.txt", "hello");
    Manifest m;
    m.format = "twhin.sample";
    m.meta_json = R"({"answer": 42})";
    m.add(dir, "rows.bin");
    m.add(dir, "note.txt");
    m.write(dir);
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
  return "";
}

TEST_F(ManifestTest, ComesBackAsWritten) {
  write_directory(dir_);
  const Manifest m = Manifest::read(dir_, "twhin.sample");
  EXPECT_EQ(m.meta_json, R"({"answer":42})");
  EXPECT_EQ(m.files.size(), 2u);
  EXPECT_EQ(m.verify(dir_, true), fs::file_size(dir_ / "rows.bin") + 5);
}

TEST_F(ManifestTest, AChangedManifestIsFound) {
  write_directory(dir_);
  std::string text = read_text(dir_ / "manifest.json");
  text.replace(text.find("42"), 2, "43");
  write_text(dir_ / "manifest.json", text);
  EXPECT_EQ(id_of([&] { Manifest::read(dir_, ""); }), "storage.checksum_mismatch");
  write_text(dir_ / "manifest.json", text.substr(0, text.size() / 2));
  EXPECT_EQ(id_of([&] { Manifest::read(dir_, ""); }), "storage.bad_manifest");
}

TEST_F(ManifestTest, ChangedOrMissingFilesAreFound) {
  write_directory(dir_);
  const Manifest m = Manifest::read(dir_, "");
  write_text(dir_ / "note.txt", "hellO");
  EXPECT_EQ(id_of([&] { m.verify(dir_, false); }), "storage.checksum_mismatch");
  fs::remove(dir_ / "note.txt");
  EXPECT_EQ(id_of([&] { m.verify(dir_, false); }), "file.not_found");
}

TEST_F(ManifestTest, NotesAreVerifiedAndDoNotChangeTheChecksum) {
  write_directory(dir_);
  const std::uint64_t without = Manifest::read(dir_, "").checksum;
  write_text(dir_ / "config.yaml", "threads: 2\n");
  Manifest m = Manifest::read(dir_, "");
  m.add_note(dir_, "config.yaml");
  m.write(dir_);
  const Manifest read = Manifest::read(dir_, "");
  EXPECT_EQ(read.checksum, without);
  EXPECT_EQ(read.records().size(), 3u);
  EXPECT_EQ(read.verify(dir_, true), fs::file_size(dir_ / "rows.bin") + 5 + 11);
  write_text(dir_ / "config.yaml", "threads: 3\n");
  EXPECT_EQ(id_of([&] { read.verify(dir_, false); }), "storage.checksum_mismatch");
}

TEST_F(ManifestTest, DamageInsideASectionIsFoundWhenAllBytesAreRead) {
  write_directory(dir_);
  const Manifest m = Manifest::read(dir_, "");
  std::string text = read_text(dir_ / "rows.bin");
  text[64] = static_cast<char>(text[64] ^ 1);
  write_text(dir_ / "rows.bin", text);
  EXPECT_EQ(id_of([&] { m.verify(dir_, true); }), "storage.checksum_mismatch");
}

TEST_F(ManifestTest, MissingWrongAndHostileManifestsAreRefused) {
  EXPECT_EQ(id_of([&] { Manifest::read(dir_, ""); }), "storage.no_manifest");
  write_directory(dir_);
  EXPECT_EQ(id_of([&] { Manifest::read(dir_, "twhin.graph"); }), "storage.wrong_kind");
  std::string text = read_text(dir_ / "manifest.json");
  text.replace(text.find("note.txt"), 8, "../a.txt");
  write_text(dir_ / "manifest.json", text);
  EXPECT_EQ(id_of([&] { Manifest::read(dir_, ""); }), "storage.bad_manifest");
}

TEST_F(ManifestTest, ReplaceDirectoryLeavesOnlyTheNewContent) {
  write_directory(dir_ / "new");
  replace_directory(dir_ / "new", dir_ / "graph");
  EXPECT_TRUE(fs::exists(dir_ / "graph/note.txt"));
  fs::create_directories(dir_ / "newer");
  write_text(dir_ / "newer/only.txt", "x");
  replace_directory(dir_ / "newer", dir_ / "graph");
  EXPECT_TRUE(fs::exists(dir_ / "graph/only.txt"));
  EXPECT_FALSE(fs::exists(dir_ / "graph/note.txt"));
  EXPECT_FALSE(fs::exists(dir_ / "newer"));
}

TEST(FileNameTest, AnyNameBecomesOneComponentAndDifferentNamesDiffer) {
  EXPECT_EQ(file_name_for("follow"), "follow");
  EXPECT_EQ(file_name_for("/a/b c"), "%2Fa%2Fb%20c");
  EXPECT_EQ(file_name_for(".."), "%2E.");
  EXPECT_NE(file_name_for(std::string(300, 'x')), file_name_for(std::string(301, 'x')));
  EXPECT_LE(file_name_for(std::string(300, 'x')).size(), 200u);
}

TEST_F(ManifestTest, VersionsArePublishedAndResolved) {
  const VersionDirectory network(dir_ / "all");
  EXPECT_EQ(network.next(), 1u);
  EXPECT_EQ(id_of([&] { VersionDirectory::resolve(dir_ / "all"); }), "model.not_found");
  write_directory(network.partial_path(1));
  EXPECT_EQ(network.partial(), 1u);
  EXPECT_TRUE(network.versions().empty());
  network.publish(1);
  EXPECT_THAT(network.versions(), ::testing::ElementsAre(1));
  EXPECT_EQ(network.next(), 2u);
  EXPECT_FALSE(network.partial());
  EXPECT_EQ(VersionDirectory::resolve(dir_ / "all"), network.version_path(1));
  EXPECT_EQ(VersionDirectory::resolve(network.version_path(1)), network.version_path(1));
}

TEST_F(ManifestTest, AVersionIsNamedBehindAnAtSign) {
  const VersionDirectory network(dir_ / "all");
  for (const std::uint32_t number : {1u, 2u}) {
    write_directory(network.partial_path(number));
    network.publish(number);
  }
  const std::string all = (dir_ / "all").string();
  EXPECT_EQ(VersionDirectory::resolve(all + "@v1"), network.version_path(1));
  EXPECT_EQ(VersionDirectory::resolve(all + "@1"), network.version_path(1));
  EXPECT_EQ(VersionDirectory::resolve(all), network.version_path(2));
  for (const char* other : {"@3", "@", "@v", "@x1"}) {
    EXPECT_EQ(id_of([&] { VersionDirectory::resolve(all + other); }), "model.not_found") << other;
  }
  // A directory of that name is what it says.
  const VersionDirectory odd(dir_ / "all@1");
  write_directory(odd.partial_path(1));
  odd.publish(1);
  EXPECT_EQ(VersionDirectory::resolve(all + "@1"), odd.version_path(1));
}

TEST_F(ManifestTest, ARunWithoutManifestIsNotPublished) {
  const VersionDirectory network(dir_ / "all");
  fs::create_directories(network.partial_path(1));
  EXPECT_EQ(id_of([&] { network.publish(1); }), "storage.no_manifest");
  EXPECT_EQ(id_of([&] { VersionDirectory::resolve(dir_ / "all"); }), "model.not_found");
}

TEST(SchemaTest, ComesBackFromJsonAndSuggestsNames) {
  Schema s;
  s.entities = {{"user", {3, 4}}, {"tweet", {5}}};
  s.relations = {{"favorite", 0, 1}};
  const Schema back = Schema::from_json(s.to_json());
  EXPECT_EQ(back.entities[0].num_entities(), 7u);
  EXPECT_EQ(back.rhs_type(0).name, "tweet");
  try {
    back.relation("favourite");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "schema.unknown_relation");
    EXPECT_THAT(error.what(), ::testing::HasSubstr("did you mean \"favorite\"?"));
  }
  s.relations[0].rhs = 2;
  EXPECT_EQ(id_of([&] { Schema::from_json(s.to_json()); }), "schema.invalid");
}

TEST(SchemaTest, AnEntityNameIsSplitAtTheFirstColon) {
  const EntityName n = EntityName::parse("user:a:b");
  EXPECT_EQ(n.type, "user");
  EXPECT_EQ(n.name, "a:b");
  EXPECT_EQ(id_of([] { EntityName::parse("user"); }), "schema.bad_entity");
}

}  // namespace
}  // namespace twhin
