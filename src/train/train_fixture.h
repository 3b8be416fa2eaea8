// What tests of whole runs share: a place, a small run, and what it left.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "train/tiny_graph.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/model/version.h"
#include "twhin/train/train.h"

namespace twhin::training {

class TrainFixture : public ::testing::Test {
 protected:
  TrainFixture() {
    std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::replace(test.begin(), test.end(), '/', '-');  // of a test with parameters
    // In memory where there is such a place: checkpoints sync dozens of files.
    const std::filesystem::path memory = "/dev/shm";
    dir_ =
        (std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path()) /
        ("twhin-train-" + std::to_string(::getpid()) + "-" + test);
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
  }
  ~TrainFixture() override { std::filesystem::remove_all(dir_); }

  TrainRequest request(const std::string& models = "models") const {
    TrainRequest out;
    TrainOptions& options = out.config.train;
    options.dim = 16;
    options.batch_negatives = 10;
    options.uniform_negatives = 10;
    options.epochs = 3;
    options.threads = 1;
    options.deterministic = true;
    options.checkpoint_every = {0, {0}};
    out.models = dir_ / models;
    return out;
  }
  static EntityTrainOptions frozen() {
    EntityTrainOptions options;
    options.frozen = true;
    return options;
  }
  // Vectors of a file: row k is k, k + 0.25, …
  static float number(std::uint64_t row, std::size_t d) {
    return static_cast<float>(row) + 0.25f * static_cast<float>(d);
  }
  Path write_npy(std::uint64_t rows, std::size_t dim) const {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                         std::to_string(rows) + ", " + std::to_string(dim) + "), }";
    header += std::string(63 - (header.size() + 10) % 64, ' ') + "\n";
    const auto path = dir_ / "vectors.npy";
    std::ofstream file(path, std::ios::binary);
    file << "\x93NUMPY" << '\1' << '\0' << static_cast<char>(header.size()) << '\0' << header;
    for (std::uint64_t row = 0; row < rows; ++row) {
      for (std::size_t d = 0; d < dim; ++d) {
        const float x = number(row, d);
        file.write(reinterpret_cast<const char*>(&x), sizeof x);
      }
    }
    return path.string();
  }
  Path write_names(const std::vector<std::string>& names) const {
    std::ofstream file(dir_ / "names.txt");
    for (const std::string& name : names) file << name << '\n';
    return (dir_ / "names.txt").string();
  }
  // Vectors for the first `count` of the entities n0, n1, ….
  EntityTrainOptions first_vectors(std::uint64_t count) const {
    std::vector<std::string> names;
    for (std::uint64_t k = 0; k < count; ++k) names.push_back("n" + std::to_string(k));
    EntityTrainOptions options;
    options.vectors = write_npy(count, 16);
    options.vector_names = write_names(names);
    return options;
  }
  TrainSummary run(const Graph& graph, const TrainRequest& request) const {
    return train(graph, request, {}, StopFlag());
  }

  // Bytes of everything in a version that training computed.
  static std::map<std::string, std::string> learned(const std::filesystem::path& version) {
    std::map<std::string, std::string> out;
    const Manifest manifest = Manifest::read(version, ModelVersion::kFormat);
    for (const auto& [file, record] : manifest.files) {
      if (file != "metrics.jsonl" && file != "config.yaml") out[file] = read_text(version / file);
    }
    return out;
  }

  static std::string error_id(const std::function<void()>& body) {
    try {
      body();
    } catch (const Error& error) {
      return error.id();
    }
    return "no error";
  }

  std::filesystem::path dir_;
};

inline std::vector<float> rows_of(const ModelVersion& model, std::uint32_t type) {
  const auto rows = model.rows(type);
  std::vector<float> out(rows->size() * rows->dim());
  float* at = out.data();
  for (std::uint32_t p = 0; p < rows->num_partitions(); ++p) {
    rows->read(p, 0, rows->size(p), at);
    at += rows->size(p) * rows->dim();
  }
  return out;
}

}  // namespace twhin::training
