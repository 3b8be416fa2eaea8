// mixture/first_centers.h -- where k-means begins.
#pragma once

#include "mixture/k_means.h"

namespace twhin {

/// The rows that are the first centres: distinct ones, as k_means.h says.
/// Errors    invalid_argument "mixture.too_many_clusters".
std::vector<std::uint32_t> first_centers(ConstMatrixView rows, const KMeansOptions& options);

/// Squared distance in double precision.
double squared_distance(const float* a, const float* b, std::size_t dim);

}  // namespace twhin
