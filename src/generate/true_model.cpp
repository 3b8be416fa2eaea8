// Writes the planted truth as a version; see generate.h for the layout of its rows.
#include <fmt/format.h>

#include <charconv>

#include "twhin/base/error.h"
#include "twhin/base/file.h"
#include "twhin/config/write.h"
#include "twhin/generate/generate.h"
#include "twhin/generate/planted_network.h"
#include "twhin/graph/graph.h"
#include "twhin/model/version.h"
#include "twhin/storage/version_directory.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

enum Block : std::uint32_t { kTarget = 0, kSeeker = 1, kAdSeeker = 2, kNumBlocks = 3 };

class TrueModel {
 public:
  TrueModel(const GenerateOptions& options, const Graph& graph)
      : options_(options),
        network_(options),
        graph_(graph),
        width_(options.communities + 1),
        dim_(kNumBlocks * width_) {}

  fs::path write(const fs::path& root) {
    const VersionDirectory versions(root);
    const std::uint32_t number = versions.next();
    const fs::path partial = versions.partial_path(number);
    make_directories(partial / "embeddings");
    make_directories(partial / "vocabulary");

    ModelInfo info;
    info.network = root.filename().string();
    info.version = number;
    info.schema = graph_.schema();
    info.dim = dim_;
    info.comparator = "dot";
    info.operators.assign(graph_.schema().relations.size(), "linear");
    info.graph_path = fs::absolute(graph_.path()).string();
    info.graph_checksum = graph_.checksum();
    info.config_json = config::to_json(options_);

    Manifest manifest;
    manifest.format = ModelVersion::kFormat;
    for (std::uint32_t t = 0; t < info.schema.entities.size(); ++t)
      write_type(t, partial, manifest);
    write_relations(partial);
    manifest.add(partial, ModelVersion::kRelationsFile);
    manifest.meta_json = info.to_json();
    manifest.write(partial);
    versions.publish(number);
    return versions.version_path(number);
  }

 private:
  PlantedType planted_type(const std::string& name) const {
    for (std::size_t t = 0; t < kPlantedTypes.size(); ++t) {
      if (name == kPlantedTypes[t]) return static_cast<PlantedType>(t);
    }
    throw not_planted(fmt::format("entity type {}", quote(name)));
  }
  static Error not_planted(const std::string& found) {
    return ErrorBuilder(ErrorKind::not_found, "generate.not_generated")
        .what("the graph was not imported from this generated network")
        .found(found)
        .build();
  }

  void write_type(std::uint32_t type, const fs::path& partial, Manifest& manifest) {
    const EntityType& entity = graph_.schema().entities[type];
    const PlantedType planted = planted_type(entity.name);
    const Vocabulary vocabulary = graph_.vocabulary(type);
    std::vector<float> row(dim_);
    for (std::uint32_t p = 0; p < entity.num_partitions(); ++p) {
      ContainerWriter writer(partial / embeddings_file(entity.name, p), "embeddings");
      writer.begin("rows", DataType::f32, dim_);
      for (std::uint32_t i = 0; i < entity.partition_sizes[p]; ++i) {
        fill(planted, number_of(planted, vocabulary.name({p, i})), row);
        writer.append(row.data(), row.size() * sizeof(float));
      }
      writer.commit();
      const std::string names = Vocabulary::file_name(entity.name, p);
      link_or_copy(graph_.path() / names, partial / names);
      manifest.add(partial, embeddings_file(entity.name, p));
      manifest.add(partial, names);
    }
  }

  std::uint64_t number_of(PlantedType type, std::string_view name) const {
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (failed != std::errc() || end != name.data() + name.size() ||
        number >= network_.entities(type).size()) {
      throw not_planted(fmt::format("the name {}", quote(name)));
    }
    return number;
  }

  void fill(PlantedType type, std::uint64_t id, std::vector<float>& row) const {
    std::fill(row.begin(), row.end(), 0.0f);
    const WeightedEntities& all = network_.entities(type);
    const std::uint32_t community = all.community(id);
    float* target = row.data() + kTarget * width_;
    target[community] = static_cast<float>(all.weight(id) / all.community_weight(community));
    target[width_ - 1] = static_cast<float>(all.weight(id) / all.total_weight());

    float* seeker = row.data() + kSeeker * width_;
    const double outside = options_.outside;
    if (type != PlantedType::user) {  // seeks an origin in its own community
      seeker[community] = static_cast<float>(1.0 - outside);
      seeker[width_ - 1] = static_cast<float>(outside);
      return;
    }
    float* ad_seeker = row.data() + kAdSeeker * width_;
    const double activity = network_.activity(id);
    const double base = PlantedNetwork::click_probability(0.0);
    const WeightedEntities& ads = network_.entities(PlantedType::ad);
    for (const Interest& i : network_.interests(id)) {
      const double click = PlantedNetwork::click_probability(i.share);
      const double from_outside =
          outside * ads.community_weight(i.community) / ads.total_weight() * (click - base);
      seeker[i.community] = static_cast<float>(activity * (1.0 - outside) * i.share);
      ad_seeker[i.community] =
          static_cast<float>(activity * ((1.0 - outside) * i.share * click + from_outside));
    }
    seeker[width_ - 1] = static_cast<float>(activity * outside);
    ad_seeker[width_ - 1] = static_cast<float>(activity * outside * base);
  }

  // g(x) = A x where A moves block `from` to where the rhs keeps block `to`, and drops the rest.
  void write_relations(const fs::path& partial) const {
    ContainerWriter writer(partial / ModelVersion::kRelationsFile, "relations");
    for (const RelationType& relation : graph_.schema().relations) {
      std::uint32_t from = kSeeker, to = kTarget;
      if (relation.name == "clicks") from = kAdSeeker;
      if (relation.name == "authors" || relation.name == "promotes") std::swap(from, to);
      std::vector<float> matrix(std::size_t{dim_} * dim_, 0.0f);
      for (std::uint32_t d = 0; d < width_; ++d) {
        matrix[std::size_t{to * width_ + d} * dim_ + from * width_ + d] = 1.0f;
      }
      writer.add<float>(relation.name, matrix, matrix.size());
    }
    writer.commit();
  }

  const GenerateOptions options_;
  const PlantedNetwork network_;
  const Graph& graph_;
  const std::uint32_t width_, dim_;
};

}  // namespace

fs::path write_true_model(const fs::path& generated, const fs::path& graph,
                          const fs::path& models) {
  const GenerateOptions options = read_generated_options(generated);
  const Graph opened = Graph::open(graph);
  return TrueModel(options, opened).write(models / "truth");
}

}  // namespace twhin
