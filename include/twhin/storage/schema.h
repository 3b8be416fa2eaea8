// twhin/storage/schema.h -- the typed shape of a network: its entity types and relations.
//
// Graphs and models both record it. Order is part of it: types and relations are numbered by their
// place in the config.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twhin {

/// One entity: a row of a partition of its type.
struct EntityId {
  std::uint32_t partition = 0;
  std::uint32_t row = 0;
  friend bool operator==(EntityId, EntityId) = default;
};

struct EntityType {
  std::string name;
  std::vector<std::uint32_t>
      partition_sizes;  ///< entities in each partition; size 1: unpartitioned

  std::uint32_t num_partitions() const {
    return static_cast<std::uint32_t>(partition_sizes.size());
  }
  std::uint64_t num_entities() const;
};

struct RelationType {
  std::string name;
  std::uint32_t lhs = 0;  ///< index of the entity type
  std::uint32_t rhs = 0;
};

struct Schema {
  std::vector<EntityType> entities;
  std::vector<RelationType> relations;

  std::optional<std::uint32_t> find_entity(std::string_view name) const;
  std::optional<std::uint32_t> find_relation(std::string_view name) const;
  /// Errors    not_found "schema.unknown_entity_type", "schema.unknown_relation", with the nearest.
  std::uint32_t entity(std::string_view name) const;
  std::uint32_t relation(std::string_view name) const;

  std::vector<std::string> entity_names() const;
  std::vector<std::string> relation_names() const;

  const EntityType& lhs_type(std::uint32_t relation) const;
  const EntityType& rhs_type(std::uint32_t relation) const;

  /// {"entities": [{"name": …, "partition_sizes": […]}], "relations": [{"name", "lhs", "rhs"}]}
  std::string to_json() const;
  /// Errors    corrupt_data "schema.invalid" if a field is missing or an index is out of range.
  static Schema from_json(std::string_view json);
};

/// "user:17" → {"user", "17"}, split at the first colon.
/// Errors    invalid_argument "schema.bad_entity" without a colon.
struct EntityName {
  std::string type;
  std::string name;
  static EntityName parse(std::string_view text);
};

}  // namespace twhin
