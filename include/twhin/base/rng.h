// twhin/base/rng.h -- a counter-based generator: any number of any stream, without the ones before.
//
//     u64(n) = mix( key + (n + 1) * golden ),   key = mix-chain of (seed, purpose, a, b, c)
//
// with SplitMix64's finaliser as `mix` (Steele, Lea, Flood, OOPSLA 2014). A stream belongs to its
// key, not to a thread, so results do not depend on who draws first. Frozen: runs are repeated by
// it.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace twhin {

/// SplitMix64's finaliser: a bijection of 64 bits that passes for random.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// High 64 bits of the product: maps a random x to [0, n) without division or noticeable bias.
constexpr std::uint64_t mul_high(std::uint64_t x, std::uint64_t n) {
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(x) * n) >> 64);
}

/// What a stream is for; part of its key. Values are frozen.
enum class RngPurpose : std::uint64_t {
  init_entities = 1,
  init_relations = 2,
  edge_order = 3,
  negatives = 4,
  group_order = 5,
  bucket_order = 6,
  split = 7,
  generate = 8,
  bootstrap = 9,
  sample = 10,
  rounding = 11,
  test = 12,
  replay = 13,
};

/// One stream of random numbers. Copyable, 16 bytes; not for two threads at once.
class Rng {
 public:
  using result_type = std::uint64_t;
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;

  explicit constexpr Rng(std::uint64_t seed, RngPurpose purpose = RngPurpose::test,
                         std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0)
      : key_(chain(
            chain(chain(chain(mix64(seed + kGolden), static_cast<std::uint64_t>(purpose)), a), b),
            c)) {}

  /// The n-th number of the stream, whatever has been drawn.
  constexpr std::uint64_t at(std::uint64_t n) const { return mix64(key_ + (n + 1) * kGolden); }

  constexpr std::uint64_t operator()() { return at(drawn_++); }
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }

  /// Uniform in [0, n); n >= 1.
  constexpr std::uint64_t below(std::uint64_t n) { return mul_high((*this)(), n); }
  /// Uniform in [0, 1), 53 bits.
  constexpr double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }
  /// Standard normal (Box-Muller; takes two numbers, gives one).
  double normal() {
    const double u = 1.0 - uniform();  // in (0, 1]: its logarithm is finite
    const double v = uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
  }

 private:
  static constexpr std::uint64_t chain(std::uint64_t key, std::uint64_t word) {
    return mix64(key ^ mix64(word + kGolden));
  }

  std::uint64_t key_;
  std::uint64_t drawn_ = 0;
};

/// A keyed permutation of [0, n) that is evaluated point by point and needs no memory.
///
/// Four Feistel rounds over the smallest even number of bits that holds n, walked along the cycle
/// until the value falls below n (fewer than four steps on average). Cost about 10 ns a point.
class Permutation {
 public:
  Permutation(std::uint64_t n, Rng rng) : n_(n) {
    while ((std::uint64_t{1} << (2 * half_bits_)) < n && half_bits_ < 32) ++half_bits_;
    mask_ = (std::uint64_t{1} << half_bits_) - 1;
    for (std::uint64_t& key : keys_) key = rng();
  }

  std::uint64_t size() const { return n_; }

  /// Requires i < size().
  std::uint64_t operator()(std::uint64_t i) const {
    do {
      std::uint64_t left = i >> half_bits_, right = i & mask_;
      for (const std::uint64_t key : keys_) {
        const std::uint64_t next = left ^ (mix64(right + key) & mask_);
        left = right;
        right = next;
      }
      i = (left << half_bits_) | right;
    } while (i >= n_);
    return i;
  }

 private:
  std::uint64_t n_;
  unsigned half_bits_ = 1;
  std::uint64_t mask_ = 1;
  std::uint64_t keys_[4] = {};
};

}  // namespace twhin
