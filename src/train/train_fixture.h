// What tests of whole runs share: a place, a small run, and what it left.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
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
