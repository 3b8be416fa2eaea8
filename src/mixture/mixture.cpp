#include "twhin/mixture/mixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "kernel/elementwise.h"
#include "mixture/mixture_files.h"
#include "mixture/nearest_centers.h"
#include "model/layout.h"
#include "twhin/base/error.h"
#include "twhin/storage/container.h"

namespace twhin {
namespace fs = std::filesystem;
namespace files = mixture_files;
namespace {

/// A section [rows, cols] of a container, or an error.
template <class T>
std::span<const T> section(const Container& from, std::string_view name, std::uint64_t rows,
                           std::uint64_t cols) {
  const std::span<const T> values = from.array<T>(name);
  const Section& found = from.section(name);
  if (found.rows != rows || found.cols != cols) {
    files::throw_wrong_shape(from.path(),
                             fmt::format("section {} [{}, {}]", name, found.rows, found.cols),
                             fmt::format("[{}, {}]", rows, cols));
  }
  return values;
}

/// The mixtures of one partition of users.
struct UserPart {
  Container container, own_container;
  std::span<const std::uint64_t> offsets;
  std::span<const std::uint32_t> cluster, engagements;
  std::span<const float> weight, own;
};

std::vector<std::string> directories_in(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::is_directory(folder)) return names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && fs::exists(entry.path() / Manifest::kFileName) &&
        entry.path().extension() != ".partial") {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

fs::path find_mixture(const ModelVersion& version, std::string_view name) {
  const std::vector<std::string> names = Mixture::names_of(version);
  if (name.empty() && names.size() == 1) return Mixture::path_of(version, names.front());
  if (!name.empty() && std::find(names.begin(), names.end(), name) != names.end()) {
    return Mixture::path_of(version, name);
  }
  ErrorBuilder error(ErrorKind::not_found, "mixture.not_found");
  if (name.empty() && !names.empty()) {
    error.what("the version has several mixtures, and none was named");
  } else {
    error.what(name.empty() ? std::string("the version has no mixture")
                            : fmt::format("the version has no mixture {}", quote(name)));
  }
  error.at(version.path().string());
  if (names.empty()) {
    error.hint(fmt::format("twhin mixture {} --type TYPE makes one", version.path().string()));
  } else {
    error.expected("one of " + list(names)).hint(did_you_mean(std::string(name), names));
  }
  throw error.build();
}

}  // namespace

struct Mixture::State {
  fs::path path;
  Manifest manifest;
  MixtureInfo info;
  Schema schema;
  Container clusters, assignments;
  std::span<const float> centroids, medoid_rows;
  std::span<const std::uint32_t> medoids;  // [k, 2]: partition, row
  std::span<const std::uint64_t> sizes;
  std::vector<std::span<const std::uint32_t>> assigned;  // by partition
  std::unique_ptr<const NearestCenters> nearest;
  std::map<std::uint32_t, std::vector<UserPart>> users;  // by type

  void open_clusters() {
    clusters = Container::open(path / files::kClusters, files::kClustersKind);
    clusters.verify();
    const std::uint64_t k = info.num_clusters, dim = info.dim;
    centroids = section<float>(clusters, "centroids", k, dim);
    medoid_rows = section<float>(clusters, "medoid_rows", k, dim);
    medoids = section<std::uint32_t>(clusters, "medoids", k, 2);
    sizes = section<std::uint64_t>(clusters, "sizes", k, 1);
    const auto centers = section<float>(clusters, "centers", k, dim);
    nearest = std::make_unique<const NearestCenters>(ConstMatrixView(centers.data(), k, dim));
  }

  void open_assignments() {
    assignments = Container::open(path / files::kAssignments, files::kAssignmentsKind);
    assignments.verify();
    const EntityType& type = schema.entities[info.target_type];
    for (std::uint32_t p = 0; p < type.num_partitions(); ++p) {
      assigned.push_back(
          section<std::uint32_t>(assignments, std::to_string(p), type.partition_sizes[p], 1));
    }
  }

  void open_users(std::uint32_t type_index) {
    const EntityType& type = schema.entities[type_index];
    for (std::uint32_t p = 0; p < type.num_partitions(); ++p) {
      UserPart part;
      part.container = Container::open(path / files::users_file(type.name, p), files::kUsersKind);
      const std::uint64_t n = type.partition_sizes[p];
      part.offsets = section<std::uint64_t>(part.container, "offsets", n + 1, 1);
      part.engagements = section<std::uint32_t>(part.container, "engagements", n, 1);
      const std::uint64_t num = part.container.section("cluster").rows;
      part.cluster = section<std::uint32_t>(part.container, "cluster", num, 1);
      part.weight = section<float>(part.container, "weight", num, 1);
      if (info.has_own_vectors) {
        part.own_container = Container::open(path / files::own_file(type.name, p), files::kOwnKind);
        part.own = section<float>(part.own_container, "rows", num, info.dim);
      }
      users[type_index].push_back(std::move(part));
    }
  }

  const UserPart& part_of(std::uint32_t type, EntityId user) const {
    const auto found = users.find(type);
    if (found != users.end() && user.partition < found->second.size() &&
        user.row < found->second[user.partition].engagements.size()) {
      return found->second[user.partition];
    }
    if (found != users.end() || type >= schema.entities.size()) {
      throw ErrorBuilder(ErrorKind::internal, "mixture.no_such_entity")
          .what("a mixture was asked for an entity that does not exist")
          .build();
    }
    std::vector<std::string> names;
    for (const auto& [t, parts] : users) names.push_back(schema.entities[t].name);
    throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.not_a_user_type")
        .what(fmt::format("entities of type {} have no mixtures in {}",
                          quote(schema.entities[type].name), quote(info.name)))
        .expected("one of " + list(names))
        .build();
  }

  /// [first, last) of a user's components in the arrays of its partition.
  std::pair<std::uint64_t, std::uint64_t> range_of(const UserPart& part, EntityId user) const {
    const std::uint64_t first = part.offsets[user.row], last = part.offsets[user.row + 1];
    if (first > last || last > part.cluster.size()) {
      files::throw_wrong_shape(part.container.path(), fmt::format("offsets {} to {}", first, last),
                               "ascending offsets below the number of components");
    }
    return {first, last};
  }

  std::uint32_t checked_cluster(const UserPart& part, std::uint64_t i) const {
    const std::uint32_t cluster = part.cluster[i];
    if (cluster >= info.num_clusters) {
      files::throw_wrong_shape(part.container.path(), fmt::format("cluster {}", cluster),
                               fmt::format("below {}", info.num_clusters));
    }
    return cluster;
  }
};

fs::path Mixture::path_of(const ModelVersion& version, std::string_view name) {
  return version.path() / "mixtures" / std::string(name);
}

std::vector<std::string> Mixture::names_of(const ModelVersion& version) {
  return directories_in(version.path() / "mixtures");
}

Mixture Mixture::open(const ModelVersion& version, std::string_view name) {
  auto state = std::make_shared<State>();
  state->path = find_mixture(version, name);
  state->manifest = Manifest::read(state->path, kFormat);
  state->schema = version.schema();
  state->info = files::from_json(state->manifest.meta_json, state->schema);
  if (state->info.version_checksum != version.checksum()) {
    throw ErrorBuilder(ErrorKind::version_mismatch, "mixture.other_version")
        .what("the mixture was made from another version of the model")
        .at(state->path.string())
        .found("version checksum " + to_hex(state->info.version_checksum))
        .expected(fmt::format("{} ({})", to_hex(version.checksum()), version.path().string()))
        .hint(fmt::format("make it anew: twhin mixture {} --name {}", version.path().string(),
                          state->info.name))
        .build();
  }
  if (state->info.dim != version.info().dim) {
    files::throw_wrong_shape(state->path / Manifest::kFileName,
                             fmt::format("dim {}", state->info.dim),
                             fmt::format("dim {}", version.info().dim));
  }
  state->open_clusters();
  state->open_assignments();
  for (const std::uint32_t type : state->info.user_types) state->open_users(type);
  return Mixture(std::move(state));
}

const MixtureInfo& Mixture::info() const { return state_->info; }
const fs::path& Mixture::path() const { return state_->path; }
std::uint64_t Mixture::checksum() const { return state_->manifest.checksum; }

ConstMatrixView Mixture::centroids() const {
  return {state_->centroids.data(), num_clusters(), dim()};
}
ConstMatrixView Mixture::medoids() const {
  return {state_->medoid_rows.data(), num_clusters(), dim()};
}
EntityId Mixture::medoid(std::uint32_t cluster) const {
  return {state_->medoids[2 * std::size_t{cluster}], state_->medoids[2 * std::size_t{cluster} + 1]};
}
std::uint64_t Mixture::size(std::uint32_t cluster) const { return state_->sizes[cluster]; }
std::uint32_t Mixture::cluster_of(EntityId target) const {
  const std::uint32_t cluster = state_->assigned[target.partition][target.row];
  if (cluster >= num_clusters()) {
    files::throw_wrong_shape(state_->assignments.path(), fmt::format("cluster {}", cluster),
                             fmt::format("below {}", num_clusters()));
  }
  return cluster;
}

void Mixture::nearest_clusters(ConstMatrixView rows, std::span<std::uint32_t> clusters) const {
  NearestCenters::Workspace workspace;
  if (!info().options.spherical) {
    state_->nearest->find(rows, clusters, workspace);
    return;
  }
  std::vector<float> directions(rows.rows * rows.cols), norms(rows.rows);
  const MatrixView view(directions.data(), rows.rows, rows.cols);
  kernel::normalize_rows(rows, 1e-12f, view, norms.data());
  state_->nearest->find(view, clusters, workspace);
}

bool Mixture::has_users(std::uint32_t type) const { return state_->users.count(type) > 0; }

std::vector<Component> Mixture::components(std::uint32_t type, EntityId user,
                                           Normalization normalization) const {
  const UserPart& part = state_->part_of(type, user);
  const auto [first, last] = state_->range_of(part, user);
  std::vector<Component> out;
  double sum = 0.0;
  for (std::uint64_t i = first; i < last; ++i) {
    out.push_back({state_->checked_cluster(part, i), part.weight[i]});
    sum += part.weight[i];
  }
  if (normalization == Normalization::kept && sum > 0.0) {
    for (Component& each : out) each.weight = static_cast<float>(each.weight / sum);
  }
  return out;
}

std::uint32_t Mixture::num_engagements(std::uint32_t type, EntityId user) const {
  return state_->part_of(type, user).engagements[user.row];
}

void Mixture::vectors(std::uint32_t type, EntityId user, Representation representation,
                      MatrixView out) const {
  const UserPart& part = state_->part_of(type, user);
  const auto [first, last] = state_->range_of(part, user);
  if (out.rows != last - first || out.cols != dim()) {
    throw ErrorBuilder(ErrorKind::internal, "mixture.shape")
        .what("room for the vectors of components has another shape")
        .found(fmt::format("[{}, {}]", out.rows, out.cols))
        .expected(fmt::format("[{}, {}]", last - first, dim()))
        .build();
  }
  if (representation == Representation::own && !info().has_own_vectors) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "mixture.no_own_vectors")
        .what(fmt::format("mixture {} does not store the users' own vectors", quote(info().name)))
        .at(path().string())
        .hint("make it with --own-vectors stored, or take centroids or medoids")
        .build();
  }
  for (std::uint64_t i = first; i < last; ++i) {
    const std::uint32_t cluster = state_->checked_cluster(part, i);
    const float* row = representation == Representation::own      ? part.own.data() + i * dim()
                       : representation == Representation::medoid ? medoids().row(cluster)
                                                                  : centroids().row(cluster);
    std::copy_n(row, dim(), out.row(i - first));
  }
}

}  // namespace twhin
