#include "mixture/mixture_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "twhin/base/error.h"
#include "twhin/config/load.h"
#include "twhin/config/write.h"
#include "twhin/storage/manifest.h"

namespace twhin::mixture_files {
namespace {

using Json = nlohmann::ordered_json;

Error bad_meta(const std::string& found) {
  return ErrorBuilder(ErrorKind::corrupt_data, "mixture.bad_meta")
      .what("the manifest does not describe a mixture of this version")
      .found(found)
      .build();
}

}  // namespace

std::string users_file(std::string_view type, std::uint32_t partition) {
  return fmt::format("users/{}.{}.mixture", file_name_for(type), partition);
}

std::string own_file(std::string_view type, std::uint32_t partition) {
  return fmt::format("users/{}.{}.own", file_name_for(type), partition);
}

std::string to_json(const MixtureInfo& info, const Schema& schema) {
  std::vector<std::string> relations, user_types;
  for (const std::uint32_t r : info.relations) relations.push_back(schema.relations[r].name);
  for (const std::uint32_t t : info.user_types) user_types.push_back(schema.entities[t].name);
  const Json json = {{"name", info.name},
                     {"version_checksum", to_hex(info.version_checksum)},
                     {"graph_checksum", to_hex(info.graph_checksum)},
                     {"target_type", schema.entities[info.target_type].name},
                     {"targets", info.num_targets},
                     {"clusters", info.num_clusters},
                     {"dim", info.dim},
                     {"relations", relations},
                     {"user_types", user_types},
                     {"own_vectors", info.has_own_vectors},
                     {"options", Json::parse(config::to_json(info.options))},
                     {"statistics", Json::parse(info.statistics_json)}};
  return json.dump();
}

MixtureInfo from_json(std::string_view text, const Schema& schema) {
  MixtureInfo info;
  const auto type_of = [&](const std::string& name) {
    const auto found = schema.find_entity(name);
    if (!found) throw bad_meta("entity type " + quote(name));
    return *found;
  };
  try {
    const Json json = Json::parse(text);
    const auto checksum = [&](const char* key) {
      return std::stoull(json.at(key).get<std::string>(), nullptr, 16);
    };
    info.name = json.at("name").get<std::string>();
    info.version_checksum = checksum("version_checksum");
    info.graph_checksum = checksum("graph_checksum");
    info.target_type = type_of(json.at("target_type").get<std::string>());
    info.num_targets = json.at("targets").get<std::uint64_t>();
    info.num_clusters = json.at("clusters").get<std::uint32_t>();
    info.dim = json.at("dim").get<std::uint32_t>();
    for (const auto& name : json.at("relations")) {
      const auto found = schema.find_relation(name.get<std::string>());
      if (!found) throw bad_meta("relation " + quote(name.get<std::string>()));
      info.relations.push_back(*found);
    }
    for (const auto& name : json.at("user_types")) {
      info.user_types.push_back(type_of(name.get<std::string>()));
    }
    info.has_own_vectors = json.at("own_vectors").get<bool>();
    info.options = config::load<MixtureOptions>(
        config::Document::parse_json(json.at("options").dump(), "manifest.json"));
    info.statistics_json = json.at("statistics").dump();
  } catch (const Json::exception& e) {
    throw bad_meta(e.what());
  } catch (const std::logic_error&) {  // std::stoull
    throw bad_meta("a checksum that is not hexadecimal");
  }
  return info;
}

void check_name(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  constexpr std::string_view kPartial = ".partial";
  const bool partial =
      name.size() >= kPartial.size() && name.substr(name.size() - kPartial.size()) == kPartial;
  if (plain && !partial && !name.empty() && name.front() != '.' && name.size() <= 200) return;
  throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.bad_name")
      .what(fmt::format("{} is no name for a mixture", quote(name)))
      .expected("letters, digits, '_', '-' and '.', not at the beginning, and no \".partial\"")
      .build();
}

void throw_wrong_shape(const std::filesystem::path& file, std::string_view found,
                       std::string_view expected) {
  throw ErrorBuilder(ErrorKind::corrupt_data, "mixture.wrong_shape")
      .what("a file of a mixture does not fit its manifest")
      .at(file.string())
      .found(found)
      .expected(expected)
      .hint("make the mixture again: twhin mixture")
      .build();
}

}  // namespace twhin::mixture_files
