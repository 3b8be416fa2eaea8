// The logistic loss of kernel/group.h.
#include <algorithm>
#include <limits>

#include "kernel/group.h"
#include "kernel/group_entries.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/group_logistic.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which chooses the target.
#include "kernel/group_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {
namespace {

/// Weights along a row of S: base + slope * edges[j] (edges null: base) in the first `split`
/// columns, the target's edges; `tail` behind, the uniform negatives.
struct RowWeights {
  const float* edges;
  std::size_t split;
  float base, slope, tail;

  HWY_INLINE Floats at(std::size_t j, std::size_t lanes) const {
    const Tag d;
    if (j >= split) return hn::Set(d, tail);
    const std::size_t inside = std::min(lanes, split - j);
    Floats w = hn::Set(d, base);
    if (edges != nullptr) w = hn::MulAdd(hn::Set(d, slope), load_lanes(inside, edges + j), w);
    if (inside == lanes) return w;
    return hn::IfThenElse(hn::FirstN(d, inside), w, hn::Set(d, tail));
  }
};

/// Weights of row i. With `edges` given: w_ij = batch_rhs w_i + batch_lhs w_j.
HWY_INLINE RowWeights row_weights(const GroupShape& shape, const GroupWeights& weights,
                                  std::size_t i) {
  const std::size_t p = shape.num_positives;
  const bool same = weights.edges.empty();
  const float* edges = same ? nullptr : weights.edges.data();
  if (i >= p) {
    return {edges, p, same ? weights.uniform_lhs : 0.0f, weights.uniform_lhs, 0.0f};
  }
  const float w = edge_factor(weights.edges, i);
  const float rhs = weights.batch_rhs * w;
  return {edges, p, same ? rhs + weights.batch_lhs : rhs, weights.batch_lhs,
          weights.uniform_rhs * w};
}

// In two passes over a few vectors: one pass is a chain of dependent operations longer than what a
// processor looks ahead, and takes twice as long.
HWY_INLINE void logistic_row(float* row, Columns columns, const RowWeights& weights,
                             DoubleSum& loss) {
  HWY_ALIGN float u[kVectorsPerSum * kLanes];
  for (std::size_t first = columns.first; first < columns.end; first += kVectorsPerSum * kLanes) {
    const std::size_t end = std::min(columns.end, first + kVectorsPerSum * kLanes);
    const Tag d;
    for (std::size_t j = first; j < end; j += kLanes) {
      hn::Store(exp_of_minus_size(load_scores(lanes_at(j, end), row + j)), d, u + (j - first));
    }
    Floats sum = hn::Zero(d);
    for (std::size_t j = first; j < end; j += kLanes) {
      const std::size_t lanes = lanes_at(j, end);
      const Logistic l = logistic(load_scores(lanes, row + j), hn::Load(d, u + (j - first)));
      const Floats w = weights.at(j, lanes);
      store_lanes(hn::Mul(w, l.sigmoid), lanes, row + j);
      sum = hn::MulAdd(w, l.softplus, sum);
    }
    loss.add(sum);
  }
}

/// The same for up to kRowBlock positives, gathered from the diagonal.
constexpr std::size_t kRowBlock = 64;

double logistic_diagonal(float* scores, std::size_t n, float weight, const float* edges) {
  const Tag d;
  double loss = 0.0;
  for (std::size_t i = 0; i < n; i += kLanes) {
    const std::size_t lanes = lanes_at(i, n);
    const Floats w = edges == nullptr ? hn::Set(d, weight)
                                      : hn::Mul(hn::Set(d, weight), load_lanes(lanes, edges + i));
    const Floats s = load_first(lanes, scores + i);
    Logistic l = logistic(hn::Neg(s));
    if (lanes < kLanes) l.softplus = hn::IfThenElseZero(hn::FirstN(d, lanes), l.softplus);
    loss += double{sum_of_lanes(hn::Mul(w, l.softplus))};
    store_lanes(hn::Neg(hn::Mul(w, l.sigmoid)), lanes, scores + i);
  }
  return loss;
}

double logistic_group(const GroupShape& shape, const GroupWeights& weights,
                      const MatrixView& scores) {
  const std::size_t p = shape.num_positives;
  double loss_of_positives = 0.0;
  DoubleSum loss;
  for (std::size_t first = 0; first < shape.num_sources(); first += kRowBlock) {
    const std::size_t end = std::min(first + kRowBlock, shape.num_sources());
    // Positives are taken out before their rows are passed over as negatives, and put back after.
    float positive[kRowBlock];
    const std::size_t num_positives = first < p ? std::min(end, p) - first : 0;
    for (std::size_t i = 0; i < num_positives; ++i) {
      positive[i] = scores(first + i, first + i);
      scores(first + i, first + i) = kMinusInfinity;
    }
    for (std::size_t i = first; i < end; ++i) {
      logistic_row(scores.row(i), columns_of_row(shape, i), row_weights(shape, weights, i), loss);
    }
    const float* edges = weights.edges.empty() ? nullptr : weights.edges.data() + first;
    loss_of_positives += logistic_diagonal(positive, num_positives, weights.positive, edges);
    for (std::size_t i = 0; i < num_positives; ++i) scores(first + i, first + i) = positive[i];
  }
  return loss_of_positives + loss.total();
}

}  // namespace
}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace twhin::kernel {
namespace {

HWY_EXPORT(logistic_group);

}  // namespace

double logistic_coefficients(const GroupShape& shape, const GroupWeights& weights,
                             std::span<const MaskedEntry> masked, MatrixView scores) {
  check_entries("logistic_coefficients", shape, scores, weights.edges, masked);
  mask_entries(masked, scores);
  return HWY_DYNAMIC_DISPATCH(logistic_group)(shape, weights, scores);
}

}  // namespace twhin::kernel
#endif  // HWY_ONCE
