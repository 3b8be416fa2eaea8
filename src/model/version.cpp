#include "twhin/model/version.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "twhin/base/error.h"
#include "twhin/storage/version_directory.h"

namespace twhin {
using Json = nlohmann::json;
namespace {

std::optional<RowType> row_type_of(std::string_view name) {
  for (const EnumName<RowType>& each : EnumNames<RowType>::values) {
    if (each.name == name) return each.value;
  }
  return std::nullopt;
}

}  // namespace

namespace {

// Rows that a version keeps open, lent to a caller.
class HeldRows final : public Rows {
 public:
  explicit HeldRows(std::shared_ptr<const Rows> rows) : rows_(std::move(rows)) {}
  std::size_t dim() const override { return rows_->dim(); }
  std::uint32_t num_partitions() const override { return rows_->num_partitions(); }
  std::uint32_t size(std::uint32_t partition) const override { return rows_->size(partition); }
  void read(std::uint32_t partition, std::uint32_t first, std::uint32_t count,
            float* out) const override {
    rows_->read(partition, first, count, out);
  }
  const float* in_place(std::uint32_t partition) const override {
    return rows_->in_place(partition);
  }

 private:
  std::shared_ptr<const Rows> rows_;
};

}  // namespace

std::string ModelInfo::to_json() const {
  const Json json = {
      {"network", network},
      {"version", version},
      {"parent", parent ? Json(*parent) : Json()},
      {"schema", Json::parse(schema.to_json())},
      {"dim", dim},
      {"row_type", enum_name(row_type)},
      {"comparator", comparator},
      {"operators", operators},
      {"relation_weights", relation_weights},
      {"reciprocal", reciprocal},
      {"global_embedding", global_embedding},
      {"graph", {{"path", graph_path}, {"checksum", to_hex(graph_checksum)}}},
      {"data_window", data_window ? Json{data_window->first, data_window->last} : Json()},
      {"epochs", epochs},
      {"config", Json::parse(config_json)},
      {"metrics", Json::parse(metrics_json)},
      {"warm_start", Json::parse(warm_start_json)}};
  return json.dump();
}

ModelInfo ModelInfo::from_json(std::string_view text) {
  const auto bad = [](const std::string& found) {
    return ErrorBuilder(ErrorKind::corrupt_data, "model.bad_meta")
        .what("the version's manifest does not describe a model")
        .found(found)
        .build();
  };
  ModelInfo info;
  try {
    const Json json = Json::parse(text);
    info.network = json.at("network").get<std::string>();
    info.version = json.at("version").get<std::uint32_t>();
    if (!json.at("parent").is_null()) info.parent = json.at("parent").get<std::uint32_t>();
    info.schema = Schema::from_json(json.at("schema").dump());
    info.dim = json.at("dim").get<std::uint32_t>();
    const auto row_type = row_type_of(json.value("row_type", "f32"));
    if (!row_type) throw bad("row type " + json.at("row_type").dump());
    info.row_type = *row_type;
    info.comparator = json.at("comparator").get<std::string>();
    info.operators = json.at("operators").get<std::vector<std::string>>();
    info.relation_weights = json.value("relation_weights", std::vector<float>());
    info.reciprocal = json.value("reciprocal", false);
    info.global_embedding = json.value("global_embedding", false);
    info.graph_path = json.at("graph").at("path").get<std::string>();
    info.graph_checksum =
        std::stoull(json.at("graph").at("checksum").get<std::string>(), nullptr, 16);
    if (const Json window = json.value("data_window", Json()); !window.is_null()) {
      info.data_window =
          TimeRange{window.at(0).get<std::int64_t>(), window.at(1).get<std::int64_t>()};
    }
    info.epochs = json.at("epochs").get<std::uint32_t>();
    info.config_json = json.at("config").dump();
    info.metrics_json = json.at("metrics").dump();
    info.warm_start_json = json.value("warm_start", Json::object()).dump();
  } catch (const Json::exception& e) {
    throw bad(e.what());
  } catch (const std::logic_error&) {  // std::stoull
    throw bad("a checksum that is not hexadecimal");
  }
  if (info.operators.size() != info.schema.relations.size()) {
    throw bad(fmt::format("{} operators for {} relations", info.operators.size(),
                          info.schema.relations.size()));
  }
  if (!info.relation_weights.empty() &&
      info.relation_weights.size() != info.schema.relations.size()) {
    throw bad(fmt::format("{} weights for {} relations", info.relation_weights.size(),
                          info.schema.relations.size()));
  }
  return info;
}

ModelVersion ModelVersion::open(const std::filesystem::path& model) {
  ModelVersion v;
  v.path_ = VersionDirectory::resolve(model);
  v.manifest_ = Manifest::read(v.path_, kFormat);
  v.info_ = ModelInfo::from_json(v.manifest_.meta_json);
  v.relations_ =
      std::make_shared<const Container>(Container::open(v.path_ / kRelationsFile, "relations"));
  if (v.info_.global_embedding) {
    v.types_ = std::make_shared<const Container>(Container::open(v.path_ / kTypesFile, "types"));
  }
  return v;
}

ModelVersion ModelVersion::open_newest(const std::filesystem::path& network) {
  if (std::filesystem::exists(network / Manifest::kFileName)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "model.not_a_network")
        .what("checkpoints are those of a network, not of a version")
        .found(quote(network.string()))
        .expected("a network's directory, which holds v1, v2, …")
        .build();
  }
  for (;;) {
    const std::optional<std::filesystem::path> newest =
        VersionDirectory(network).newest_checkpoint();
    try {
      ModelVersion version = open(newest ? *newest : network);
      version.hold();
      return version;
    } catch (const Error&) {
      // A run removes the manifest first. If it is gone there is a newer checkpoint, or a version.
      if (!newest || std::filesystem::exists(*newest / Manifest::kFileName)) throw;
    }
  }
}

void ModelVersion::hold() {
  if (!held_rows_.empty()) return;
  for (std::uint32_t t = 0; t < info_.schema.entities.size(); ++t) {
    held_names_.push_back(vocabulary(t));
    held_rows_.push_back(rows(t));
  }
}

std::unique_ptr<Rows> ModelVersion::rows(std::uint32_t entity_type) const {
  if (entity_type < held_rows_.size()) return std::make_unique<HeldRows>(held_rows_[entity_type]);
  return open_rows(path_, info_.schema.entities[entity_type], info_.dim, info_.row_type,
                   global_embedding(entity_type));
}

std::span<const float> ModelVersion::global_embedding(std::uint32_t entity_type) const {
  if (!types_) return {};
  return types_->array<float>(info_.schema.entities[entity_type].name);
}

Vocabulary ModelVersion::vocabulary(std::uint32_t entity_type) const {
  if (entity_type < held_names_.size()) return held_names_[entity_type];
  const EntityType& type = info_.schema.entities[entity_type];
  return Vocabulary::open(path_, type.name, type.num_partitions());
}

std::span<const float> ModelVersion::relation(std::uint32_t relation) const {
  return relations_->array<float>(info_.schema.relations[relation].name);
}

}  // namespace twhin
