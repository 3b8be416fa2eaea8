// twhin/model/version.h -- a version of a model on disk: what one completed run of train leaves.
//
//   v3/   manifest.json · config.yaml · metrics.jsonl · relations.params
//         embeddings/<type>.<partition>.f32 (.bf16, .fp16) · optimizer/<type>.<partition>.state
//         vocabulary/<type>.<partition>.names (hard links to the graph's)
//
// relations.params is a container of kind "relations": section "<relation>" f32 [1, n] holds the
// operator's parameters (none: [1, 0]), section "<relation>#state" the optimizer's.
// types.params, with global_embedding, is one of kind "types": section "<type>" f32 [1, dim] is
// added to every row of the type, "<type>#state" the optimizer's. A version works without its
// graph: it holds the names, and records where the graph lies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "twhin/model/rows.h"
#include "twhin/storage/manifest.h"
#include "twhin/storage/schema.h"
#include "twhin/storage/time_range.h"
#include "twhin/storage/vocabulary.h"

namespace twhin {

/// What a version's manifest says of the model. Relations are aligned with schema.relations.
struct ModelInfo {
  std::string network;        ///< "all" or the name of a subset of relations
  std::uint32_t version = 0;  ///< 3 for v3
  /// The version that this one began with, if it lies beside it in the network's directory.
  std::optional<std::uint32_t> parent;
  Schema schema;  ///< the types and relations of the network only
  std::uint32_t dim = 0;
  RowType row_type = RowType::f32;
  std::string comparator;              ///< "dot", "cos", "l2", "squared_l2"
  std::vector<std::string> operators;  ///< per relation
  /// Per relation what training multiplied the loss of its edges by, balanced; empty if the version
  /// does not say.
  std::vector<float> relation_weights;
  bool reciprocal = false;        ///< two operators a relation: see score_function.h
  bool global_embedding = false;  ///< rows() adds a vector of the type to each row
  std::string graph_path;         ///< as it was when the model was trained
  std::uint64_t graph_checksum = 0;
  std::optional<TimeRange> data_window;  ///< timestamps of the edges that it was trained on
  std::uint32_t epochs = 0;              ///< completed
  std::string config_json = "{}";        ///< the effective config of the run
  std::string metrics_json = "{}";       ///< of the last validation, if there was one
  /// What a warm start carried over, and from where (docs/versions.md); "{}" without one.
  std::string warm_start_json = "{}";

  std::string to_json() const;
  /// Errors    corrupt_data "model.bad_meta".
  static ModelInfo from_json(std::string_view json);
};

class ModelVersion {
 public:
  static constexpr const char* kFormat = "twhin.model";
  static constexpr const char* kRelationsFile = "relations.params";
  static constexpr const char* kTypesFile = "types.params";

  /// A version directory, a network's directory: then its CURRENT version, or "NETWORK@v3".
  /// Errors    not_found "model.not_found"; those of Manifest::read; corrupt_data "model.bad_meta".
  static ModelVersion open(const std::filesystem::path& model);
  /// The newest state of a network: the last checkpoint of the run under way, or its CURRENT
  /// version if there is none. Held (see hold()), so that the run may go on and remove it.
  /// Errors    invalid_argument "model.not_a_network" for a version's directory; those of open().
  static ModelVersion open_newest(const std::filesystem::path& network);

  /// Opens all files now: rows and names stay readable if the directory is renamed or removed.
  /// Errors    those of rows() and vocabulary().
  void hold();

  const std::filesystem::path& path() const { return path_; }
  const ModelInfo& info() const { return info_; }
  const Schema& schema() const { return info_.schema; }
  const Manifest& manifest() const { return manifest_; }
  std::uint64_t checksum() const { return manifest_.checksum; }

  /// The type's rows as all equations have them, its global embedding added.
  std::unique_ptr<Rows> rows(std::uint32_t entity_type) const;
  /// [dim], which rows() adds to each row of the type; empty without global embeddings.
  std::span<const float> global_embedding(std::uint32_t entity_type) const;
  Vocabulary vocabulary(std::uint32_t entity_type) const;
  /// Parameters of a relation's operator, and behind them those of its reciprocal one if the model
  /// has it; empty for operator none.
  std::span<const float> relation(std::uint32_t relation) const;

 private:
  std::filesystem::path path_;
  Manifest manifest_;
  ModelInfo info_;
  std::shared_ptr<const Container> relations_, types_;
  std::vector<std::shared_ptr<const Rows>> held_rows_;  // by entity type; empty: not held
  std::vector<Vocabulary> held_names_;
};

}  // namespace twhin
