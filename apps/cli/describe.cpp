#include "cli/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "twhin/base/error.h"
#include "twhin/config/document.h"
#include "twhin/config/write.h"
#include "twhin/graph/graph.h"
#include "twhin/index/index.h"
#include "twhin/mixture/mixture.h"
#include "twhin/model/version.h"
#include "twhin/storage/version_directory.h"

namespace twhin::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::uint64_t num_bytes(const Manifest& manifest) {
  std::uint64_t sum = 0;
  for (const auto& [name, record] : manifest.records()) sum += record.num_bytes;
  return sum;
}

/// What every directory with a manifest has.
Json described(const char* kind, const fs::path& path, const Manifest& manifest) {
  return {{"kind", kind},
          {"path", path.string()},
          {"created_by", manifest.created_by},
          {"files", manifest.records().size()},
          {"bytes", num_bytes(manifest)},
          {"checksum", to_hex(manifest.checksum)}};
}

Json entity_types(const Schema& schema) {
  Json out = Json::array();
  for (const EntityType& type : schema.entities) {
    out.push_back({{"type", type.name},
                   {"entities", type.num_entities()},
                   {"partitions", type.num_partitions()}});
  }
  return out;
}

Json config_of(const fs::path& yaml) {
  return Json::parse(config::to_json(config::Document::read(yaml).root().node()));
}

Json describe_graph(const fs::path& path) {
  const Graph graph = Graph::open(path);
  Json out = described("graph", path, graph.manifest());
  out["splits"] = graph.splits();
  out["entity_types"] = entity_types(graph.schema());
  out["relations"] = Json::array();
  for (std::uint32_t r = 0; r < graph.schema().relations.size(); ++r) {
    Json row = {{"relation", graph.schema().relations[r].name},
                {"lhs", graph.schema().lhs_type(r).name},
                {"rhs", graph.schema().rhs_type(r).name}};
    for (const std::string& split : graph.splits()) row[split] = graph.num_edges(r, split);
    row["timestamps"] = graph.has_timestamps(r);
    const RelationCounts& counts = graph.counts(r);
    row["duplicates"] = counts.duplicates;
    row["self_loops"] = counts.self_loops;
    row["filtered"] = counts.filtered;
    row["rejected"] = counts.rejected;
    out["relations"].push_back(std::move(row));
  }
  if (!graph.networks().empty()) {
    out["networks"] = Json::array();
    for (const Network& network : graph.networks()) {
      std::vector<std::string> names;
      for (const std::uint32_t r : network.relations) {
        names.push_back(graph.schema().relations[r].name);
      }
      out["networks"].push_back({{"network", network.name}, {"relations", names}});
    }
  }
  const fs::path config = path / Graph::kConfigFile;
  if (fs::exists(config)) out["config"] = config_of(config);
  return out;
}

/// "there", "gone", or "another one lies there".
std::string state_of_graph(const ModelInfo& info) {
  const fs::path path = info.graph_path;
  if (!fs::exists(path / Manifest::kFileName)) return "gone";
  return Manifest::read(path, Graph::kFormat).checksum == info.graph_checksum
             ? "there"
             : "another one lies there";
}

Json index_row(const IndexInfo& index) {
  double recall = 1.0;
  for (const IndexInfo::Recall& each : index.recall) recall = std::min(recall, each.value);
  return {{"index", index.type},
          {"kind", enum_name(index.options.kind)},
          {"searched_by", enum_name(index.kind)},
          {"comparator", enum_name(index.comparator)},
          {"entities", index.num_entities},
          {"recall", recall},
          {"effort", index.effort},
          {"bytes", index.num_bytes}};
}

Json describe_version(const fs::path& path) {
  const ModelVersion version = ModelVersion::open(path);
  const ModelInfo& info = version.info();
  Json out = described("version", path, version.manifest());
  out["network"] = info.network;
  out["version"] = fmt::format("v{}", info.version);
  out["parent"] = info.parent ? Json(fmt::format("v{}", *info.parent)) : Json();
  out["dim"] = info.dim;
  out["comparator"] = info.comparator;
  out["reciprocal"] = info.reciprocal;
  out["epochs"] = info.epochs;
  if (info.data_window) out["data_window"] = {info.data_window->first, info.data_window->last};
  out["graph"] = info.graph_path;
  out["graph_checksum"] = to_hex(info.graph_checksum);
  out["graph_is"] = state_of_graph(info);
  const Json metrics = Json::parse(info.metrics_json);
  for (const auto& [name, value] : metrics.items()) out["validation_" + name] = value;
  out["entity_types"] = entity_types(info.schema);
  out["relations"] = Json::array();
  for (std::uint32_t r = 0; r < info.schema.relations.size(); ++r) {
    out["relations"].push_back({{"relation", info.schema.relations[r].name},
                                {"lhs", info.schema.lhs_type(r).name},
                                {"rhs", info.schema.rhs_type(r).name},
                                {"operator", info.operators[r]},
                                {"parameters", version.relation(r).size()}});
  }
  const std::vector<IndexInfo> indexes = indexes_of(version);
  if (!indexes.empty()) out["indexes"] = Json::array();
  for (const IndexInfo& index : indexes) out["indexes"].push_back(index_row(index));
  const std::vector<std::string> mixtures = Mixture::names_of(version);
  if (!mixtures.empty()) out["mixtures"] = mixtures;
  out["config"] = Json::parse(info.config_json);
  return out;
}

/// By its manifest alone: whether it fits the version beside it is for those who open it.
Json describe_mixture(const fs::path& path, const Manifest& manifest) {
  Json out = described("mixture", path, manifest);
  const Json meta = Json::parse(manifest.meta_json);
  for (const char* key : {"version_checksum", "graph_checksum", "target_type", "targets",
                          "clusters", "dim", "relations", "user_types", "own_vectors"}) {
    out[key] = meta.at(key);
  }
  for (const auto& [key, value] : meta.at("statistics").items()) out[key] = value;
  out["config"] = meta.at("options");
  return out;
}

Json describe_network(const fs::path& path) {
  const VersionDirectory directory(path);
  const auto current = directory.current();
  Json out = {{"kind", "network"},
              {"path", path.string()},
              {"current", current ? Json(fmt::format("v{}", *current)) : Json()},
              {"versions", Json::array()}};
  for (const std::uint32_t number : directory.versions()) {
    const ModelVersion version = ModelVersion::open(directory.version_path(number));
    const ModelInfo& info = version.info();
    out["versions"].push_back(
        {{"version", fmt::format("v{}", number)},
         {"current", current == number},
         {"parent", info.parent ? Json(fmt::format("v{}", *info.parent)) : Json()},
         {"dim", info.dim},
         {"comparator", info.comparator},
         {"epochs", info.epochs},
         {"validation_mrr", Json::parse(info.metrics_json).value("mrr", Json())},
         {"bytes", num_bytes(version.manifest())}});
  }
  if (const auto partial = directory.partial()) {
    out["under_way"] = directory.partial_path(*partial).filename().string();
  }
  return out;
}

Json describe_container(const fs::path& path) {
  const Container container = Container::open(path, "");
  Json out = {{"kind", container.kind()},
              {"path", path.string()},
              {"bytes", container.record().num_bytes},
              {"checksum", to_hex(container.record().checksum)},
              {"sections", Json::array()}};
  for (const Section& section : container.sections()) {
    out["sections"].push_back({{"section", section.name},
                               {"type", to_string(section.type)},
                               {"rows", section.rows},
                               {"columns", section.cols},
                               {"bytes", section.num_bytes()},
                               {"checksum", to_hex(section.checksum)}});
  }
  return out;
}

Json describe_manifest(const fs::path& path) {
  const Manifest manifest = Manifest::read(path, "");
  if (manifest.format == Graph::kFormat) return describe_graph(path);
  if (manifest.format == ModelVersion::kFormat) return describe_version(path);
  if (manifest.format == Mixture::kFormat) return describe_mixture(path, manifest);
  Json out = described(manifest.format.c_str(), path, manifest);
  out["meta"] = Json::parse(manifest.meta_json);
  return out;
}

}  // namespace

Json describe(const fs::path& path) {
  if (!fs::exists(path)) {
    throw ErrorBuilder(ErrorKind::not_found, "file.not_found")
        .what(fmt::format("{} does not exist", quote(path.string())))
        .build();
  }
  if (fs::exists(path / Manifest::kFileName)) return describe_manifest(path);
  if (path.filename() == Manifest::kFileName) {
    return describe_manifest(path.has_parent_path() ? path.parent_path() : fs::path("."));
  }
  if (fs::is_directory(path) && !VersionDirectory(path).versions().empty()) {
    return describe_network(path);
  }
  if (fs::is_regular_file(path) && Container::is_container(path)) return describe_container(path);
  throw ErrorBuilder(ErrorKind::invalid_argument, "cli.unknown_file")
      .what(fmt::format("{} is nothing that twhin wrote", quote(path.string())))
      .expected("a graph, a version, a network's directory, or a file of one of them")
      .build();
}

}  // namespace twhin::cli
