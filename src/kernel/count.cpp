#include "kernel/count.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/count.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which chooses the target.
#include "kernel/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {
namespace {

Comparison compare_array(const float* x, std::size_t n, float bound) {
  const Tag d;
  const Floats b = hn::Set(d, bound);
  Comparison out;
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Floats v = hn::LoadU(d, x + i);
    out.greater += hn::CountTrue(d, hn::Gt(v, b));
    out.equal += hn::CountTrue(d, hn::Eq(v, b));
  }
  for (; i < n; ++i) {
    out.greater += x[i] > bound ? 1 : 0;
    out.equal += x[i] == bound ? 1 : 0;
  }
  return out;
}

}  // namespace
}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace twhin::kernel {

HWY_EXPORT(compare_array);

Comparison compare(const float* x, std::size_t n, float bound) {
  return HWY_DYNAMIC_DISPATCH(compare_array)(x, n, bound);
}

}  // namespace twhin::kernel
#endif  // HWY_ONCE
