// twhin/metrics/clustering.h -- how far two partitions of the same things agree.
//
//     NMI(A, B) = 2 I(A; B) / ( H(A) + H(B) )                                     (1)
//
// with the mutual information I and the entropies H of the two labels of a thing drawn at random.
// 1 means the same partition under other names, 0 that one label says nothing of the other.
// Normalised by the arithmetic mean of the entropies, as scikit-learn does by default and as
// Danon et al., 2005, define it; other normalisations give other numbers. NMI is not adjusted
// for chance: with many small clusters, random ones already share information. Compare with the
// value for a random labelling of the same sizes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace twhin::metrics {

/// Equation (1), in [0, 1]; 1 if each labelling has one cluster only; empty without labels.
///
/// Labels are names: any numbers. The result does not change if a and b are exchanged.
/// Errors    invalid_argument "metrics.size_mismatch" unless a and b are equally long.
/// Cost      two sorts of the labels.
std::optional<double> normalized_mutual_information(std::span<const std::uint32_t> a,
                                                    std::span<const std::uint32_t> b);

}  // namespace twhin::metrics
