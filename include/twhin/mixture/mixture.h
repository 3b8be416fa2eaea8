// twhin/mixture/mixture.h -- users as distributions over clusters of what they engage with.
//
//     P(c | u) = count(u, c) / sum_{c' in M_u} count(u, c')                       (Eq. 3)
//
//   c            cluster of target entities (k-means over their rows; every target is in one)
//   count(u, c)  engagements of user u with targets of c, weighted (twhin/mixture/options.h)
//   M_u          the m clusters that u engaged with most
//
// Both denominators are at hand: that of Eq. 3, and the sum over all clusters (Normalization).
// Smoothed (kNN-Embed), P becomes (1 - lambda) P(c | u) + lambda mean of the nearest users' P(c |
// u'), before the m largest are kept.
//
// Source: El-Kishky et al., TwHIN, KDD 2022, section 4.4; kNN-Embed, arXiv 2205.06205. On disk:
// docs/formats.md. A mixture belongs to one version of a model and is refused with any other.
//
// Threads   const members may be called concurrently.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "twhin/base/matrix_view.h"
#include "twhin/mixture/options.h"
#include "twhin/model/version.h"
#include "twhin/storage/schema.h"

namespace twhin {

/// One cluster of a user, and the user's share in it.
struct Component {
  std::uint32_t cluster = 0;
  float weight = 0.0f;  ///< P(c | u)
};

/// What the manifest of a mixture says.
struct MixtureInfo {
  std::string name;
  MixtureOptions options;                 ///< effective: relations written out
  std::uint64_t version_checksum = 0;     ///< of the version that it belongs to
  std::uint64_t graph_checksum = 0;       ///< of the graph that the engagements came from
  std::uint32_t target_type = 0;          ///< in the version's schema
  std::vector<std::uint32_t> relations;   ///< in the version's schema, ascending
  std::vector<std::uint32_t> user_types;  ///< types that have mixtures, ascending
  std::uint32_t num_clusters = 0;
  std::uint32_t dim = 0;
  std::uint64_t num_targets = 0;
  bool has_own_vectors = false;
  std::string statistics_json = "{}";  ///< sizes, objective by iteration, users, seconds
};

class Mixture {
 public:
  static constexpr const char* kFormat = "twhin.mixture";

  /// MODEL/vN/mixtures/NAME of a version.
  static std::filesystem::path path_of(const ModelVersion& version, std::string_view name);
  /// Names of the version's mixtures, sorted.
  static std::vector<std::string> names_of(const ModelVersion& version);

  /// Opens a version's mixture; an empty name stands for the only one there is.
  ///
  /// Checksums of all small files (clusters, assignments) are checked, those of users at verify.
  /// Errors    not_found "mixture.not_found", naming those there are; version_mismatch
  ///           "mixture.other_version" if it was made from another version; corrupt_data
  ///           "mixture.bad_meta", "mixture.wrong_shape"; those of Manifest and Container.
  static Mixture open(const ModelVersion& version, std::string_view name = {});

  const MixtureInfo& info() const;
  const std::filesystem::path& path() const;
  std::uint64_t checksum() const;  ///< of its manifest
  std::uint32_t num_clusters() const { return info().num_clusters; }
  std::size_t dim() const { return info().dim; }

  // -- clusters ---------------------------------------------------------------------------------

  /// [num_clusters, dim]: mean row of each cluster's targets.
  ConstMatrixView centroids() const;
  /// [num_clusters, dim]: rows of the medoids.
  ConstMatrixView medoids() const;
  /// The target that is the medoid of a cluster.
  EntityId medoid(std::uint32_t cluster) const;
  /// Targets in a cluster; never 0.
  std::uint64_t size(std::uint32_t cluster) const;
  /// The cluster of a target.
  std::uint32_t cluster_of(EntityId target) const;
  /// Clusters of rows [n, dim] that were not there when the mixture was made: the nearest centres.
  void nearest_clusters(ConstMatrixView rows, std::span<std::uint32_t> clusters) const;

  // -- users ------------------------------------------------------------------------------------

  /// Whether entities of that type have mixtures.
  bool has_users(std::uint32_t type) const;
  /// A user's components, the heaviest first (equal weights by cluster); at most m; none if the
  /// user has no engagement.
  /// Errors    invalid_argument "mixture.not_a_user_type".
  std::vector<Component> components(std::uint32_t type, EntityId user) const {
    return components(type, user, info().options.normalization);
  }
  std::vector<Component> components(std::uint32_t type, EntityId user,
                                    Normalization normalization) const;
  /// Engagements of a user that were counted (edges, unweighted).
  std::uint32_t num_engagements(std::uint32_t type, EntityId user) const;

  /// One row for each of the user's components, in their order: out [components, dim].
  ///
  /// `own` needs stored vectors (info().has_own_vectors); where they are not stored,
  /// MixtureInference gives them from the user's engagements. A component that only smoothing gave
  /// the user has its centroid as own vector.
  /// Errors    invalid_argument "mixture.no_own_vectors", "mixture.not_a_user_type"; internal
  ///           "mixture.shape".
  void vectors(std::uint32_t type, EntityId user, Representation representation,
               MatrixView out) const;

 private:
  struct State;
  explicit Mixture(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace twhin
