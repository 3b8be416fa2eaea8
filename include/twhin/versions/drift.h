// twhin/versions/drift.h -- how far the vectors of two versions lie apart, for whoever learned to
// rely on the older ones.
//
// Entities that both versions have are matched by name. With x the old row of an entity, y the new
// one, and R the rotation that brings all new rows together nearest to the old ones,
//
//     l2              | y - x |
//     cosine          1 - cos(x, y)
//     aligned l2      | y R - x |            R = argmin over orthogonal R of sum | y R - x |^2
//     aligned cosine  1 - cos(x, y R)
//     norm ratio      |y| / |x|
//
// A rotation of all rows (and translations) changes no dot product, cosine or distance: two runs
// from scratch differ by one at least, and consumers that learned on x cannot use y, though the
// model is as good. What stays after alignment is change of the model itself. R is one for all
// types, since what a user is compared with has to turn with the user. Operators other than none
// and translation single out axes, so that R says less there, and their parameters are compared as
// they are.
//
// What consumers see:
//
//     overlap      share of an entity's k nearest (cosine, same type, among entities of both
//                  versions) that it has in both
//     candidates   share of the first k answers to "rhs of this relation?" that were not among the
//                  first k before; among all entities of each version, new ones too
//
// Both are exact for the entities that are asked for, which are a sample: those of both versions
// whose hashed name is least, so that other versions are judged by the same ones.
//
// Source: El-Kishky et al., TwHIN, KDD 2022, section 7.2, Figure 4c. Alignment as in Hamilton et
// al., ACL 2016.
//
// Memory    rows are streamed; 8 bytes an entity while names are matched and where not all are in
//           both versions, 4 for degrees.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "twhin/base/progress.h"
#include "twhin/base/stop.h"
#include "twhin/config/field.h"
#include "twhin/graph/graph.h"
#include "twhin/metrics/bootstrap.h"
#include "twhin/model/version.h"

namespace twhin {

struct DriftOptions {
  std::vector<std::string> types;
  std::vector<std::string> relations;
  std::uint32_t neighbors = 50;
  std::uint32_t candidates = 50;
  std::uint32_t sample = 1000;
  std::uint32_t degree_groups = 10;
  std::uint64_t seed = 1;
  std::size_t threads = 0;  ///< 0: as many as the machine has. No result depends on it.

  template <class Visitor>
  static void fields(Visitor& f) {
    f("types", &DriftOptions::types, "Only these entity types; empty: all.");
    f("relations", &DriftOptions::relations, "Only candidates of these relations; empty: of all.");
    f("neighbors", &DriftOptions::neighbors, "Nearest entities that are compared; 0: none.",
      at_most(10000));
    f("candidates", &DriftOptions::candidates,
      "First answers of a relation that are compared; 0: none.", at_most(10000));
    f("sample", &DriftOptions::sample,
      "Entities of a type whose neighbours and candidates are compared.", at_least(1));
    f("degree_groups", &DriftOptions::degree_groups,
      "Groups of entities by their training edges; 10: deciles, 0: no such table.", at_most(1000));
    f("seed", &DriftOptions::seed, "Of the sample and of the bootstrap.");
  }
};

/// Of a number that each of some entities has; NaN if none has it.
struct SpreadFigures {
  double mean = std::numeric_limits<double>::quiet_NaN();
  double p10 = mean, p50 = mean, p90 = mean, p99 = mean, max = mean;
};

/// See the head of the file.
struct RowDrift {
  std::uint64_t num_entities = 0;
  std::uint64_t num_zero = 0;  ///< with a row of zeros in one version: no cosine, no ratio
  double mean_norm_old = std::numeric_limits<double>::quiet_NaN();
  double mean_norm_new = mean_norm_old;
  SpreadFigures l2, cosine, aligned_l2, aligned_cosine, norm_ratio;
};

struct DegreeGroupDrift {
  std::uint32_t smallest = 0, largest = 0;  ///< training edges in the new graph
  RowDrift rows;
};

/// A share that each of the sampled entities has: mean, its interval over the sample, quantiles.
struct ShareFigures {
  std::uint64_t num_sampled = 0;
  std::uint32_t k = 0;
  double mean = std::numeric_limits<double>::quiet_NaN(), p10 = mean, p50 = mean, p90 = mean;
  metrics::Interval interval;  ///< 95 %, of the mean
};

struct TypeDrift {
  std::string name;
  std::uint64_t num_old = 0, num_new = 0, num_common = 0;
  RowDrift rows;
  std::vector<DegreeGroupDrift> by_degree;
  std::optional<ShareFigures> overlap;
};

/// A relation's own vector: the parameters of its operator.
struct RelationDrift {
  std::string name, op;
  bool reciprocal = false;  ///< that of the second operator
  double norm_old = 0.0, norm_new = 0.0, l2 = 0.0, cosine = 0.0;
  std::optional<double> aligned_l2, aligned_cosine;  ///< of a translation
};

struct CandidateDrift {
  std::string relation;
  ShareFigures changed;
  double new_entities = 0.0;  ///< mean share of the answers that the old version does not have
};

struct DriftResult {
  DriftOptions options;
  std::string old_path, new_path;
  std::uint32_t old_version = 0, new_version = 0;
  std::uint64_t old_checksum = 0, new_checksum = 0;
  std::string graph;  ///< that degrees are of; empty: none
  std::uint32_t dim = 0;
  /// sqrt( sum | y - x |^2 / sum |x|^2 ) over all entities, before and after alignment.
  double relative_change = 0.0, relative_aligned_change = 0.0;
  std::vector<TypeDrift> types;
  std::vector<RelationDrift> relations;
  std::vector<CandidateDrift> candidates;
  std::vector<std::string> only_old, only_new;  ///< types and relations that are not compared
  double seconds = 0.0;

  std::string to_json() const;
};

/// Compares two versions. `graph` is the one that the new version was trained on, for degrees;
/// null: no groups by degree.
///
/// Errors    invalid_argument "drift.other_dim", "drift.nothing_in_common", "drift.other_graph",
///           "drift.not_finite"; not_found "schema.unknown_entity_type", "schema.unknown_relation"
///           of options; cancelled "drift.cancelled".
DriftResult drift(const ModelVersion& older, const ModelVersion& newer, const Graph* graph,
                  const DriftOptions& options, const Observer& observer = {},
                  const StopFlag& stop = {});

}  // namespace twhin
