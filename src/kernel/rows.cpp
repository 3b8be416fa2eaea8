// Every access to rows, and to optimizer state, that threads share is in this file, behind
// load_shared, store_shared and the two functions for one float of state.
//
// Why it is sound that threads read and write the same rows without locks:
//
//   - Each number is read by one load and written by one store. A row is an array of numbers
//   aligned
//     to their size, and the processors that have these vector units read and write every such
//     number whole, also as a lane of a vector: a reader sees an old or a new number, never half of
//     each.
//   - No decision is taken from a shared number: none is an index, a length or a pointer. Which
//     value a race yields can change a result, not where memory is touched.
//   - The compiler can neither invent nor repeat such an access: loads and stores are intrinsics in
//     functions that are called through a pointer (the dispatch), and a value that was loaded is
//     held in a register.
//
// C++ has no relaxed atomic vector. What these accesses stand for is spelled with one: a build for
// ThreadSanitizer takes std::atomic_ref, relaxed, number by number, on the same paths.
#include "kernel/rows.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>

#include "kernel/shapes.h"
#include "twhin/base/error.h"
#include "twhin/base/rng.h"

#if defined(__SANITIZE_THREAD__)
#define TWHIN_SANITIZE_THREAD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TWHIN_SANITIZE_THREAD 1
#endif
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/rows.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which chooses the target.
#include "kernel/sixteen_bits-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {
namespace {

// Rows that are fetched ahead of the one in hand: the best of 2, 4, 8, 16 and 32. Most of what they
// hide is the translation of addresses, so rows are asked for in bursts: a fetch of a row here and
// there inside of other work stops that work until the address is translated (measured in tiles of
// products, which became slower by more than the gathering became faster).
constexpr std::size_t kAhead = 16;
constexpr std::size_t kCacheLine = 64;

HWY_INLINE float load_shared(float& x) {
  return std::atomic_ref<float>(x).load(std::memory_order_relaxed);
}
HWY_INLINE void store_shared(float value, float& x) {
  std::atomic_ref<float>(x).store(value, std::memory_order_relaxed);
}

#ifdef TWHIN_SANITIZE_THREAD
template <class D>
HWY_INLINE hn::Vec<D> load_shared_lanes(D d, std::size_t n, hn::TFromD<D>* from) {
  using T = hn::TFromD<D>;
  HWY_ALIGN T lanes[kLanes] = {};
  for (std::size_t i = 0; i < n; ++i) {
    lanes[i] = std::atomic_ref<T>(from[i]).load(std::memory_order_relaxed);
  }
  return hn::Load(d, lanes);
}
template <class D>
HWY_INLINE void store_shared_lanes(D d, hn::Vec<D> v, std::size_t n, hn::TFromD<D>* to) {
  using T = hn::TFromD<D>;
  HWY_ALIGN T lanes[kLanes];
  hn::Store(v, d, lanes);
  for (std::size_t i = 0; i < n; ++i) {
    std::atomic_ref<T>(to[i]).store(lanes[i], std::memory_order_relaxed);
  }
}
#else
HWY_INLINE Floats load_shared_lanes(Tag, std::size_t n, const float* from) {
  return load_lanes(n, from);
}
HWY_INLINE void store_shared_lanes(Tag, Floats v, std::size_t n, float* to) {
  store_lanes(v, n, to);
}
HWY_INLINE Halves load_shared_lanes(HalfTag d, std::size_t n, const std::uint16_t* from) {
  if (n == kLanes) return hn::LoadU(d, from);
  HWY_ALIGN std::uint16_t lanes[kLanes] = {};
  std::memcpy(lanes, from, n * sizeof(std::uint16_t));
  return hn::Load(d, lanes);
}
HWY_INLINE void store_shared_lanes(HalfTag d, Halves v, std::size_t n, std::uint16_t* to) {
  if (n == kLanes) return hn::StoreU(v, d, to);
  HWY_ALIGN std::uint16_t lanes[kLanes];
  hn::Store(v, d, lanes);
  std::memcpy(to, lanes, n * sizeof(std::uint16_t));
}
#endif

/// How a table of one type is read and written. Rounding is one of those of sixteen_bits-inl.h.
struct RowsF32 {
  using Element = float;
  static HWY_INLINE Floats load(float* from, std::size_t n) {
    return load_shared_lanes(Tag(), n, from);
  }
  template <class Rounding>
  static HWY_INLINE void store(Floats v, float* to, std::size_t n, const Rounding&) {
    store_shared_lanes(Tag(), v, n, to);
  }
};

template <class Format>
struct RowsOf16Bits {
  using Element = std::uint16_t;
  static HWY_INLINE Floats load(std::uint16_t* from, std::size_t n) {
    return Format::widen(load_shared_lanes(HalfTag(), n, from));
  }
  template <class Rounding>
  static HWY_INLINE void store(Floats v, std::uint16_t* to, std::size_t n,
                               const Rounding& rounding) {
    store_shared_lanes(HalfTag(), Format::narrow(v, rounding), n, to);
  }
};

template <class Type>
HWY_INLINE typename Type::Element* row_of(const SharedRows& rows, std::uint32_t id) {
  return static_cast<typename Type::Element*>(rows.data) + std::size_t{id} * rows.dim;
}

template <class Type>
HWY_INLINE void prefetch_row(const SharedRows& rows, std::uint32_t id) {
  const char* row = reinterpret_cast<const char*>(row_of<Type>(rows, id));
  const std::size_t bytes = rows.dim * sizeof(typename Type::Element);
  for (std::size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(row + at);
}

template <class Type>
struct Gather {
  static void run(const SharedRows& rows, std::span<const std::uint32_t> ids,
                  const MatrixView& out) {
    const std::size_t ahead = std::min(kAhead, ids.size());
    for (std::size_t i = 0; i < ahead; ++i) prefetch_row<Type>(rows, ids[i]);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i + kAhead < ids.size()) prefetch_row<Type>(rows, ids[i + kAhead]);
      auto* from = row_of<Type>(rows, ids[i]);
      float* to = out.row(i);
      for (std::size_t j = 0; j < rows.dim; j += kLanes) {
        const std::size_t lanes = lanes_at(j, rows.dim);
        store_lanes(Type::load(from + j, lanes), lanes, to + j);
      }
    }
  }
};

template <class Type>
struct Store {
  static void run(const SharedRows& rows, std::span<const std::uint32_t> ids,
                  const ConstMatrixView& values) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      auto* to = row_of<Type>(rows, ids[i]);
      const float* from = values.row(i);
      for (std::size_t j = 0; j < rows.dim; j += kLanes) {
        const std::size_t lanes = lanes_at(j, rows.dim);
        Type::store(load_lanes(lanes, from + j), to + j, lanes, Nearest{});
      }
    }
  }
};

/// A step of an optimizer, of all rows of a RowGradients. Step::begin_row is called once for each
/// row, Step::of then gives the vector that is taken away from the row at column j.
template <class Type, class Step>
HWY_INLINE void update_rows(const SharedRows& rows, const RowGradients& gradients, Step step,
                            const RoundingBits& bits) {
  const std::span<const std::uint32_t> ids = gradients.ids;
  const std::uint64_t key = mix64(bits.key ^ mix64(bits.counter + Rng::kGolden));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i + kAhead < ids.size()) {
      prefetch_row<Type>(rows, ids[i + kAhead]);
      step.prefetch(ids[i + kAhead]);
    }
    auto* row = row_of<Type>(rows, ids[i]);
    const float* g =
        gradients.gradient.row(gradients.gradient_rows.empty() ? i : gradients.gradient_rows[i]);
    step.begin_row(ids[i], g);
    const auto seed =
        static_cast<std::uint32_t>(mix64(key + (ids[i] + std::uint64_t{1}) * Rng::kGolden) >> 32);
    for (std::size_t j = 0; j < rows.dim; j += kLanes) {
      const std::size_t lanes = lanes_at(j, rows.dim);
      const Floats moved =
          step.moved(Type::load(row + j, lanes), load_lanes(lanes, g + j), j, lanes);
      if constexpr (sizeof(typename Type::Element) == sizeof(float)) {
        Type::store(moved, row + j, lanes, Nearest{});
      } else {
        Type::store(moved, row + j, lanes, Stochastic{random_words(seed, j)});
      }
    }
  }
}

struct SgdStep {
  float learning_rate;

  HWY_INLINE void prefetch(std::uint32_t) const {}
  HWY_INLINE void begin_row(std::uint32_t, const float*) {}
  HWY_INLINE Floats moved(Floats row, Floats g, std::size_t, std::size_t) const {
    return hn::NegMulAdd(hn::Set(Tag(), learning_rate), g, row);
  }
};

struct RowAdagradStep {
  float* state;
  std::size_t dim;
  float learning_rate, epsilon;
  float step = 0.0f;  // of the row in hand

  HWY_INLINE void prefetch(std::uint32_t id) const { __builtin_prefetch(state + id); }
  HWY_INLINE void begin_row(std::uint32_t id, const float* g) {
    if (dim == 0) return;
    const float mean = dot_product(g, g, dim) / static_cast<float>(dim);
    const float sum = load_shared(state[id]) + mean;
    store_shared(sum, state[id]);
    step = learning_rate / (std::sqrt(sum) + epsilon);
  }
  HWY_INLINE Floats moved(Floats row, Floats g, std::size_t, std::size_t) const {
    return hn::NegMulAdd(hn::Set(Tag(), step), g, row);
  }
};

struct AdagradStep {
  MatrixView state;
  float learning_rate, epsilon;
  float* state_row = nullptr;  // of the row in hand

  HWY_INLINE void prefetch(std::uint32_t id) const {
    const char* row = reinterpret_cast<const char*>(state.row(id));
    for (std::size_t at = 0; at < state.cols * sizeof(float); at += kCacheLine) {
      __builtin_prefetch(row + at);
    }
  }
  HWY_INLINE void begin_row(std::uint32_t id, const float*) { state_row = state.row(id); }
  HWY_INLINE Floats moved(Floats row, Floats g, std::size_t j, std::size_t lanes) const {
    const Tag d;
    const Floats sum = hn::MulAdd(g, g, load_shared_lanes(d, lanes, state_row + j));
    store_shared_lanes(d, sum, lanes, state_row + j);
    const Floats root = hn::Add(hn::Sqrt(sum), hn::Set(d, epsilon));
    return hn::Sub(row, hn::Div(hn::Mul(hn::Set(d, learning_rate), g), root));
  }
};

template <class Type>
struct Sgd {
  static void run(const SharedRows& rows, const RowGradients& g, float learning_rate,
                  const RoundingBits& bits) {
    update_rows<Type>(rows, g, SgdStep{learning_rate}, bits);
  }
};

template <class Type>
struct RowAdagrad {
  static void run(const SharedRows& rows, float* state, const RowGradients& g, float learning_rate,
                  float epsilon, const RoundingBits& bits) {
    update_rows<Type>(rows, g, RowAdagradStep{state, rows.dim, learning_rate, epsilon}, bits);
  }
};

template <class Type>
struct Adagrad {
  static void run(const SharedRows& rows, const MatrixView& state, const RowGradients& g,
                  float learning_rate, float epsilon, const RoundingBits& bits) {
    update_rows<Type>(rows, g, AdagradStep{state, learning_rate, epsilon}, bits);
  }
};

/// Calls Job<how the rows are stored>::run.
template <template <class> class Job, class... Args>
void for_type(const SharedRows& rows, const Args&... args) {
  switch (rows.type) {
    case RowType::f32:
      return Job<RowsF32>::run(rows, args...);
    case RowType::bf16:
      return Job<RowsOf16Bits<BFloat16>>::run(rows, args...);
    case RowType::fp16:
      return Job<RowsOf16Bits<Float16>>::run(rows, args...);
  }
}

void gather_rows(const SharedRows& rows, std::span<const std::uint32_t> ids,
                 const MatrixView& out) {
  for_type<Gather>(rows, ids, out);
}

void store_rows(const SharedRows& rows, std::span<const std::uint32_t> ids,
                const ConstMatrixView& values) {
  for_type<Store>(rows, ids, values);
}

void row_adagrad(const SharedRows& rows, float* state, const RowGradients& gradients,
                 float learning_rate, float epsilon, const RoundingBits& bits) {
  for_type<RowAdagrad>(rows, state, gradients, learning_rate, epsilon, bits);
}

void adagrad(const SharedRows& rows, const MatrixView& state, const RowGradients& gradients,
             float learning_rate, float epsilon, const RoundingBits& bits) {
  for_type<Adagrad>(rows, state, gradients, learning_rate, epsilon, bits);
}

void sgd(const SharedRows& rows, const RowGradients& gradients, float learning_rate,
         const RoundingBits& bits) {
  for_type<Sgd>(rows, gradients, learning_rate, bits);
}

}  // namespace
}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace twhin::kernel {
namespace {

HWY_EXPORT(gather_rows);
HWY_EXPORT(store_rows);
HWY_EXPORT(row_adagrad);
HWY_EXPORT(adagrad);
HWY_EXPORT(sgd);

void check_ids(std::string_view function, const SharedRows& rows,
               std::span<const std::uint32_t> ids) {
  std::uint32_t largest = 0;
  for (const std::uint32_t id : ids) largest = std::max(largest, id);
  if (!ids.empty() && largest >= rows.num_rows) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "kernel.row_id")
        .what(std::string(function) + " was given a row that the table does not have")
        .found("row " + std::to_string(largest))
        .expected("below " + std::to_string(rows.num_rows))
        .build();
  }
}

void check_gradients(std::string_view function, const SharedRows& rows, const RowGradients& g) {
  check_ids(function, rows, g.ids);
  check_size(function, "columns of gradient", g.gradient.cols, rows.dim);
  if (g.gradient_rows.empty()) {
    check_size(function, "rows of gradient", g.gradient.rows, g.ids.size());
    return;
  }
  check_size(function, "gradient_rows", g.gradient_rows.size(), g.ids.size());
  const std::uint32_t largest = *std::max_element(g.gradient_rows.begin(), g.gradient_rows.end());
  if (largest >= g.gradient.rows) {
    throw_shape(function, "gradient_rows", largest, g.gradient.rows - 1);
  }
}

}  // namespace

std::size_t bytes_per_element(RowType type) { return type == RowType::f32 ? 4 : 2; }

void gather(const SharedRows& rows, std::span<const std::uint32_t> ids, MatrixView out) {
  check_ids("gather", rows, ids);
  check_shape("gather", "rows of out", "columns of out", out, ids.size(), rows.dim);
  HWY_DYNAMIC_DISPATCH(gather_rows)(rows, ids, out);
}

void prefetch(const SharedRows& rows, std::span<const std::uint32_t> ids) {
  constexpr std::size_t kLine = 64;
  // More than a part of the second-level cache would be thrown out again before it is used.
  constexpr std::size_t kMaxBytes = std::size_t{1} << 17;
  const std::size_t row_bytes = rows.dim * bytes_per_element(rows.type);
  const std::size_t count = row_bytes == 0 ? 0 : std::min(ids.size(), kMaxBytes / row_bytes);
  for (const std::uint32_t id : ids.first(count)) {
    const char* row = static_cast<const char*>(rows.data) + id * row_bytes;
    for (std::size_t at = 0; at < row_bytes; at += kLine) __builtin_prefetch(row + at);
  }
}

void prefetch_state(const float* state, std::span<const std::uint32_t> ids) {
  for (const std::uint32_t id : ids) __builtin_prefetch(state + id, 1);
}

void store(const SharedRows& rows, std::span<const std::uint32_t> ids, ConstMatrixView values) {
  check_ids("store", rows, ids);
  check_shape("store", "rows of values", "columns of values", values, ids.size(), rows.dim);
  HWY_DYNAMIC_DISPATCH(store_rows)(rows, ids, values);
}

void update_row_adagrad(const SharedRows& rows, float* state, const RowGradients& gradients,
                        float learning_rate, float epsilon, RoundingBits bits) {
  check_gradients("update_row_adagrad", rows, gradients);
  HWY_DYNAMIC_DISPATCH(row_adagrad)(rows, state, gradients, learning_rate, epsilon, bits);
}

void update_adagrad(const SharedRows& rows, MatrixView state, const RowGradients& gradients,
                    float learning_rate, float epsilon, RoundingBits bits) {
  check_gradients("update_adagrad", rows, gradients);
  check_shape("update_adagrad", "rows of state", "columns of state", state, rows.num_rows,
              rows.dim);
  HWY_DYNAMIC_DISPATCH(adagrad)(rows, state, gradients, learning_rate, epsilon, bits);
}

void update_sgd(const SharedRows& rows, const RowGradients& gradients, float learning_rate,
                RoundingBits bits) {
  check_gradients("update_sgd", rows, gradients);
  HWY_DYNAMIC_DISPATCH(sgd)(rows, gradients, learning_rate, bits);
}

}  // namespace twhin::kernel
#endif  // HWY_ONCE
