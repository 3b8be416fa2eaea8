// The ranking loss of kernel/group.h.
#include <algorithm>
#include <limits>
#include <vector>

#include "kernel/group.h"
#include "kernel/group_entries.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/group_ranking.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which chooses the target.
#include "kernel/group_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {
namespace {

/// positive [P] the scores of the positives; d_positive [P], zero at first, their coefficients.
double ranking_group(const GroupShape& shape, const GroupWeights& weights, float margin,
                     const MatrixView& scores, const float* positive, float* d_positive) {
  const Tag d;
  const std::size_t p = shape.num_positives;
  double loss = 0.0;
  for (std::size_t i = 0; i < shape.num_sources(); ++i) {
    float* row = scores.row(i);
    const Columns columns = columns_of_row(shape, i);
    const bool is_positive = i < p;
    const float w_i = is_positive ? edge_factor(weights.edges, i) : 0.0f;
    const Floats own = hn::Set(d, is_positive ? margin - positive[i] : 0.0f);
    Floats row_sum = hn::Zero(d), row_weight = hn::Zero(d);
    for (std::size_t j = columns.first; j < columns.end;) {
      // A vector lies in one of the two blocks, so that it has one kind of weight.
      const bool batch = j < p;
      const std::size_t lanes = lanes_at(j, batch ? std::min(p, columns.end) : columns.end);
      const Floats s = load_scores(lanes, row + j);
      Floats c = hn::Zero(d);
      if (is_positive) {  // the row's edge with another rhs
        const Floats w = hn::Set(d, (batch ? weights.batch_rhs : weights.uniform_rhs) * w_i);
        const Floats violation = hn::Add(own, s);
        const auto met = hn::Le(violation, hn::Zero(d));  // false for NaN, which so shows up
        row_sum = hn::MulAdd(w, hn::IfThenZeroElse(met, violation), row_sum);
        c = hn::IfThenZeroElse(met, w);
        row_weight = hn::Add(row_weight, c);
      }
      if (batch) {  // the column's edge with another lhs
        const float side = is_positive ? weights.batch_lhs : weights.uniform_lhs;
        const Floats w =
            weights.edges.empty()
                ? hn::Set(d, side)
                : hn::Mul(hn::Set(d, side), load_lanes(lanes, weights.edges.data() + j));
        const Floats violation =
            hn::Add(hn::Sub(hn::Set(d, margin), load_lanes(lanes, positive + j)), s);
        const auto met = hn::Le(violation, hn::Zero(d));
        row_sum = hn::MulAdd(w, hn::IfThenZeroElse(met, violation), row_sum);
        const Floats column = hn::IfThenZeroElse(met, w);
        c = hn::Add(c, column);
        store_lanes(hn::Sub(load_lanes(lanes, d_positive + j), column), lanes, d_positive + j);
      }
      store_lanes(c, lanes, row + j);
      j += lanes;
    }
    loss += double{sum_of_lanes(row_sum)};
    if (is_positive) d_positive[i] -= sum_of_lanes(row_weight);
  }
  return loss;
}

}  // namespace
}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace twhin::kernel {
namespace {

HWY_EXPORT(ranking_group);

}  // namespace

double ranking_coefficients(const GroupShape& shape, const GroupWeights& weights, float margin,
                            std::span<const MaskedEntry> masked, MatrixView scores) {
  check_entries("ranking_coefficients", shape, scores, weights.edges, masked);
  mask_entries(masked, scores);
  const std::size_t p = shape.num_positives;
  // Larger groups have a million scores and more, beside which an allocation is nothing.
  constexpr std::size_t kOnStack = 1024;
  float on_stack[2 * kOnStack];
  std::vector<float> on_heap(p <= kOnStack ? 0 : 2 * p);
  float* positive = p <= kOnStack ? on_stack : on_heap.data();
  float* d_positive = positive + p;
  for (std::size_t i = 0; i < p; ++i) {
    positive[i] = scores(i, i);
    d_positive[i] = 0.0f;
    scores(i, i) = -std::numeric_limits<float>::infinity();  // not a negative of its own
  }
  const double loss =
      HWY_DYNAMIC_DISPATCH(ranking_group)(shape, weights, margin, scores, positive, d_positive);
  for (std::size_t i = 0; i < p; ++i) scores(i, i) = d_positive[i];
  return loss;
}

}  // namespace twhin::kernel
#endif  // HWY_ONCE
