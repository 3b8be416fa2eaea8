#include <fmt/format.h>

#include <algorithm>

#include "graph/name_set.h"
#include "graph/relation_registry.h"
#include "twhin/base/error.h"
#include "twhin/config/load.h"
#include "twhin/graph/import.h"

namespace twhin {
namespace {

template <class T>
std::vector<std::string> names_of(const Named<T>& values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  return names;
}

/// The options together with the words to blame them.
class Check {
 public:
  Check(const ImportOptions& options, const PlaceOf& place_of)
      : options_(options),
        place_of_(place_of),
        types_(names_of(entity_types(options))),
        relations_(names_of(options.relations)) {
    const auto it = std::find(relations_.begin(), relations_.end(), kTemplateRelation);
    has_template_ = it != relations_.end();
    if (has_template_) relations_.erase(it);
  }

  void run() const {
    for (std::size_t i = 0; i < types_.size(); ++i) {
      check_name(types_[i], "entities");
      if (std::find(types_.begin(), types_.begin() + static_cast<std::ptrdiff_t>(i), types_[i]) !=
          types_.begin() + static_cast<std::ptrdiff_t>(i)) {
        throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_name")
            .what(fmt::format("there are two entity types {}", quote(types_[i])))
            .at(place("entities"))
            .hint("producers need a name of their own")
            .build();
      }
    }
    for (const std::string& name : relations_) check_name(name, "relations");
    for (const auto& [name, ends] : options_.relations) {
      const std::string path = config::join_path("relations", name);
      check_type(ends.lhs, config::join_path(path, "lhs"));
      check_type(ends.rhs, config::join_path(path, "rhs"));
    }
    for (std::size_t i = 0; i < options_.sources.size(); ++i) {
      check_source(options_.sources[i], fmt::format("sources[{}]", i));
    }
    const std::string& core_type = options_.import.core_type;
    if (!core_type.empty()) check_type(core_type, "import.core_type");
    for (const std::string& relation : options_.split.relations) {
      check_relation(relation, "split.relations");
    }
    for (const auto& [name, relations] : options_.networks) {
      check_name(name, "networks");
      for (const std::string& relation : relations) {
        check_relation(relation, config::join_path("networks", name));
      }
    }
  }

 private:
  std::string place(const std::string& path) const { return place_of_ ? place_of_(path) : path; }

  void check_name(const std::string& name, const std::string& section) const {
    if (is_valid_name(name) && name.size() <= 1000) return;
    throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_name")
        .what(fmt::format("{} cannot be a name", quote(name)))
        .at(place(section))
        .expected("1 to 1000 bytes of UTF-8")
        .build();
  }

  void check_type(const std::string& name, const std::string& path) const {
    if (std::find(types_.begin(), types_.end(), name) != types_.end()) return;
    throw ErrorBuilder(ErrorKind::not_found, "graph.unknown_entity_type")
        .what(fmt::format("unknown entity type {}", quote(name)))
        .at(place(path))
        .expected("one of " + list(types_))
        .hint(did_you_mean(name, types_))
        .build();
  }

  void check_relation(const std::string& name, const std::string& path) const {
    const bool declared = std::find(relations_.begin(), relations_.end(), name) != relations_.end();
    if (declared || (has_template_ && is_valid_name(name) && name != kTemplateRelation)) return;
    throw ErrorBuilder(ErrorKind::not_found, "graph.unknown_relation")
        .what(fmt::format("unknown relation {}", quote(name)))
        .at(place(path))
        .expected("one of " + list(relations_))
        .hint(did_you_mean(name, relations_))
        .build();
  }

  void check_source(const SourceOptions& source, const std::string& path) const {
    const std::string at = config::join_path(path, "relation");
    if (!source.relation.column && !is_folder_format(source.format)) {
      check_relation(source.relation.name, at);
    }
    for (const auto& [value, name] : source.relation.values) {
      if (name) check_relation(*name, config::join_path(at, value));
    }
    const SplitOptions& split = options_.split;
    const bool drawn = (source.split == "valid" && split.valid > 0.0) ||
                       (source.split == "test" && split.test > 0.0) ||
                       (source.split == kTrainSplit && split.valid + split.test > 0.0);
    if (drawn) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "graph.bad_split")
          .what(fmt::format("a source and the option `split` both decide what is in split {}",
                            quote(source.split)))
          .at(place(config::join_path(path, "split")))
          .hint("name another split in the source, or leave the option's share at 0")
          .build();
    }
    if (!source.split.empty()) check_name(source.split, path);
  }

  const ImportOptions& options_;
  const PlaceOf& place_of_;
  std::vector<std::string> types_, relations_;
  bool has_template_ = false;
};

}  // namespace

void check_import(const ImportOptions& options, const PlaceOf& place_of) {
  config::check(options);
  Check(options, place_of).run();
}

}  // namespace twhin
