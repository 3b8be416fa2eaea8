#include "kernel/row_distance.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/row_distance.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which chooses the target.
#include "kernel/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {
namespace {

// Rows that are asked for ahead of the one at hand. A row of 128 floats takes about as long to
// compare as a third of the way to memory.
constexpr std::size_t kAhead = 3;
constexpr std::size_t kLine = 16;  // floats of a cache line

template <RowDistance kKind>
HWY_INLINE Floats add_term(Floats q, Floats x, Floats sum) {
  if constexpr (kKind == RowDistance::negative_dot) {
    return hn::NegMulAdd(q, x, sum);
  } else {
    const Floats difference = hn::Sub(q, x);
    return hn::MulAdd(difference, difference, sum);
  }
}

// Four sums, because one fused multiply-add takes four times as long as it keeps its unit busy.
template <RowDistance kKind>
HWY_INLINE float distance(const float* HWY_RESTRICT q, const float* HWY_RESTRICT x,
                          std::size_t width) {
  const Tag d;
  Floats s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
  std::size_t i = 0;
  for (; i + 4 * kLanes <= width; i += 4 * kLanes) {
    s0 = add_term<kKind>(hn::LoadU(d, q + i), hn::LoadU(d, x + i), s0);
    s1 = add_term<kKind>(hn::LoadU(d, q + i + kLanes), hn::LoadU(d, x + i + kLanes), s1);
    s2 = add_term<kKind>(hn::LoadU(d, q + i + 2 * kLanes), hn::LoadU(d, x + i + 2 * kLanes), s2);
    s3 = add_term<kKind>(hn::LoadU(d, q + i + 3 * kLanes), hn::LoadU(d, x + i + 3 * kLanes), s3);
  }
  for (; i < width; i += kLanes) {
    s0 = add_term<kKind>(hn::LoadU(d, q + i), hn::LoadU(d, x + i), s0);
  }
  return sum_of_lanes(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)));
}

HWY_INLINE void fetch(const float* row, std::size_t width) {
  for (std::size_t i = 0; i < width; i += kLine) __builtin_prefetch(row + i);
}

template <RowDistance kKind>
void distances(const float* query, const float* rows, std::size_t stride, std::size_t width,
               const std::uint32_t* ids, std::size_t n, float* out) {
  for (std::size_t i = 0; i < std::min(kAhead, n); ++i) fetch(rows + ids[i] * stride, width);
  for (std::size_t i = 0; i < n; ++i) {
    if (i + kAhead < n) fetch(rows + ids[i + kAhead] * stride, width);
    out[i] = distance<kKind>(query, rows + ids[i] * stride, width);
  }
}

void all_distances(RowDistance kind, const float* query, const float* rows, std::size_t stride,
                   std::size_t width, std::span<const std::uint32_t> ids, float* out) {
  if (kind == RowDistance::negative_dot) {
    distances<RowDistance::negative_dot>(query, rows, stride, width, ids.data(), ids.size(), out);
  } else {
    distances<RowDistance::squared>(query, rows, stride, width, ids.data(), ids.size(), out);
  }
}

template <RowDistance kKind>
float of_two(const void* a, const void* b, const void* width) {
  return distance<kKind>(static_cast<const float*>(a), static_cast<const float*>(b),
                         *static_cast<const std::size_t*>(width));
}

DistanceOfTwo function_of_two(RowDistance kind) {
  return kind == RowDistance::negative_dot ? &of_two<RowDistance::negative_dot>
                                           : &of_two<RowDistance::squared>;
}

}  // namespace
}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace twhin::kernel {
namespace {

HWY_EXPORT(all_distances);
HWY_EXPORT(function_of_two);

}  // namespace

void row_distances(RowDistance kind, const float* query, const float* rows, std::size_t stride,
                   std::size_t width, std::span<const std::uint32_t> ids, float* out) {
  HWY_DYNAMIC_DISPATCH(all_distances)(kind, query, rows, stride, width, ids, out);
}

DistanceOfTwo distance_of_two(RowDistance kind) {
  return HWY_DYNAMIC_DISPATCH(function_of_two)(kind);
}

}  // namespace twhin::kernel
#endif  // HWY_ONCE
