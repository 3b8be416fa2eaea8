// twhin/mixture/options.h -- how a mixture is made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "twhin/config/field.h"
#include "twhin/config/types.h"
#include "twhin/model/side.h"

namespace twhin {

/// What stands for a component when something near to it is searched.
enum class Representation { centroid, medoid, own };

template <>
struct EnumNames<Representation> {
  static constexpr EnumName<Representation> values[] = {
      {"centroid", Representation::centroid, "Mean of the cluster's rows."},
      {"medoid", Representation::medoid, "The row of the cluster that is nearest to its centre."},
      {"own", Representation::own,
       "Weighted mean of those rows of the cluster that the user engaged with (kNN-Embed)."},
  };
};

/// What the weights of a user's components are shares of (the denominator of Eq. 3).
enum class Normalization { kept, all };

template <>
struct EnumNames<Normalization> {
  static constexpr EnumName<Normalization> values[] = {
      {"kept", Normalization::kept, "Of the m kept clusters: weights sum to 1."},
      {"all", Normalization::all, "Of all clusters: weights sum to the share of what is kept."},
  };
};

/// Whether the users' own vectors of each component are stored.
enum class OwnVectors { by_size, stored, none };

template <>
struct EnumNames<OwnVectors> {
  static constexpr EnumName<OwnVectors> values[] = {
      {"by_size", OwnVectors::by_size, "If they take no more than own_vectors_limit."},
      {"stored", OwnVectors::stored, "Always."},
      {"none", OwnVectors::none, "Never: a user's engagements give them (--infer)."},
  };
};

/// Section `mixture` of the config, and the options of the verb.
struct MixtureOptions {
  std::string type;
  std::vector<std::string> relations;
  Side target_side = Side::rhs;
  std::uint32_t k = 1000;
  std::uint32_t m = 5;
  std::uint32_t iterations = 20;
  std::optional<std::uint32_t> rows_per_cluster;
  bool spherical = false;
  Named<float> relation_weights;
  std::optional<Seconds> half_life;
  float smoothing = 0.0f;
  std::uint32_t smoothing_neighbors = 10;
  Normalization normalization = Normalization::kept;
  OwnVectors own_vectors = OwnVectors::by_size;
  Bytes own_vectors_limit = {std::uint64_t{1} << 30};
  Bytes memory = {std::uint64_t{1} << 30};
  std::uint64_t seed = 1;

  template <class Visitor>
  static void fields(Visitor& f) {
    using O = MixtureOptions;
    f("type", &O::type, "Entity type whose entities are clustered: the targets.");
    f("relations", &O::relations,
      "Relations whose training edges count as engagements; empty: all with targets at "
      "target_side.");
    f("target_side", &O::target_side,
      "The end of the relations where the targets are; the users are at the other one.");
    f("k", &O::k, "Clusters.", between(1, 100'000'000));
    f("m", &O::m, "Clusters that a user keeps, those with the most engagements.",
      between(1, 10'000));
    f("iterations", &O::iterations, "Of k-means.", between(1, 10'000));
    f("rows_per_cluster", &O::rows_per_cluster,
      "k-means learns from a sample of so many rows a cluster; null: 256, and 64 for more than "
      "10,000 clusters.",
      at_least(1));
    f("spherical", &O::spherical, "Cluster directions: rows and centres have length 1.");
    f("relation_weights", &O::relation_weights,
      "Factor on the engagements of a relation, 0 or more; 1 if it is left out.");
    f("half_life", &O::half_life,
      "Engagements count half for each such time before the latest one; null: age does not matter. "
      "Timestamps are taken as seconds.");
    f("smoothing", &O::smoothing,
      "Share of the weights that comes from the user's nearest users (kNN-Embed's lambda).",
      between(0, 1));
    f("smoothing_neighbors", &O::smoothing_neighbors, "How many nearest users.", between(1, 1000));
    f("normalization", &O::normalization, "What weights are shares of.");
    f("own_vectors", &O::own_vectors, "Whether users' own vectors of each component are stored.");
    f("own_vectors_limit", &O::own_vectors_limit, "The most that by_size lets them take.");
    f("memory", &O::memory, "Engagements that are kept at a time.", at_least(Bytes{1 << 20}));
    f("seed", &O::seed, "Of the sample and of the first centres.");
  }

  /// Errors    config.out_of_range.
  void validate(const std::string& at) const;
};

}  // namespace twhin
