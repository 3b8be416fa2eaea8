// graph/relation_registry.h -- the relations of an import: those declared, and those that a
// template stands for, numbered as they are met.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/graph/options.h"

namespace twhin {

/// The types of a graph: those of the options, then the producers that some of them ask for.
Named<EntityOptions> entity_types(const ImportOptions& options);

class RelationRegistry {
 public:
  struct Entry {
    std::uint32_t id = 0;
    std::uint32_t lhs_type = 0, rhs_type = 0;  ///< indices of entity_types()
    /// The same before producers were set apart: whether two names are one entity.
    std::uint32_t lhs_base_type = 0, rhs_base_type = 0;
    DuplicatePolicy duplicates = DuplicatePolicy::drop;
    SelfLoopPolicy self_loops = SelfLoopPolicy::keep;
    double half_life_s = 0.0;  ///< 0: none
  };

  /// Requires checked options.
  explicit RelationRegistry(const ImportOptions& options);

  /// The relation of that name; if it is new and there is a template, it is added. Threads: any.
  std::optional<Entry> find_or_add(std::string_view name);

  std::size_t size() const { return entries_.size(); }
  const Entry& operator[](std::uint32_t id) const { return entries_[id]; }
  const std::string& name(std::uint32_t id) const { return names_[id]; }
  /// Declared names without the template, for hints.
  const std::vector<std::string>& declared() const { return declared_; }
  /// Ids in the order of the schema: declared ones as in the config, then the others by name.
  std::vector<std::uint32_t> schema_order() const;

 private:
  std::uint32_t add(std::string_view name, Entry entry);

  std::mutex mutex_;
  std::optional<Entry> template_;
  std::vector<Entry> entries_;
  std::vector<std::string> names_, declared_;
  std::map<std::string, std::uint32_t, std::less<>> ids_;
};

}  // namespace twhin
