#include "cli/engagement_lines.h"

#include <fmt/format.h>

#include <cmath>

#include "twhin/base/error.h"

namespace twhin::cli {
namespace {

using Json = nlohmann::ordered_json;

Error bad_line(const std::string& what) {
  return ErrorBuilder(ErrorKind::invalid_argument, "mixture.bad_line").what(what).build();
}

}  // namespace

EngagementReader::EngagementReader(const ModelVersion& version, Side target_side)
    : version_(version), target_side_(target_side) {
  for (std::uint32_t t = 0; t < version.schema().entities.size(); ++t) {
    names_.push_back(version.vocabulary(t));
  }
}

EngagementLine EngagementReader::parse(std::string_view line) const {
  const Json json = Json::parse(line);
  if (!json.is_object()) throw bad_line("a line is not an object of JSON");
  EngagementLine out;
  for (const auto& [key, value] : json.items()) {
    if (key == "id") {
      out.id = value;
    } else if (key == "as") {
      if (value != "user" && value != "target") {
        throw bad_line(fmt::format("\"as\" is {}, not \"user\" or \"target\"", value.dump()));
      }
      out.is_target = value == "target";
    } else if (key != "engagements") {
      throw bad_line(fmt::format("a line has the unknown key {}", quote(key)));
    }
  }
  const Side own = out.is_target ? target_side_ : opposite(target_side_);
  for (const Json& each : json.at("engagements")) add(each, own, out);
  return out;
}

void EngagementReader::add(const Json& json, Side own, EngagementLine& out) const {
  Engagement one;
  one.relation = version_.schema().relation(json.at("relation").get<std::string>());
  const RelationType& relation = version_.schema().relations[one.relation];
  for (const auto& [key, value] : json.items()) {
    if (key == "weight") {
      one.weight = value.get<float>();
      if (!std::isfinite(one.weight) || one.weight < 0.0f) {
        throw bad_line(fmt::format("weight {} of an engagement", value.dump()));
      }
    } else if (key == "timestamp") {
      one.timestamp = value.get<std::int64_t>();
    } else if (key != "relation" && key != "name") {
      throw bad_line(fmt::format("an engagement has the unknown key {}", quote(key)));
    }
  }
  const Json& name = json.at("name");
  const std::string text = name.is_string() ? name.get<std::string>() : name.dump();
  const auto id = names_[own == Side::lhs ? relation.rhs : relation.lhs].find(text);
  if (!id) {
    ++out.unknown;
    return;
  }
  one.other = *id;
  out.engagements.push_back(one);
}

}  // namespace twhin::cli
