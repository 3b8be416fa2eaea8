// kernel/lanes-inl.h -- what every vector kernel of this folder needs: tags, and the first n lanes.
//
// Included once for each target of the CPU family (Highway's foreach_target); see any .cpp here.
#if defined(TWHIN_KERNEL_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TWHIN_KERNEL_LANES_INL_H_
#undef TWHIN_KERNEL_LANES_INL_H_
#else
#define TWHIN_KERNEL_LANES_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<float>;
using Floats = hn::Vec<Tag>;
using WordTag = hn::RebindToUnsigned<Tag>;  // 32-bit lanes
using Words = hn::Vec<WordTag>;
// Known at compile time: scalable vectors are switched off in CMakeLists.txt.
constexpr std::size_t kLanes = HWY_LANES(float);

// A masked access of 32-bit lanes that touches no other lane. AVX2 has one too; Highway says that
// it might fault because of its narrower lanes.
#if HWY_TARGET == HWY_AVX2 || !HWY_MEM_OPS_MIGHT_FAULT
constexpr bool kHasMaskedAccess = true;
#else
constexpr bool kHasMaskedAccess = false;
#endif

/// The first n lanes from memory, zeros behind; touches nothing beyond. n <= kLanes.
HWY_INLINE Floats load_first(std::size_t n, const float* from) {
  const Tag d;
  if constexpr (kHasMaskedAccess) {
    return hn::MaskedLoad(hn::FirstN(d, n), d, from);
  } else {
    HWY_ALIGN float lanes[kLanes] = {};
    std::memcpy(lanes, from, n * sizeof(float));
    return hn::Load(d, lanes);
  }
}

/// Stores the first n lanes and touches nothing beyond. n <= kLanes.
HWY_INLINE void store_first(Floats v, std::size_t n, float* to) {
  const Tag d;
  if constexpr (kHasMaskedAccess) {
    hn::BlendedStore(v, hn::FirstN(d, n), d, to);
  } else {
    HWY_ALIGN float lanes[kLanes];
    hn::Store(v, d, lanes);
    std::memcpy(to, lanes, n * sizeof(float));
  }
}

/// How many of the lanes from place i on exist in an array of n.
HWY_INLINE std::size_t lanes_at(std::size_t i, std::size_t n) {
  return n - i < kLanes ? n - i : kLanes;
}

/// As load_first and store_first; whole vectors, the usual case, without a mask.
HWY_INLINE Floats load_lanes(std::size_t n, const float* from) {
  return n == kLanes ? hn::LoadU(Tag(), from) : load_first(n, from);
}
HWY_INLINE void store_lanes(Floats v, std::size_t n, float* to) {
  if (n == kLanes) {
    hn::StoreU(v, Tag(), to);
  } else {
    store_first(v, n, to);
  }
}

HWY_INLINE float sum_of_lanes(Floats v) { return hn::GetLane(hn::SumOfLanes(Tag(), v)); }

/// <a, b>
HWY_INLINE float dot_product(const float* a, const float* b, std::size_t n) {
  const Tag d;
  // Four sums, because one fused multiply-add takes four times as long as it keeps its unit busy.
  Floats s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
  std::size_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
    s1 = hn::MulAdd(hn::LoadU(d, a + i + kLanes), hn::LoadU(d, b + i + kLanes), s1);
    s2 = hn::MulAdd(hn::LoadU(d, a + i + 2 * kLanes), hn::LoadU(d, b + i + 2 * kLanes), s2);
    s3 = hn::MulAdd(hn::LoadU(d, a + i + 3 * kLanes), hn::LoadU(d, b + i + 3 * kLanes), s3);
  }
  for (; i < n; i += kLanes) {
    const std::size_t lanes = lanes_at(i, n);
    s0 = hn::MulAdd(load_lanes(lanes, a + i), load_lanes(lanes, b + i), s0);
  }
  return sum_of_lanes(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)));
}

}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TWHIN_KERNEL_LANES_INL_H_
