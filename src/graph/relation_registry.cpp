#include "graph/relation_registry.h"

#include <algorithm>
#include <numeric>

namespace twhin {

RelationRegistry::RelationRegistry(const ImportOptions& options) {
  const auto type_of = [&](const std::string& name) {
    const auto it = std::find_if(options.entities.begin(), options.entities.end(),
                                 [&](const auto& entity) { return entity.first == name; });
    return static_cast<std::uint32_t>(it - options.entities.begin());
  };
  for (const auto& [name, ends] : options.relations) {
    const Entry entry{0, type_of(ends.lhs), type_of(ends.rhs), ends.duplicates, ends.self_loops};
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
