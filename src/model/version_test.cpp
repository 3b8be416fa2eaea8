#include "twhin/model/version.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "twhin/base/error.h"

namespace twhin {
namespace {

namespace fs = std::filesystem;

class VersionTest : public ::testing::Test {
 protected:
  VersionTest() {
    dir_ = fs::temp_directory_path() / ("twhin-version-" + std::to_string(::getpid()));
    fs::remove_all(dir_);
    fs::create_directories(dir_ / "embeddings");
  }
  ~VersionTest() override { fs::remove_all(dir_); }

  template <class T>
  void write_rows(RowType type, std::uint32_t partition, const std::vector<T>& values,
                  std::uint64_t dim) {
    ContainerWriter writer(dir_ / embeddings_file("user", partition, type), "embeddings");
    writer.begin("rows", data_type(type), dim);
    writer.append(values.data(), values.size() * sizeof(T));
    writer.commit();
  }

  fs::path dir_;
};

TEST_F(VersionTest, RowsAreReadAcrossPartitions) {
  write_rows<float>(RowType::f32, 0, {1, 2, 3, 4}, 2);
  write_rows<float>(RowType::f32, 1, {5, 6}, 2);
  const auto rows = open_rows(dir_, {"user", {2, 1}}, 2);
  EXPECT_EQ(rows->size(), 3u);
  std::vector<float> out(4);
  const std::vector<EntityId> ids = {{1, 0}, {0, 1}};
  rows->read(ids, out.data());
  EXPECT_EQ(out, (std::vector<float>{5, 6, 3, 4}));
  EXPECT_EQ(rows->in_place(0)[3], 4.0f);
}

TEST_F(VersionTest, HalfPrecisionRowsAreWidenedExactly) {
  // 1, -2, the smallest subnormal and the largest finite number of each format.
  write_rows<std::uint16_t>(RowType::fp16, 0, {0x3c00, 0xc000, 0x0001, 0x7bff}, 4);
  write_rows<std::uint16_t>(RowType::bf16, 0, {0x3f80, 0xc000, 0x0001, 0x7f7f}, 4);
  const auto fp16 = open_rows(dir_, {"user", {1}}, 4, RowType::fp16);
  const auto bf16 = open_rows(dir_, {"user", {1}}, 4, RowType::bf16);
  std::vector<float> out(4);
  fp16->read(EntityId{0, 0}, out.data());
  EXPECT_EQ(out, (std::vector<float>{1.0f, -2.0f, 0x1.0p-24f, 65504.0f}));
  bf16->read(EntityId{0, 0}, out.data());
  EXPECT_EQ(out, (std::vector<float>{1.0f, -2.0f, 0x1.0p-133f, 0x1.fep127f}));
  EXPECT_EQ(fp16->in_place(0), nullptr);
}

TEST_F(VersionTest, RowsOfAnotherShapeAreRefused) {
  write_rows<float>(RowType::f32, 0, {1, 2, 3, 4}, 2);
  try {
    open_rows(dir_, {"user", {3}}, 2);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "model.wrong_shape");
  }
}

// A reader keeps on reading although the run that it follows removes its checkpoint.
TEST_F(VersionTest, TheNewestCheckpointIsHeldWhenItIsRemoved) {
  const auto commit = [&](const std::string& place, float value) {
    const fs::path path = dir_ / "all" / place;
    fs::create_directories(path / "embeddings");
    fs::create_directories(path / "vocabulary");
    ContainerWriter rows(path / embeddings_file("user", 0), "embeddings");
    rows.begin("rows", DataType::f32, 2);
    rows.append(std::vector<float>{value, value}.data(), 2 * sizeof(float));
    rows.commit();
    ContainerWriter names(path / Vocabulary::file_name("user", 0), "vocabulary");
    const std::uint64_t hash = name_hash("ann").low, seed = 0;
    names.add_text("bytes", "ann");
    names.add<std::uint64_t>("offsets", std::vector<std::uint64_t>{0, 3});
    names.add<std::uint64_t>("hashes", {&hash, 1});
    names.add<std::uint64_t>("seed", {&seed, 1});
    names.commit();
    ContainerWriter relations(path / ModelVersion::kRelationsFile, "relations");
    relations.add<float>("follow", std::vector<float>{0, 0}, 2);
    relations.commit();
    ModelInfo info;
    info.network = "all";
    info.version = 1;
    info.schema.entities = {{"user", {1}}};
    info.schema.relations = {{"follow", 0, 0}};
    info.dim = 2;
    info.comparator = "dot";
    info.operators = {"translation"};
    Manifest manifest;
    manifest.format = ModelVersion::kFormat;
    manifest.meta_json = info.to_json();
    manifest.write(path);
  };
  const auto row_of = [](const ModelVersion& version) {
    std::vector<float> row(2);
    version.rows(0)->read(EntityId{0, 0}, row.data());
    return row[0];
  };
  commit("v1.partial/checkpoints/000009", 9.0f);
  commit("v1.partial/checkpoints/000010", 10.0f);
  fs::create_directories(dir_ / "all/v1.partial/checkpoints/000011");  // not committed
  const ModelVersion tenth = ModelVersion::open_newest(dir_ / "all");
  commit("v1.partial/checkpoints/000012", 12.0f);
  fs::remove_all(dir_ / "all/v1.partial/checkpoints/000010");
  EXPECT_EQ(row_of(tenth), 10.0f);
  EXPECT_EQ(tenth.vocabulary(0).find("ann"), (EntityId{0, 0}));
  EXPECT_EQ(row_of(ModelVersion::open_newest(dir_ / "all")), 12.0f);

  commit("v1", 20.0f);
  write_text(dir_ / "all/CURRENT", "v1\n");
  EXPECT_EQ(row_of(ModelVersion::open(dir_ / "all")), 20.0f);
  EXPECT_EQ(row_of(ModelVersion::open_newest(dir_ / "all")), 12.0f);
  fs::remove_all(dir_ / "all/v1.partial");
  EXPECT_EQ(row_of(ModelVersion::open_newest(dir_ / "all")), 20.0f);
  try {
    ModelVersion::open_newest(dir_ / "all/v1");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "model.not_a_network");
  }
}

// What the planner counts on: rows that are read from the file are in no map.
TEST_F(VersionTest, UnmappedRowsAreTheSameRows) {
  write_rows<float>(RowType::f32, 0, {1, 2, 3, 4}, 2);
  write_rows<float>(RowType::f32, 1, {5, 6}, 2);
  write_rows<std::uint16_t>(RowType::bf16, 0, {0x3f80, 0xc000, 0x0001, 0x7f7f}, 2);
  std::vector<float> mapped(2), read(2);
  const auto rows = open_rows_unmapped(dir_, {"user", {2, 1}}, 2);
  rows->read(0, 1, 1, read.data());
  EXPECT_EQ(read, (std::vector<float>{3, 4}));
  rows->read(EntityId{1, 0}, read.data());
  EXPECT_EQ(read, (std::vector<float>{5, 6}));
  EXPECT_EQ(rows->in_place(0), nullptr);
  open_rows(dir_, {"user", {2}}, 2, RowType::bf16)->read(0, 1, 1, mapped.data());
  open_rows_unmapped(dir_, {"user", {2}}, 2, RowType::bf16)->read(0, 1, 1, read.data());
  EXPECT_EQ(read, mapped);
}

TEST_F(VersionTest, InfoComesBackFromJson) {
  ModelInfo info;
  info.network = "all";
  info.version = 3;
  info.parent = 2;
  info.schema.entities = {{"user", {2, 1}}};
  info.schema.relations = {{"follow", 0, 0}};
  info.dim = 16;
  info.row_type = RowType::bf16;
  info.comparator = "dot";
  info.operators = {"translation"};
  info.relation_weights = {0.1f};
  info.graph_checksum = 0xfedcba9876543210u;
  const ModelInfo back = ModelInfo::from_json(info.to_json());
  EXPECT_EQ(back.parent, 2u);
  EXPECT_EQ(back.operators, info.operators);
  EXPECT_EQ(back.relation_weights, info.relation_weights);
  EXPECT_EQ(back.row_type, RowType::bf16);
  EXPECT_EQ(back.graph_checksum, info.graph_checksum);
  info.relation_weights = {0.1f, 1.0f};
  EXPECT_THROW(ModelInfo::from_json(info.to_json()), Error);
  info.relation_weights.clear();
  info.operators.clear();
  EXPECT_THROW(ModelInfo::from_json(info.to_json()), Error);
}

}  // namespace
}  // namespace twhin
