// mixture/clusters.h -- the clusters of a type's rows: k-means on a sample, then every row.
#pragma once

#include <cstdint>
#include <vector>

#include "mixture/k_means.h"
#include "model/layout.h"
#include "twhin/base/progress.h"
#include "twhin/mixture/options.h"
#include "twhin/model/rows.h"

namespace twhin {

/// Rows of the sample that k-means learns from, of a type with so many entities.
std::uint64_t num_sampled_rows(const MixtureOptions& options, std::uint64_t num_targets);

struct Clusters {
  std::size_t k = 0, dim = 0;
  HugeFloats centers;                   ///< [k, dim] that rows are assigned by
  std::vector<float> centroids;         ///< [k, dim] means of the members' rows as they are
  std::vector<float> medoid_rows;       ///< [k, dim]
  std::vector<FlatId> medoids;          ///< [k]
  std::vector<std::uint64_t> sizes;     ///< [k]
  std::vector<std::uint32_t> assigned;  ///< cluster of each entity of the type
  std::vector<double> objective;        ///< of k-means, a row of the sample
  std::uint64_t num_refilled = 0;
  std::uint64_t num_sampled = 0;
};

/// Clusters the rows of a type. The medoid of a cluster is the member with the smallest sum of
/// squared distances to the others (spherical: with the largest sum of cosines), which is the one
/// nearest to their mean (to the sum of their directions); of equal ones the first.
///
/// Memory    the sample's rows, 12 bytes an entity, k rows five times.
/// Errors    those of k_means; invalid_argument "mixture.no_targets".
Clusters cluster_rows(const Rows& rows, const EntityType& type, const MixtureOptions& options,
                      std::size_t threads, const Observer& observer, const StopFlag& stop);

}  // namespace twhin
