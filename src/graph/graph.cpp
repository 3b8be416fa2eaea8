#include "twhin/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>

#include "twhin/base/checksum.h"
#include "twhin/base/error.h"

namespace twhin {
namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string GraphMeta::to_json() const {
  Json json = {{"schema", Json::parse(schema.to_json())},
               {"splits", splits},
               {"networks", Json::array()},
               {"relations", Json::array()},
               {"bucket_sizes", bucket_sizes}};
  for (const Network& n : networks) {
    json["networks"].push_back({{"name", n.name}, {"relations", n.relations}});
  }
  for (std::size_t r = 0; r < counts.size(); ++r) {
    const RelationCounts& c = counts[r];
    json["relations"].push_back({{"rows", c.rows},
                                 {"duplicates", c.duplicates},
                                 {"self_loops", c.self_loops},
                                 {"filtered", c.filtered},
                                 {"rejected", c.rejected},
                                 {"edges", c.edges},
                                 {"has_timestamps", static_cast<bool>(has_timestamps[r])}});
    if (r < times.size() && times[r]) {
      json["relations"].back()["times"] = {times[r]->first, times[r]->last};
    }
  }
  if (growth) {
    json["growth"] = {{"base", to_hex(growth->base_checksum)}, {"new_edges", growth->new_edges}};
  }
  return json.dump();
}

GraphMeta GraphMeta::from_json(std::string_view text) {
  const auto bad = [](const std::string& found) {
    return ErrorBuilder(ErrorKind::corrupt_data, "graph.bad_meta")
        .what("the graph's manifest does not describe a graph")
        .found(found)
        .build();
  };
  GraphMeta meta;
  try {
    const Json json = Json::parse(text);
    meta.schema = Schema::from_json(json.at("schema").dump());
    meta.splits = json.at("splits").get<std::vector<std::string>>();
    for (const Json& n : json.at("networks")) {
      meta.networks.push_back(
          {n.at("name").get<std::string>(), n.at("relations").get<std::vector<std::uint32_t>>()});
    }
    for (const Json& r : json.at("relations")) {
      meta.counts.push_back(
          {r.at("rows").get<std::uint64_t>(), r.at("duplicates").get<std::uint64_t>(),
           r.at("self_loops").get<std::uint64_t>(), r.at("filtered").get<std::uint64_t>(),
           r.at("rejected").get<std::uint64_t>(),
           r.at("edges").get<std::map<std::string, std::uint64_t>>()});
      meta.has_timestamps.push_back(r.at("has_timestamps").get<bool>());
      meta.times.emplace_back();
      if (r.contains("times")) {
        meta.times.back() =
            TimeRange{r["times"].at(0).get<std::int64_t>(), r["times"].at(1).get<std::int64_t>()};
      }
    }
    meta.bucket_sizes = json.at("bucket_sizes").get<std::map<std::string, std::uint64_t>>();
    if (json.contains("growth")) {
      const Json& growth = json.at("growth");
      meta.growth = {std::stoull(growth.at("base").get<std::string>(), nullptr, 16),
                     growth.at("new_edges").get<std::map<std::string, std::uint64_t>>()};
    }
  } catch (const Json::exception& e) {
    throw bad(e.what());
  } catch (const std::logic_error&) {  // std::stoull
    throw bad("a checksum that is not hexadecimal");
  }
  const std::size_t num_relations = meta.schema.relations.size();
  if (meta.counts.size() != num_relations) {
    throw bad(
        fmt::format("counts of {} relations, a schema of {}", meta.counts.size(), num_relations));
  }
  for (const Network& n : meta.networks) {
    for (const std::uint32_t r : n.relations) {
      if (r >= num_relations) throw bad(fmt::format("relation {} in network {}", r, quote(n.name)));
    }
  }
  return meta;
}

Graph Graph::open(const fs::path& directory) {
  return open(directory, Manifest::read(directory, kFormat));
}

Graph Graph::open(const fs::path& directory, Manifest manifest) {
  Graph g;
  g.path_ = directory;
  g.manifest_ = std::move(manifest);
  GraphMeta meta = GraphMeta::from_json(g.manifest_.meta_json);
  g.schema_ = std::move(meta.schema);
  g.splits_ = std::move(meta.splits);
  g.networks_ = std::move(meta.networks);
  g.counts_ = std::move(meta.counts);
  g.has_timestamps_ = std::move(meta.has_timestamps);
  g.times_ = std::move(meta.times);
  g.bucket_sizes_ = std::move(meta.bucket_sizes);
  g.growth_ = std::move(meta.growth);
  return g;
}

bool Graph::has_split(std::string_view split) const {
  return std::find(splits_.begin(), splits_.end(), split) != splits_.end();
}

Network Graph::network(std::string_view name) const {
  if (name.empty()) {
    Network all{"all", {}};
    for (std::uint32_t r = 0; r < schema_.relations.size(); ++r) all.relations.push_back(r);
    return all;
  }
  std::vector<std::string> names;
  for (const Network& n : networks_) {
    if (n.name == name) return n;
    names.push_back(n.name);
  }
  throw ErrorBuilder(ErrorKind::not_found, "graph.unknown_network")
      .what(fmt::format("unknown network {}", quote(name)))
      .expected("one of " + list(names))
      .hint(did_you_mean(name, names))
      .build();
}

std::optional<TimeRange> Graph::times(std::uint32_t relation) const {
  return relation < times_.size() ? times_[relation] : std::nullopt;
}

std::uint64_t Graph::num_edges(std::uint32_t relation, std::string_view split) const {
  const auto& edges = counts_[relation].edges;
  const auto it = edges.find(std::string(split));
  return it == edges.end() ? 0 : it->second;
}

std::string Graph::bucket_file(std::string_view split, std::string_view relation,
                               std::uint32_t lhs_partition, std::uint32_t rhs_partition) {
  const std::string folder =
      split == kTrainSplit ? "edges" : fmt::format("splits/{}", file_name_for(split));
  return fmt::format("{}/{}/{}.{}.edges", folder, file_name_for(relation), lhs_partition,
                     rhs_partition);
}

std::uint64_t Graph::bucket_size(std::uint32_t relation, std::uint32_t lhs_partition,
                                 std::uint32_t rhs_partition, std::string_view split) const {
  const auto it = bucket_sizes_.find(
      bucket_file(split, schema_.relations[relation].name, lhs_partition, rhs_partition));
  return it == bucket_sizes_.end() ? 0 : it->second;
}

EdgeBucket Graph::bucket(std::uint32_t relation, std::uint32_t lhs_partition,
                         std::uint32_t rhs_partition, std::string_view split) const {
  const std::string file =
      bucket_file(split, schema_.relations[relation].name, lhs_partition, rhs_partition);
  if (bucket_sizes_.count(file) == 0) return {};
  return EdgeBucket::open(path_ / file, schema_.lhs_type(relation).partition_sizes[lhs_partition],
                          schema_.rhs_type(relation).partition_sizes[rhs_partition]);
}

std::string Graph::new_edges_file(std::string_view relation, std::uint32_t lhs_partition,
                                  std::uint32_t rhs_partition) {
  return fmt::format("edges/{}/{}.{}.new", file_name_for(relation), lhs_partition, rhs_partition);
}

std::uint64_t Graph::num_new_edges(std::uint32_t relation, std::uint32_t lhs_partition,
                                   std::uint32_t rhs_partition) const {
  if (!growth_) return 0;
  const auto it = growth_->new_edges.find(
      bucket_file(kTrainSplit, schema_.relations[relation].name, lhs_partition, rhs_partition));
  return it == growth_->new_edges.end() ? 0 : it->second;
}

std::vector<std::uint64_t> Graph::new_edges(std::uint32_t relation, std::uint32_t lhs_partition,
                                            std::uint32_t rhs_partition) const {
  std::vector<std::uint64_t> places;
  const std::uint64_t expected = num_new_edges(relation, lhs_partition, rhs_partition);
  if (expected == 0) return places;
  places.reserve(expected);
  const fs::path file =
      path_ / new_edges_file(schema_.relations[relation].name, lhs_partition, rhs_partition);
  const Container container = Container::open(file, kNewEdgesKind);
  const std::uint64_t num_edges = bucket_size(relation, lhs_partition, rhs_partition);
  const auto words = container.array<std::uint64_t>("bits");
  for (std::size_t w = 0; w < words.size(); ++w) {
    for (std::uint64_t word = words[w]; word != 0; word &= word - 1) {
      places.push_back(64 * w + static_cast<std::uint64_t>(std::countr_zero(word)));
    }
  }
  if (places.size() == expected && places.back() < num_edges) return places;
  throw ErrorBuilder(ErrorKind::corrupt_data, "graph.bad_new_edges")
      .what(fmt::format("{} does not fit its bucket", quote(file.string())))
      .found(fmt::format("{} edges, the last at {}", places.size(),
                         places.empty() ? 0 : places.back()))
      .expected(fmt::format("{} of {}", expected, num_edges))
      .build();
}

Vocabulary Graph::vocabulary(std::uint32_t entity_type) const {
  const EntityType& type = schema_.entities[entity_type];
  return Vocabulary::open(path_, type.name, type.num_partitions());
}

}  // namespace twhin
