// A version on disk for tests: rows of one or more types, and relations between them.
#pragma once

#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/test_rows.h"
#include "twhin/base/rng.h"
#include "twhin/kernel/row_type.h"
#include "twhin/model/version.h"
#include "twhin/storage/container.h"

namespace twhin {

/// A directory that is gone with the test.
class TestDirectory {
 public:
  TestDirectory() {
    static int made = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("twhin-index-" + std::to_string(::getpid()) + "-" + std::to_string(made++));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Standard normal numbers.
inline std::vector<float> random_normals(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> out(count);
  for (float& x : out) x = static_cast<float>(rng.normal());
  return out;
}

/// Rows around `clusters` centres, all shifted by `offset` in every number, of lengths that differ
/// by a factor of some e^spread.
inline std::vector<float> clustered_rows(std::size_t n, std::size_t dim, std::size_t clusters,
                                         float offset, float spread, std::uint64_t seed) {
  const std::vector<float> centres = random_normals(clusters * dim, seed);
  Rng rng(seed + 1);
  std::vector<float> out(n * dim);
  for (std::size_t i = 0; i < n; ++i) {
    const float* centre = centres.data() + rng.below(clusters) * dim;
    const auto length = static_cast<float>(std::exp(double{spread} * rng.normal()));
    for (std::size_t d = 0; d < dim; ++d) {
      const auto noise = static_cast<float>(rng.normal());
      out[i * dim + d] = offset + length * (centre[d] + 0.6f * noise);
    }
  }
  return out;
}

struct SmallVersion {
  std::size_t dim = 0;
  std::string comparator = "dot";
  RowType row_type = RowType::f32;
  std::vector<EntityType> types;
  std::map<std::string, std::vector<float>> rows;  ///< by type: [entities, dim]
  struct Relation {
    std::string name;
    std::uint32_t lhs, rhs;
    std::string op = "none";
    std::vector<float> params = {};
  };
  std::vector<Relation> relations;

  /// One type, "user", in the given partitions.
  static SmallVersion of_users(std::vector<float> values, std::size_t dim,
                               std::vector<std::uint32_t> partitions) {
    SmallVersion out;
    out.dim = dim;
    out.types = {{"user", std::move(partitions)}};
    out.rows["user"] = std::move(values);
    out.relations = {{"follow", 0, 0}};
    return out;
  }

  ModelVersion write(const std::filesystem::path& directory) const {
    namespace fs = std::filesystem;
    fs::create_directories(directory / "embeddings");
    Manifest manifest;
    manifest.format = ModelVersion::kFormat;
    ModelInfo info;
    info.network = "all";
    info.version = 1;
    info.schema.entities = types;
    info.dim = static_cast<std::uint32_t>(dim);
    info.comparator = comparator;
    info.row_type = row_type;
    for (const EntityType& type : types) write_rows(directory, type, manifest);
    ContainerWriter file(directory / ModelVersion::kRelationsFile, "relations");
    for (const Relation& relation : relations) {
      info.schema.relations.push_back({relation.name, relation.lhs, relation.rhs});
      info.operators.push_back(relation.op);
      file.begin(relation.name, DataType::f32, std::max<std::size_t>(1, relation.params.size()));
      file.append(relation.params.data(), relation.params.size() * sizeof(float));
    }
    file.commit();
    manifest.add(directory, ModelVersion::kRelationsFile);
    manifest.meta_json = info.to_json();
    manifest.write(directory);
    return ModelVersion::open(directory);
  }

 private:
  void write_rows(const std::filesystem::path& directory, const EntityType& type,
                  Manifest& manifest) const {
    const float* from = rows.at(type.name).data();
    for (std::uint32_t p = 0; p < type.num_partitions(); ++p) {
      const std::string name = embeddings_file(type.name, p, row_type);
      const std::size_t count = type.partition_sizes[p] * dim;
      ContainerWriter file(directory / name, "embeddings");
      file.begin("rows", data_type(row_type), dim);
      if (row_type == RowType::f32) {
        file.append(from, count * sizeof(float));
      } else {  // bf16: cut off
        std::vector<std::uint16_t> halves(count);
        for (std::size_t i = 0; i < count; ++i) {
          std::uint32_t bits;
          std::memcpy(&bits, from + i, sizeof bits);
          halves[i] = static_cast<std::uint16_t>(bits >> 16);
        }
        file.append(halves.data(), count * sizeof(std::uint16_t));
      }
      file.commit();
      manifest.add(directory, name);
      from += count;
    }
  }
};

}  // namespace twhin
