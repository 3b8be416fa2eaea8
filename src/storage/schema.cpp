#include "twhin/storage/schema.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "twhin/base/error.h"

namespace twhin {
using Json = nlohmann::json;

namespace {

template <class Named>
std::optional<std::uint32_t> find_named(const std::vector<Named>& all, std::string_view name) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name) return static_cast<std::uint32_t>(i);
  }
  return std::nullopt;
}

template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const Named& one : all) names.push_back(one.name);
  return names;
}

template <class Named>
std::uint32_t require_named(const std::vector<Named>& all, std::string_view name,
                            std::string_view id, std::string_view what) {
  if (const auto found = find_named(all, name)) return *found;
  const std::vector<std::string> names = names_of(all);
  throw ErrorBuilder(ErrorKind::not_found, id)
      .what(fmt::format("unknown {} {}", what, quote(name)))
      .expected("one of " + list(names))
      .hint(did_you_mean(name, names))
      .build();
}

}  // namespace

std::uint64_t EntityType::num_entities() const {
  return std::accumulate(partition_sizes.begin(), partition_sizes.end(), std::uint64_t{0});
}

std::optional<std::uint32_t> Schema::find_entity(std::string_view name) const {
  return find_named(entities, name);
}
std::optional<std::uint32_t> Schema::find_relation(std::string_view name) const {
  return find_named(relations, name);
}
std::uint32_t Schema::entity(std::string_view name) const {
  return require_named(entities, name, "schema.unknown_entity_type", "entity type");
}
std::uint32_t Schema::relation(std::string_view name) const {
  return require_named(relations, name, "schema.unknown_relation", "relation");
}
std::vector<std::string> Schema::entity_names() const { return names_of(entities); }
std::vector<std::string> Schema::relation_names() const { return names_of(relations); }
const EntityType& Schema::lhs_type(std::uint32_t relation) const {
  return entities[relations[relation].lhs];
}
const EntityType& Schema::rhs_type(std::uint32_t relation) const {
  return entities[relations[relation].rhs];
}

std::string Schema::to_json() const {
  Json json = {{"entities", Json::array()}, {"relations", Json::array()}};
  for (const EntityType& e : entities) {
    json["entities"].push_back({{"name", e.name}, {"partition_sizes", e.partition_sizes}});
  }
  for (const RelationType& r : relations) {
    json["relations"].push_back({{"name", r.name}, {"lhs", r.lhs}, {"rhs", r.rhs}});
  }
  return json.dump();
}

Schema Schema::from_json(std::string_view text) {
  const auto invalid = [](const std::string& found) {
    return ErrorBuilder(ErrorKind::corrupt_data, "schema.invalid")
        .what("the recorded schema is not valid")
        .found(found)
        .build();
  };
  Schema schema;
  try {
    const Json json = Json::parse(text);
    for (const Json& e : json.at("entities")) {
      schema.entities.push_back({e.at("name").get<std::string>(),
                                 e.at("partition_sizes").get<std::vector<std::uint32_t>>()});
      if (schema.entities.back().partition_sizes.empty())
        throw invalid("a type without partitions");
    }
    for (const Json& r : json.at("relations")) {
      schema.relations.push_back({r.at("name").get<std::string>(), r.at("lhs").get<std::uint32_t>(),
                                  r.at("rhs").get<std::uint32_t>()});
    }
  } catch (const Json::exception& e) {
    throw invalid(e.what());
  }
  for (const RelationType& r : schema.relations) {
    if (r.lhs >= schema.entities.size() || r.rhs >= schema.entities.size()) {
      throw invalid(fmt::format("relation {} of types {} and {}", quote(r.name), r.lhs, r.rhs));
    }
  }
  return schema;
}

EntityName EntityName::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "schema.bad_entity")
        .what(fmt::format("{} does not name an entity", quote(text)))
        .expected("type:name, e.g. user:17")
        .build();
  }
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

}  // namespace twhin
