#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "twhin/base/error.h"
#include "twhin/config/load.h"
#include "twhin/config/write.h"
#include "twhin/index/index.h"

namespace twhin {
namespace {

using Json = nlohmann::ordered_json;

Error bad_meta(const std::string& found) {
  return ErrorBuilder(ErrorKind::corrupt_data, "index.bad_meta")
      .what("the manifest does not describe an index")
      .found(found)
      .build();
}

template <class E>
E enum_of(const std::string& name) {
  for (const EnumName<E>& each : EnumNames<E>::values) {
    if (each.name == name) return each.value;
  }
  throw bad_meta(quote(name));
}

}  // namespace

std::string IndexInfo::to_json() const {
  Json json = {{"type", type},
               {"kind", enum_name(kind)},
               {"comparator", enum_name(comparator)},
               {"model_checksum", to_hex(model_checksum)},
               {"entities", num_entities},
               {"dim", dim},
               {"effort", effort},
               {"bytes", num_bytes},
               {"build_seconds", build_seconds},
               {"replaced", replaced},
               {"recall", Json::array()}};
  for (const Recall& each : recall) {
    json["recall"].push_back(
        {{"queries", each.queries}, {"num_queries", each.num_queries}, {"recall", each.value}});
  }
  json["options"] = Json::parse(config::to_json(options));
  return json.dump();
}

IndexInfo IndexInfo::from_json(std::string_view text) {
  IndexInfo out;
  try {
    const Json json = Json::parse(text);
    out.type = json.at("type").get<std::string>();
    out.kind = enum_of<IndexKind>(json.at("kind").get<std::string>());
    out.comparator = enum_of<Comparator>(json.at("comparator").get<std::string>());
    out.model_checksum = std::stoull(json.at("model_checksum").get<std::string>(), nullptr, 16);
    out.num_entities = json.at("entities").get<std::uint64_t>();
    out.dim = json.at("dim").get<std::uint32_t>();
    out.effort = json.at("effort").get<std::uint32_t>();
    out.num_bytes = json.at("bytes").get<std::uint64_t>();
    out.build_seconds = json.at("build_seconds").get<double>();
    out.replaced = json.at("replaced").get<std::string>();
    for (const Json& each : json.at("recall")) {
      out.recall.push_back({each.at("queries").get<std::string>(),
                            each.at("num_queries").get<std::uint64_t>(),
                            each.at("recall").get<double>()});
    }
    out.options = config::load<IndexOptions>(
        config::Document::parse_json(json.at("options").dump(), "options of the index"));
  } catch (const Json::exception& error) {
    throw bad_meta(error.what());
  } catch (const std::logic_error&) {  // std::stoull
    throw bad_meta("a checksum that is not hexadecimal");
  }
  return out;
}

}  // namespace twhin
