#include "kernel/dot_tiles.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/dot_tiles.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which chooses the target.
#include "kernel/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {
namespace {

// As many sums as registers hold beside the operands: 16 of 32, or 8 of 16.
constexpr std::size_t kTileA = 4;
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr std::size_t kTileB = 4;
#else
constexpr std::size_t kTileB = 2;
#endif

struct Operands {
  const float* a;
  std::size_t a_stride;
  const float* b;
  std::size_t b_stride;
  float* out;
  std::size_t out_stride;
  std::size_t k;
};

template <std::size_t kA, std::size_t kB>
HWY_NOINLINE void tile(const Operands& p) {
  const Tag d;
  Floats sum[kA][kB];
#pragma GCC unroll 4
  for (std::size_t r = 0; r < kA; ++r) {
#pragma GCC unroll 4
    for (std::size_t c = 0; c < kB; ++c) sum[r][c] = hn::Zero(d);
  }
  const std::size_t whole = p.k / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    Floats y[kB];
#pragma GCC unroll 4
    for (std::size_t c = 0; c < kB; ++c) y[c] = hn::LoadU(d, p.b + c * p.b_stride + i);
#pragma GCC unroll 4
    for (std::size_t r = 0; r < kA; ++r) {
      const Floats x = hn::LoadU(d, p.a + r * p.a_stride + i);
#pragma GCC unroll 4
      for (std::size_t c = 0; c < kB; ++c) sum[r][c] = hn::MulAdd(x, y[c], sum[r][c]);
    }
  }
  if (whole < p.k) {
    const std::size_t rest = p.k - whole;
#pragma GCC unroll 4
    for (std::size_t r = 0; r < kA; ++r) {
      const Floats x = load_first(rest, p.a + r * p.a_stride + whole);
#pragma GCC unroll 4
      for (std::size_t c = 0; c < kB; ++c) {
        sum[r][c] = hn::MulAdd(x, load_first(rest, p.b + c * p.b_stride + whole), sum[r][c]);
      }
    }
  }
#pragma GCC unroll 4
  for (std::size_t r = 0; r < kA; ++r) {
#pragma GCC unroll 4
    for (std::size_t c = 0; c < kB; ++c) p.out[r * p.out_stride + c] = sum_of_lanes(sum[r][c]);
  }
}

template <std::size_t kA, std::size_t kB>
HWY_INLINE void tile_of(std::size_t rows, std::size_t cols, const Operands& p) {
  if constexpr (kA > 0 && kB > 0) {
    if (rows != kA) return tile_of<kA - 1, kB>(rows, cols, p);
    if (cols != kB) return tile_of<kA, kB - 1>(rows, cols, p);
    tile<kA, kB>(p);
  }
}

void products(const ConstMatrixView& a, const ConstMatrixView& b, const MatrixView& out) {
  for (std::size_t j = 0; j < b.rows; j += kTileB) {
    for (std::size_t i = 0; i < a.rows; i += kTileA) {
      const Operands p{a.row(i), a.stride, b.row(j), b.stride, out.row(i) + j, out.stride, a.cols};
      tile_of<kTileA, kTileB>(std::min(kTileA, a.rows - i), std::min(kTileB, b.rows - j), p);
    }
  }
}

}  // namespace
}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace twhin::kernel {
namespace {

HWY_EXPORT(products);

}  // namespace

void dot_tiles(ConstMatrixView a, ConstMatrixView b, MatrixView out) {
  HWY_DYNAMIC_DISPATCH(products)(a, b, out);
}

}  // namespace twhin::kernel
#endif  // HWY_ONCE
