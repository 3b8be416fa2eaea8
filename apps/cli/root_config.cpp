#include "cli/root_config.h"

#include <algorithm>

#include "twhin/train/defaults.h"

namespace twhin::cli {
namespace {

config::Field& field_at(std::vector<config::Field>& fields, std::string_view path) {
  const std::string_view name = path.substr(0, path.find('.'));
  config::Field& field = *std::find_if(fields.begin(), fields.end(),
                                       [&](const config::Field& f) { return f.name == name; });
  if (name.size() == path.size()) return field;
  return field_at(field.type.fields, path.substr(name.size() + 1));
}

}  // namespace

std::vector<config::Field> root_config_fields() {
  std::vector<config::Field> fields = config::describe<RootConfig>();
  for (const std::string& key : sized_keys()) {
    field_at(fields, "train." + key).default_text = "by size";
  }
  return fields;
}

}  // namespace twhin::cli
