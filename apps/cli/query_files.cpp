#include "cli/query_files.h"

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "cli/engagement_lines.h"
#include "twhin/base/error.h"

namespace twhin::cli {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kVectorLine = "[0.1, …], or {\"name\": \"x\", \"vector\": [0.1, …]}";
constexpr std::string_view kEngagementLine =
    "{\"id\": \"x\", \"engagements\": [{\"relation\": \"favorite\", \"name\": \"17\"}, …]}";

Error bad_query(std::string_view what, const std::string& place, std::string_view line,
                std::string_view expected = kVectorLine) {
  return ErrorBuilder(ErrorKind::invalid_argument, "cli.bad_query")
      .what(what)
      .at(place)
      .found(quote(line))
      .expected(expected)
      .build();
}

std::optional<EntityId> find(const Vocabulary& names, std::string_view name) {
  if (const auto id = names.find(name)) return id;
  const std::string prefix = names.type() + ":";
  if (!name.starts_with(prefix)) return std::nullopt;
  return names.find(name.substr(prefix.size()));
}

}  // namespace

void for_each_line(const std::string& file,
                   const std::function<void(std::string_view, const std::string&)>& visit) {
  const bool is_stdin = file == "-";
  std::ifstream opened;
  if (!is_stdin) {
    opened.open(file);
    if (!opened) {
      throw ErrorBuilder(ErrorKind::not_found, "cli.no_file")
          .what(fmt::format("cannot read {}", quote(file)))
          .build();
    }
  }
  std::istream& in = is_stdin ? std::cin : opened;
  const std::string name = is_stdin ? "standard input" : file;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) visit(line, fmt::format("{}:{}", name, number));
  }
}

std::vector<EntityId> read_entities(const std::string& file, const Vocabulary& names,
                                    const Observer& observer) {
  std::vector<EntityId> out;
  std::unordered_set<std::uint64_t> seen;
  std::size_t num_unknown = 0;
  std::string unknown;
  for_each_line(file, [&](std::string_view line, const std::string&) {
    const std::optional<EntityId> id = find(names, line);
    if (!id) {
      if (num_unknown++ == 0) unknown = line;
    } else if (seen.insert(std::uint64_t{id->partition} << 32 | id->row).second) {
      out.push_back(*id);
    }
  });
  if (out.empty()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "cli.no_known_name")
        .what(fmt::format("{} names no {} of the model", quote(file), names.type()))
        .found(num_unknown == 0
                   ? "no line"
                   : fmt::format("{} lines, the first is {}", num_unknown, quote(unknown)))
        .hint(num_unknown == 0 ? "" : names.nearest(unknown))
        .build();
  }
  if (num_unknown > 0) {
    observer.warn(fmt::format("{}: {} of {} names are no {} of the model, {} the first of them",
                              file, num_unknown, num_unknown + out.size(), names.type(),
                              quote(unknown)));
  }
  return out;
}

CandidateQuery parse_vector(std::string_view line, const std::string& name,
                            const std::string& place) {
  Json json = Json::parse(line, nullptr, false);
  if (json.is_discarded()) throw bad_query("this is no JSON", place, line);
  CandidateQuery out;
  out.name = name;
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      if (key == "name" && value.is_string()) {
        out.name = value.get<std::string>();
      } else if (key != "vector") {
        throw bad_query(fmt::format("a vector's line has no use for {}", quote(key)), place, line);
      }
    }
    json = json.value("vector", Json());
  }
  if (!json.is_array() || json.empty()) throw bad_query("there is no vector", place, line);
  for (const Json& each : json) {
    if (!each.is_number()) throw bad_query("a vector has numbers only", place, line);
    out.vector.push_back(each.get<float>());
  }
  return out;
}

std::vector<CandidateQuery> read_vectors(const std::string& file) {
  std::vector<CandidateQuery> out;
  for_each_line(file, [&](std::string_view line, const std::string& place) {
    out.push_back(parse_vector(line, "line " + place.substr(place.rfind(':') + 1), place));
  });
  if (out.empty()) throw bad_query("there is no query", file, "");
  return out;
}

std::vector<CandidateQuery> read_engagements(const std::string& file, const ModelVersion& version,
                                             const MixtureInfo& mixture, const Observer& observer) {
  const EngagementReader reader(version, mixture.options.target_side);
  std::vector<CandidateQuery> out;
  std::uint64_t num_unknown = 0, num_known = 0;
  for_each_line(file, [&](std::string_view line, const std::string& place) {
    EngagementLine read;
    try {
      read = reader.parse(line);
    } catch (const Json::exception& e) {
      throw bad_query(e.what(), place, line, kEngagementLine);
    } catch (const Error& e) {
      const std::string text = e.what();
      throw bad_query(text.substr(0, text.find('\n')), place, line, kEngagementLine);
    }
    if (read.is_target) {
      throw bad_query("users ask for candidates, and this is a target", place, line,
                      kEngagementLine);
    }
    CandidateQuery query;
    query.name = read.id.is_string() ? read.id.get<std::string>()
                 : read.id.is_null() ? "line " + place.substr(place.rfind(':') + 1)
                                     : read.id.dump();
    num_unknown += read.unknown;
    num_known += read.engagements.size();
    query.engagements = std::move(read.engagements);
    out.push_back(std::move(query));
  });
  if (out.empty()) throw bad_query("there is no query", file, "", kEngagementLine);
  if (num_unknown > 0) {
    observer.warn(
        fmt::format("{}: {} of {} engagements are with names that the model does not have", file,
                    num_unknown, num_unknown + num_known));
  }
  return out;
}

}  // namespace twhin::cli
