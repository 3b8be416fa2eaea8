#include "kernel/best_columns.h"

#include "kernel/shapes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/best_columns.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which chooses the target.
#include "kernel/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {
namespace {

struct Best {
  float value;
  std::uint32_t column;
};

// Each lane keeps the first largest of its own columns; two accumulators, since a comparison waits
// for the one before it.
Best best_of_row(const float* x, std::size_t n, std::uint32_t first, Best best) {
  const Tag d;
  const WordTag w;
  std::size_t i = 0;
  if (n >= 2 * kLanes) {
    const Words step = hn::Set(w, static_cast<std::uint32_t>(2 * kLanes));
    Floats value0 = hn::Set(d, best.value), value1 = value0;
    Words column0 = hn::Set(w, best.column), column1 = column0;
    Words at0 = hn::Iota(w, first);
    Words at1 = hn::Add(at0, hn::Set(w, static_cast<std::uint32_t>(kLanes)));
    for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
      const Floats v0 = hn::LoadU(d, x + i), v1 = hn::LoadU(d, x + i + kLanes);
      const auto larger0 = hn::Gt(v0, value0), larger1 = hn::Gt(v1, value1);
      value0 = hn::IfThenElse(larger0, v0, value0);
      value1 = hn::IfThenElse(larger1, v1, value1);
      column0 = hn::IfThenElse(hn::RebindMask(w, larger0), at0, column0);
      column1 = hn::IfThenElse(hn::RebindMask(w, larger1), at1, column1);
      at0 = hn::Add(at0, step);
      at1 = hn::Add(at1, step);
    }
    HWY_ALIGN float values[2 * kLanes];
    HWY_ALIGN std::uint32_t columns[2 * kLanes];
    hn::Store(value0, d, values);
    hn::Store(value1, d, values + kLanes);
    hn::Store(column0, w, columns);
    hn::Store(column1, w, columns + kLanes);
    const float before = best.value;
    for (std::size_t l = 0; l < 2 * kLanes; ++l) {
      if (!(values[l] > before)) continue;  // the lane found nothing better than what there was
      if (values[l] > best.value || (values[l] == best.value && columns[l] < best.column)) {
        best = {values[l], columns[l]};
      }
    }
  }
  for (; i < n; ++i) {
    if (x[i] > best.value) best = {x[i], first + static_cast<std::uint32_t>(i)};
  }
  return best;
}

void best_of_rows(const ConstMatrixView& x, std::uint32_t first, float* best,
                  std::uint32_t* columns) {
  for (std::size_t i = 0; i < x.rows; ++i) {
    const Best found = best_of_row(x.row(i), x.cols, first, {best[i], columns[i]});
    best[i] = found.value;
    columns[i] = found.column;
  }
}

}  // namespace
}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace twhin::kernel {

HWY_EXPORT(best_of_rows);

void best_columns(ConstMatrixView x, std::uint32_t first_column, std::span<float> best,
                  std::span<std::uint32_t> columns) {
  check_size("best_columns", "best", best.size(), x.rows);
  check_size("best_columns", "columns", columns.size(), x.rows);
  HWY_DYNAMIC_DISPATCH(best_of_rows)(x, first_column, best.data(), columns.data());
}

}  // namespace twhin::kernel
#endif  // HWY_ONCE
