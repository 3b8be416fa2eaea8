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
  info.graph_checksum = 0xfedcba9876543210u;
  const ModelInfo back = ModelInfo::from_json(info.to_json());
  EXPECT_EQ(back.parent, 2u);
  EXPECT_EQ(back.operators, info.operators);
  EXPECT_EQ(back.row_type, RowType::bf16);
  EXPECT_EQ(back.graph_checksum, info.graph_checksum);
  info.operators.clear();
  EXPECT_THROW(ModelInfo::from_json(info.to_json()), Error);
}

}  // namespace
}  // namespace twhin
