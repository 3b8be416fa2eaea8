#include "graph/relation_registry.h"

#include <algorithm>
#include <numeric>

namespace twhin {

Named<EntityOptions> entity_types(const ImportOptions& options) {
  Named<EntityOptions> types = options.entities;
  for (const auto& [name, entity] : options.entities) {
    if (entity.producers.empty()) continue;
    types.emplace_back(entity.producers, entity);
    types.back().second.producers.clear();
  }
  return types;
}

RelationRegistry::RelationRegistry(const ImportOptions& options) {
  const Named<EntityOptions> types = entity_types(options);
  const auto type_of = [&](const std::string& name) {
    const auto it = std::find_if(types.begin(), types.end(),
                                 [&](const auto& entity) { return entity.first == name; });
    return static_cast<std::uint32_t>(it - types.begin());
  };
  std::vector<std::uint32_t> base_of(types.size());
  for (std::uint32_t t = 0; t < types.size(); ++t) {
    const std::string& producers = types[t].second.producers;
    if (t < options.entities.size()) base_of[t] = t;
    if (!producers.empty()) base_of[type_of(producers)] = t;
  }
  for (const auto& [name, ends] : options.relations) {
    Entry entry;
    entry.lhs_type = type_of(ends.lhs);
    const EntityOptions& rhs = types[type_of(ends.rhs)].second;
    entry.rhs_type = type_of(rhs.producers.empty() ? ends.rhs : rhs.producers);
    entry.lhs_base_type = base_of[type_of(ends.lhs)];
    entry.rhs_base_type = base_of[type_of(ends.rhs)];
    entry.duplicates = ends.duplicates;
    entry.self_loops = ends.self_loops;
    if (ends.half_life) entry.half_life_s = ends.half_life->value;
    if (name == kTemplateRelation) {
      template_ = entry;
    } else {
      add(name, entry);
      declared_.push_back(name);
    }
  }
}

std::uint32_t RelationRegistry::add(std::string_view name, Entry entry) {
  entry.id = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back(entry);
  names_.emplace_back(name);
  ids_.emplace(name, entry.id);
  return entry.id;
}

std::optional<RelationRegistry::Entry> RelationRegistry::find_or_add(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (const auto it = ids_.find(name); it != ids_.end()) return entries_[it->second];
  if (!template_) return std::nullopt;
  return entries_[add(name, *template_)];
}

std::vector<std::uint32_t> RelationRegistry::schema_order() const {
  std::vector<std::uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin() + static_cast<std::ptrdiff_t>(declared_.size()), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return names_[a] < names_[b]; });
  return order;
}

}  // namespace twhin
