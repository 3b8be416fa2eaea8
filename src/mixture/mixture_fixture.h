// What tests of mixtures share: a small network with two relations from users to items, on disk.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "evaluate/small_graph.h"
#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/mixture/build.h"

namespace twhin {

class MixtureFixture : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kUsers = 60, kItems = 90, kDim = 6, kUser = 0, kItem = 1;

  explicit MixtureFixture(std::uint32_t num_partitions = 1) {
    small_.types = {{"user", kUsers, num_partitions}, {"item", kItems, num_partitions}};
    // User 0 has no engagement: sizes of the relations leave it out.
    auto likes = random_edges(500, kUsers - 1, kItems, 1),
         buys = random_edges(150, kUsers - 1, kItems, 2);
    for (auto* edges : {&likes, &buys}) {
      for (SmallEdge& edge : *edges) ++edge.lhs;
    }
    small_.relations = {
        {"likes", "user", "item", {{"train", likes}}, true},
        {"buys", "user", "item", {{"train", buys}}, true, "translation", random_normals(kDim, 3)}};
    small_.dim = kDim;
    small_.rows = {{"user", random_normals(kUsers * kDim, 4)},
                   {"item", random_normals(kItems * kDim, 5)}};
  }

  void write() {
    graph_.emplace(small_.write(folder_.path() / "graph"));
    version_.emplace(small_.write_version(folder_.path() / "models", *graph_));
  }

  static MixtureOptions options() {
    MixtureOptions out;
    out.type = "item";
    out.k = 12;
    out.m = 3;
    out.iterations = 6;
    return out;
  }

  Mixture build(const MixtureOptions& options, const std::string& name = "m",
                std::size_t threads = 2) {
    return build_mixture(*version_, *graph_, name, options, threads);
  }

  /// Replaces what the version's manifest says, e.g. of the loss.
  void patch_meta(const nlohmann::json& patch) {
    Manifest manifest = Manifest::read(version_->path(), ModelVersion::kFormat);
    nlohmann::json meta = nlohmann::json::parse(manifest.meta_json);
    meta.merge_patch(patch);
    manifest.meta_json = meta.dump();
    manifest.write(version_->path());
    version_.emplace(ModelVersion::open(version_->path()));
  }

  static std::string error_of(const std::function<void()>& body) {
    try {
      body();
    } catch (const Error& error) {
      return error.id();
    }
    return "no error";
  }

  EntityId user(std::uint32_t n) const { return small_.id("user", n); }
  EntityId item(std::uint32_t n) const { return small_.id("item", n); }

  TestDirectory folder_;
  SmallGraph small_;
  std::optional<Graph> graph_;
  std::optional<ModelVersion> version_;
};

}  // namespace twhin
