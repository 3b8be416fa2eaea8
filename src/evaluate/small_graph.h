// Graphs and versions on disk for tests, described by numbers: entity n of a type is named "n".
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "twhin/evaluate/scoring_view.h"
#include "twhin/graph/graph.h"
#include "twhin/model/version.h"

namespace twhin {

/// A directory that is gone with the test.
class TestDirectory {
 public:
  TestDirectory();
  ~TestDirectory();
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct SmallEdge {
  std::uint32_t lhs, rhs;
  std::int64_t timestamp = 0;
};

struct SmallType {
  std::string name;
  std::uint32_t num_entities;
  std::uint32_t num_partitions = 1;
};

struct SmallRelation {
  std::string name, lhs, rhs;
  std::map<std::string, std::vector<SmallEdge>> edges;  ///< by split
  bool has_timestamps = false;
  std::string op = "none";
  std::vector<float> params = {};
};

/// What write() puts on disk, and the model that write_version() does.
struct SmallGraph {
  std::vector<SmallType> types;
  std::vector<SmallRelation> relations;
  std::string comparator = "dot";
  std::uint32_t dim = 0;
  std::map<std::string, std::vector<float>> rows;  ///< by type: [num_entities, dim]

  const SmallType& type(const std::string& name) const;
  const float* row(const std::string& type_name, std::uint32_t entity) const;
  Schema schema() const;
  /// Where entity n of a type lies.
  EntityId id(const std::string& type_name, std::uint32_t entity) const;
  std::uint32_t number(const std::string& type_name, EntityId id) const;

  /// Writes the graph and opens it.
  Graph write(const std::filesystem::path& directory) const;
  /// Writes version 1 of models/all, trained on `graph`, and opens it.
  ModelVersion write_version(const std::filesystem::path& models, const Graph& graph) const;
};

/// The model of a SmallGraph in memory.
class SmallModel {
 public:
  explicit SmallModel(const SmallGraph& graph);
  const ScoringView& view() const { return view_; }

 private:
  Schema schema_;
  std::vector<std::unique_ptr<Rows>> rows_;
  ScoringView view_;
};

/// Uniform whole numbers of [low, high] as floats; the same for the same seed.
std::vector<float> random_integers(std::size_t count, int low, int high, std::uint64_t seed);
/// Standard normal numbers.
std::vector<float> random_normals(std::size_t count, std::uint64_t seed);
/// Distinct edges between types of the given sizes.
std::vector<SmallEdge> random_edges(std::size_t count, std::uint32_t num_lhs, std::uint32_t num_rhs,
                                    std::uint64_t seed);

}  // namespace twhin
