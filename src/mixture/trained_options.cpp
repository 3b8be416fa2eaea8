#include "mixture/trained_options.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "twhin/base/error.h"
#include "twhin/config/load.h"
#include "twhin/graph/options.h"

namespace twhin {
namespace {

using Json = nlohmann::json;

/// The options of T among those of a section that has others as well.
template <config::Declared T>
T options_in(const Json& section) {
  const std::vector<std::string> names = config::names_of<T>();
  Json own = Json::object();
  for (const auto& [key, value] : section.items()) {
    if (std::find(names.begin(), names.end(), key) != names.end()) own[key] = value;
  }
  return config::load<T>(config::Document::parse_json(own.dump(), "the version's config"));
}

Comparator comparator_of(const std::string& name) {
  for (const EnumName<Comparator>& each : EnumNames<Comparator>::values) {
    if (each.name == name) return each.value;
  }
  throw ErrorBuilder(ErrorKind::corrupt_data, "model.bad_meta")
      .what("the version's manifest does not describe a model")
      .found("comparator " + quote(name))
      .build();
}

/// Its own, else those of the template.
RelationOptions relation_options(const Json& relations, const std::string& name) {
  for (const std::string& key : {name, std::string(kTemplateRelation)}) {
    const auto found = relations.find(key);
    if (found != relations.end()) return options_in<RelationOptions>(*found);
  }
  return {};
}

}  // namespace

TrainedOptions TrainedOptions::of(const ModelVersion& version) {
  TrainedOptions out;
  const Json config = Json::parse(version.info().config_json);
  const Json train = config.value("train", Json::object());
  out.loss = options_in<LossOptions>(train);
  out.negatives = options_in<NegativesOptions>(train);
  out.regularization = options_in<RegularizationOptions>(train);
  out.comparator = comparator_of(version.info().comparator);
  const Json relations = config.value("relations", Json::object());
  const std::vector<float>& weights = version.info().relation_weights;
  for (const RelationType& relation : version.schema().relations) {
    RelationOptions own = relation_options(relations, relation.name);
    // The config's weights are those before train.balance_relations.
    if (!weights.empty()) own.weight = weights[out.relations.size()];
    out.relations.push_back(own);
  }
  return out;
}

}  // namespace twhin
