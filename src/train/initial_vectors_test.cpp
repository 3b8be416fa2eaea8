#include "train/initial_vectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "train/train_fixture.h"

namespace twhin::training {
namespace {

using ::testing::HasSubstr;

class InitialVectorsTest : public TrainFixture {
 protected:
  InitialVectorsTest() : graph_(TinyGraph::planted(4, 10, 5, 2).write(dir_ / "graph")) {}

  TrainRequest with_vectors(const std::string& models, const Path& vectors, const Path& names,
                            bool frozen = true) const {
    TrainRequest wanted = request(models);
    wanted.config.train.epochs = 1;
    EntityTrainOptions options;
    options.frozen = frozen;
    options.vectors = vectors;
    options.vector_names = names;
    wanted.config.entities = {{"user", options}};
    return wanted;
  }
  std::vector<float> row(const ModelVersion& model, const std::string& name) const {
    std::vector<float> values(16);
    model.rows(0)->read(*model.vocabulary(0).find(name), values.data());
    return values;
  }

  Graph graph_;
};

TEST_F(InitialVectorsTest, NamedVectorsArePlacedTheRestIsRandomAndBothAreCounted) {
  const Path names = write_names({"n7", "n3", "stranger", "n12"});
  const TrainRequest wanted = with_vectors("models", write_npy(4, 16), names);
  std::vector<std::string> notes;
  Observer observer;
  observer.note = [&](const std::string& line) { notes.push_back(line); };
  const TrainSummary summary = train(graph_, wanted, observer, StopFlag());
  EXPECT_THAT(notes, ::testing::Contains(HasSubstr("3 of 40 entities begin with a vector of")));
  EXPECT_THAT(notes, ::testing::Contains(HasSubstr("37 at random; 1 vectors are of no entity")));
  EXPECT_THAT(read_text(summary.version / "metrics.jsonl"), HasSubstr("\"event\":\"vectors\""));
  const ModelVersion model = ModelVersion::open(summary.version);
  TrainRequest plain = with_vectors("plain", {}, {});
  const ModelVersion random = ModelVersion::open(run(graph_, plain).version);
  const std::map<std::string, std::uint64_t> given = {{"n7", 0}, {"n3", 1}, {"n12", 3}};
  for (int i = 0; i < 40; ++i) {
    const std::string name = "n" + std::to_string(i);
    const auto at = given.find(name);
    std::vector<float> expected = row(random, name);
    for (std::size_t d = 0; at != given.end() && d < 16; ++d) expected[d] = number(at->second, d);
    EXPECT_EQ(row(model, name), expected) << name;
  }
}

TEST_F(InitialVectorsTest, WithoutNamesRowsAreInTheOrderOfTheIds) {
  const ModelVersion model =
      ModelVersion::open(run(graph_, with_vectors("models", write_npy(40, 16), {})).version);
  const std::vector<float> rows = rows_of(model, 0);
  for (std::uint64_t k = 0; k < 40; ++k) {
    for (std::size_t d = 0; d < 16; ++d) EXPECT_EQ(rows[k * 16 + d], number(k, d));
  }
}

// A partition is made when it is first needed, at the end of the run at the latest.
TEST_F(InitialVectorsTest, ABufferDoesNotChangeThem) {
  const Graph graph = TinyGraph::planted(4, 10, 5, 4).write(dir_ / "four");
  TrainRequest wanted = with_vectors("whole", write_npy(40, 16), {}, false);
  wanted.config.train.bucket_order = BucketOrder::inside_out;  // the same for any buffer
  wanted.config.train.checkpoint_every = {1, {0}};             // and no two buckets in a step
  const auto whole = learned(run(graph, wanted).version);
  wanted.models = dir_ / "buffer";
  wanted.config.train.buffer = 2;
  EXPECT_EQ(learned(run(graph, wanted).version), whole);
}

TEST_F(InitialVectorsTest, WhatDoesNotFitIsRefusedBeforeTheRunBegins) {
  const auto refused = [&](const Path& vectors, const Path& names) {
    std::filesystem::remove_all(dir_ / "refused");
    return error_id([&] { run(graph_, with_vectors("refused", vectors, names)); });
  };
  EXPECT_EQ(refused(write_npy(40, 8), {}), "vectors.dim");
  EXPECT_EQ(refused(write_npy(39, 16), {}), "vectors.names");
  EXPECT_EQ(refused(write_npy(41, 16), {}), "vectors.names");
  EXPECT_EQ(refused(write_npy(2, 16), write_names({"n7", "n7"})), "vectors.repeated_name");
  EXPECT_EQ(refused({}, write_names({"n7"})), "train.vector_names");
  EXPECT_EQ(refused((dir_ / "none.npy").string(), {}), "file.not_found");
}

}  // namespace
}  // namespace twhin::training
