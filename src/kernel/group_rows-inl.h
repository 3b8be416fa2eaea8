// kernel/group_rows-inl.h -- how a loss walks over the rows of a group's scores.
#if defined(TWHIN_KERNEL_GROUP_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TWHIN_KERNEL_GROUP_ROWS_INL_H_
#undef TWHIN_KERNEL_GROUP_ROWS_INL_H_
#else
#define TWHIN_KERNEL_GROUP_ROWS_INL_H_
#endif

#include <algorithm>
#include <limits>

#include "kernel/group.h"
#include "kernel/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

// Sums go on in double after this many vectors, which bounds their rounding.
constexpr std::size_t kVectorsPerSum = 8;

/// Sum of many numbers, lane by lane in double.
struct DoubleSum {
  double lanes[kLanes] = {};

  HWY_INLINE void add(Floats v) {
    HWY_ALIGN float terms[kLanes];
    hn::Store(v, Tag(), terms);
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i] += double{terms[i]};
  }
  HWY_INLINE double total() const {
    double sum = 0.0;
    for (const double lane : lanes) sum += lane;
    return sum;
  }
};

/// The factor of edge i.
HWY_INLINE float edge_factor(std::span<const float> edges, std::size_t i) {
  return edges.empty() ? 1.0f : edges[i];
}

/// Columns [first, end) of row i that hold negatives or a positive to be passed over.
struct Columns {
  std::size_t first, end;
};

HWY_INLINE Columns columns_of_row(const GroupShape& shape, std::size_t i) {
  const std::size_t p = shape.num_positives;
  if (i >= p) return {0, p};
  return {shape.batch_negatives ? 0 : p, shape.num_targets()};
}

/// Lanes that do not exist become the score that counts nothing.
HWY_INLINE Floats load_scores(std::size_t lanes, const float* from) {
  const Tag d;
  if (lanes == kLanes) return hn::LoadU(d, from);
  return hn::IfThenElse(hn::FirstN(d, lanes), load_first(lanes, from), hn::Set(d, kMinusInfinity));
}

}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TWHIN_KERNEL_GROUP_ROWS_INL_H_
