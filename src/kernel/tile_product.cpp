#include "kernel/tile_product.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/tile_product.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which chooses the target.
#include "kernel/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {
namespace {

// 32 vector registers hold 24 sums, the vectors of one row of B and a broadcast; 16 hold 12. Each
// step then loads fewer operands than it multiplies, and there are enough independent sums to hide
// the latency of a fused multiply-add (4 cycles, 2 at a time).
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr std::size_t kMaxVectors = 4;
constexpr std::size_t rows_of_tile(std::size_t vectors) {
  return vectors == 1 ? 12 : vectors == 2 ? 12 : vectors == 3 ? 8 : 6;
}
#else
constexpr std::size_t kMaxVectors = 2;
constexpr std::size_t rows_of_tile(std::size_t vectors) { return vectors == 1 ? 8 : 6; }
#endif

// The inner index is taken in blocks, so that the part of B under a tile stays in the first-level
// cache (kInner rows of up to 256 bytes).
constexpr std::size_t kInner = 128;

struct Problem {
  const float* a;
  std::size_t a_row, a_step;
  const float* b;
  std::size_t b_stride;
  float* out;
  std::size_t out_stride;
  std::size_t inner;  // length of the inner index
  std::size_t last;   // lanes of the last vector of columns that exist
  bool add;           // to out, instead of replacing it
};

// One tile of kRows rows and kVectors vectors. kMasked: the last vector of B may be read only up to
// `last` lanes.
template <std::size_t kRows, std::size_t kVectors, bool kMasked>
HWY_NOINLINE void tile(const Problem& p) {
  const Tag d;
  Floats sum[kRows][kVectors];
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) sum[r][v] = hn::Zero(d);
  }
  const float* HWY_RESTRICT a = p.a;
  const float* HWY_RESTRICT b = p.b;
  const std::size_t a_row = p.a_row, a_step = p.a_step, b_stride = p.b_stride, last = p.last;
  for (std::size_t i = p.inner; i > 0; --i) {
    Floats row[kVectors];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      row[v] = kMasked && v + 1 == kVectors ? load_first(last, b + v * kLanes)
                                            : hn::LoadU(d, b + v * kLanes);
    }
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      const Floats x = hn::Set(d, a[r * a_row]);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(x, row[v], sum[r][v]);
    }
    a += a_step;
    b += b_stride;
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
    float* out = p.out + r * p.out_stride;
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      const bool partial = v + 1 == kVectors && last != kLanes;
      if (partial) {
        if (p.add) sum[r][v] = hn::Add(sum[r][v], load_first(last, out + v * kLanes));
        store_first(sum[r][v], last, out + v * kLanes);
      } else {
        if (p.add) sum[r][v] = hn::Add(sum[r][v], hn::LoadU(d, out + v * kLanes));
        hn::StoreU(sum[r][v], d, out + v * kLanes);
      }
    }
  }
}

template <std::size_t kRows, std::size_t kVectors, bool kMasked>
HWY_INLINE void tile_of_rows(std::size_t rows, const Problem& p) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return tile<kRows, kVectors, kMasked>(p);
    tile_of_rows<kRows - 1, kVectors, kMasked>(rows, p);
  }
}

// All rows of a strip of kVectors vectors of columns.
template <std::size_t kVectors, bool kMasked>
void strip(std::size_t m, Problem p) {
  // Tiles of nearly equal height: 50 rows are 6 6 6 6 6 5 5 5 5, not 6 ... 6 2.
  constexpr std::size_t kRows = rows_of_tile(kVectors);
  const std::size_t tiles = (m + kRows - 1) / kRows;
  const std::size_t height = m / tiles, higher = m % tiles;
  for (std::size_t t = 0; t < tiles; ++t) {
    const std::size_t rows = height + (t < higher ? 1 : 0);
    tile_of_rows<kRows, kVectors, kMasked>(rows, p);
    p.a += rows * p.a_row;
    p.out += rows * p.out_stride;
  }
}

template <std::size_t kVectors>
void strip_of(std::size_t vectors, std::size_t m, const Problem& p) {
  if constexpr (kVectors > 0) {
    if (vectors == kVectors) return strip<kVectors, false>(m, p);
    strip_of<kVectors - 1>(vectors, m, p);
  }
}

void product(const LeftOperand& a, const ConstMatrixView& b, const MatrixView& out, bool add,
             bool padded) {
  const std::size_t m = out.rows, n = out.cols, k = b.rows;
  if (m == 0 || n == 0) return;
  for (std::size_t first = 0; first == 0 || first < k; first += kInner) {
    Problem p{};
    p.a_row = a.row_stride;
    p.a_step = a.step;
    p.b_stride = b.stride;
    p.out_stride = out.stride;
    p.inner = std::min(kInner, k - first);
    p.add = add || first > 0;
    // Whole vectors first, in strips of nearly equal width; then what is left of a vector.
    const std::size_t whole = padded ? (n + kLanes - 1) / kLanes : n / kLanes;
    const std::size_t strips = (whole + kMaxVectors - 1) / kMaxVectors;
    std::size_t column = 0;
    for (std::size_t s = 0; s < strips; ++s) {
      const std::size_t vectors = whole / strips + (s < whole % strips ? 1 : 0);
      p.a = a.data + first * a.step;
      p.b = b.data + first * b.stride + column;
      p.out = out.data + column;
      column += vectors * kLanes;
      p.last = column <= n ? kLanes : kLanes - (column - n);
      strip_of<kMaxVectors>(vectors, m, p);
    }
    if (column < n) {
      p.a = a.data + first * a.step;
      p.b = b.data + first * b.stride + column;
      p.out = out.data + column;
      p.last = n - column;
      strip<1, true>(m, p);
    }
  }
}

std::size_t lanes() { return kLanes; }

#if HWY_TARGET != HWY_SCALAR
// Block q of v, four floats, goes to row 4 q of `to`.
template <std::size_t kCount, class D>
HWY_INLINE void store_blocks(D d, hn::Vec<D> v, float* to, std::size_t stride) {
  if constexpr (kCount == 4) {
    hn::StoreU(v, d, to);
  } else {
    const hn::Half<D> half;
    store_blocks<kCount / 2>(half, hn::LowerHalf(half, v), to, stride);
    store_blocks<kCount / 2>(half, hn::UpperHalf(half, v), to + kCount / 8 * stride, stride);
  }
}

// Columns j .. j + kLanes of four rows of x become kLanes rows of four floats.
HWY_INLINE void transpose_four(const float* const (&row)[4], std::size_t j, float* to,
                               std::size_t stride) {
  const Tag d;
  const hn::Repartition<std::uint64_t, Tag> pairs;
  const Floats r0 = hn::LoadU(d, row[0] + j), r1 = hn::LoadU(d, row[1] + j);
  const Floats r2 = hn::LoadU(d, row[2] + j), r3 = hn::LoadU(d, row[3] + j);
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, r0, r1));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, r2, r3));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, r0, r1));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, r2, r3));
  // Each of these holds, in its block q, one column 4 q + c of the four rows.
  const Floats c0 = hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23));
  const Floats c1 = hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23));
  const Floats c2 = hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23));
  const Floats c3 = hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23));
  store_blocks<kLanes>(d, c0, to, 4 * stride);
  store_blocks<kLanes>(d, c1, to + stride, 4 * stride);
  store_blocks<kLanes>(d, c2, to + 2 * stride, 4 * stride);
  store_blocks<kLanes>(d, c3, to + 3 * stride, 4 * stride);
}
#endif

void transpose(const ConstMatrixView& x, float* out, std::size_t stride) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t i = 0; i < x.rows; ++i) {
    for (std::size_t j = 0; j < x.cols; ++j) out[j * stride + i] = x(i, j);
  }
#else
  for (std::size_t i = 0; i < x.rows; i += 4) {
    // Beyond the last row, the last row again: it lands in the padding.
    const float* row[4];
    for (std::size_t r = 0; r < 4; ++r) row[r] = x.row(std::min(i + r, x.rows - 1));
    std::size_t j = 0;
    for (; j + kLanes <= x.cols; j += kLanes) transpose_four(row, j, out + j * stride + i, stride);
    for (; j < x.cols; ++j) {
      for (std::size_t r = 0; r < 4; ++r) out[j * stride + i + r] = row[r][j];
    }
  }
#endif
}

}  // namespace
}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace twhin::kernel {
namespace {

HWY_EXPORT(product);
HWY_EXPORT(transpose);
HWY_EXPORT(lanes);

}  // namespace

void tile_product(LeftOperand a, ConstMatrixView b, MatrixView out, Onto onto) {
  HWY_DYNAMIC_DISPATCH(product)(a, b, out, onto == Onto::output, false);
}

void tile_product_padded(LeftOperand a, ConstMatrixView b, MatrixView out, Onto onto) {
  HWY_DYNAMIC_DISPATCH(product)(a, b, out, onto == Onto::output, true);
}

std::size_t vector_lanes() { return HWY_DYNAMIC_DISPATCH(lanes)(); }

std::size_t padded_columns(std::size_t n) {
  const std::size_t lanes = vector_lanes();
  return (n + lanes - 1) / lanes * lanes;
}

void transpose_padded(ConstMatrixView x, float* out, std::size_t stride) {
  HWY_DYNAMIC_DISPATCH(transpose)(x, out, stride);
}

}  // namespace twhin::kernel
#endif  // HWY_ONCE
