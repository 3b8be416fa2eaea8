// Small graphs for tests, written with the writers of storage/: what an import would leave.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "twhin/graph/graph.h"

namespace twhin::training {

struct TinyEdge {
  std::uint32_t relation = 0;      ///< index in TinyGraph::relations
  std::uint32_t lhs = 0, rhs = 0;  ///< entity "n<lhs>" of the relation's types
  float weight = 1.0f;
};

/// Entities of a type are named "n0", "n1", …
struct TinyGraph {
  struct Type {
    std::string name;
    std::uint32_t num_entities = 0;
    std::uint32_t num_partitions = 1;
  };
  struct Relation {
    std::string name;
    std::uint32_t lhs = 0, rhs = 0;
    bool has_weights = false;
  };

  std::vector<Type> types;
  std::vector<Relation> relations;
  std::vector<TinyEdge> edges;
  std::vector<TinyEdge> valid;  ///< split "valid"
  std::vector<Network> networks;

  /// Writes the directory anew and opens it.
  Graph write(const std::filesystem::path& directory) const;

  /// `num_blocks` blocks of `block_size` users; each user follows `degree` others, nearly always of
  /// its own block. A tenth of the edges is held out as `valid`.
  static TinyGraph planted(std::uint32_t num_blocks, std::uint32_t block_size, std::uint32_t degree,
                           std::uint32_t num_partitions = 1);
  /// User n<k> likes tweet n<k> and no other.
  static TinyGraph pairs(std::uint32_t count, std::uint32_t num_partitions = 1);
};

}  // namespace twhin::training
