// kernel/sixteen_bits-inl.h -- rows of 16-bit floats: widened to f32, and rounded back.
//
// Rounding adds a number below the last kept bit and cuts: half of that bit (and the tie rule) for
// the nearest value, a random number for stochastic rounding, whose expected value is exact.
#if defined(TWHIN_KERNEL_SIXTEEN_BITS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TWHIN_KERNEL_SIXTEEN_BITS_INL_H_
#undef TWHIN_KERNEL_SIXTEEN_BITS_INL_H_
#else
#define TWHIN_KERNEL_SIXTEEN_BITS_INL_H_
#endif

#include "kernel/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {

using HalfTag = hn::Rebind<std::uint16_t, Tag>;  // as many 16-bit lanes
using Halves = hn::Vec<HalfTag>;

/// 32 random bits a lane from a lane number: the integer hash "lowbias32" (C. Wellons, 2018).
HWY_INLINE Words random_words(std::uint32_t seed, std::size_t first_lane) {
  const WordTag d;
  constexpr std::uint32_t kGolden = 0x9e3779b9u;
  // Lane numbers far apart before they are mixed.
  const Words lane = hn::Iota(d, static_cast<std::uint32_t>(first_lane + 1));
  Words x = hn::Add(hn::Mul(lane, hn::Set(d, kGolden)), hn::Set(d, seed));
  x = hn::Xor(x, hn::ShiftRight<16>(x));
  x = hn::Mul(x, hn::Set(d, 0x7feb352du));
  x = hn::Xor(x, hn::ShiftRight<15>(x));
  x = hn::Mul(x, hn::Set(d, 0x846ca68bu));
  return hn::Xor(x, hn::ShiftRight<16>(x));
}

// What a rounding adds to the bits of v, below the bit `kKept`.
struct Nearest {
  template <int kKept>
  HWY_INLINE Words below(Words bits) const {
    const WordTag d;
    const Words odd = hn::And(hn::ShiftRight<kKept>(bits), hn::Set(d, 1u));
    return hn::Add(hn::Set(d, (1u << (kKept - 1)) - 1u), odd);  // ties to even
  }
  HWY_INLINE Floats to_whole(Floats v) const { return hn::Round(v); }
};

struct Stochastic {
  Words random;

  template <int kKept>
  HWY_INLINE Words below(Words) const {
    return hn::And(random, hn::Set(WordTag(), (1u << kKept) - 1u));
  }
  HWY_INLINE Floats to_whole(Floats v) const {
    const Tag d;
    const auto upper = hn::BitCast(hn::RebindToSigned<Tag>(), hn::ShiftRight<8>(random));
    return hn::Floor(hn::MulAdd(hn::ConvertTo(d, upper), hn::Set(d, 0x1p-24f), v));
  }
};

struct BFloat16 {
  static HWY_INLINE Floats widen(Halves v) {
    return hn::BitCast(Tag(), hn::ShiftLeft<16>(hn::PromoteTo(WordTag(), v)));
  }
  template <class Rounding>
  static HWY_INLINE Halves narrow(Floats v, const Rounding& rounding) {
    const WordTag d;
    const Words bits = hn::BitCast(d, v);
    Words rounded = hn::Add(bits, rounding.template below<16>(bits));
    // The addition would carry a NaN over into another number.
    const auto is_nan = hn::MaskFromVec(hn::BitCast(d, hn::VecFromMask(Tag(), hn::IsNaN(v))));
    rounded = hn::IfThenElse(is_nan, hn::Set(d, 0x7fc00000u), rounded);
    const auto upper = hn::BitCast(hn::RebindToSigned<Tag>(), hn::ShiftRight<16>(rounded));
    return hn::DemoteTo(HalfTag(), upper);
  }
};

// The conversions below are instructions on these; Highway's substitutes elsewhere know neither
// infinity nor NaN.
#if HWY_TARGET <= HWY_AVX2 || HWY_TARGET == HWY_NEON
constexpr bool kHasFloat16 = true;
#else
constexpr bool kHasFloat16 = false;
#endif

struct Float16 {
  using Half = hn::Rebind<hwy::float16_t, Tag>;
  // Of an f32 with the bits of an fp16 moved to its place: the difference of the two biases.
  static constexpr float kScale = 0x1p112f;

  static HWY_INLINE Floats widen(Halves v) {
    const Tag f;
    if constexpr (kHasFloat16) {
      return hn::PromoteTo(f, hn::BitCast(Half(), v));
    } else {
      const WordTag d;
      const Words bits = hn::PromoteTo(d, v);
      const Words size = hn::ShiftLeft<13>(hn::And(bits, hn::Set(d, 0x7fffu)));
      const Words sign = hn::ShiftLeft<16>(hn::And(bits, hn::Set(d, 0x8000u)));
      const Floats value = hn::Mul(hn::BitCast(f, size), hn::Set(f, kScale));
      // What would be 2^16 and more is infinity or NaN.
      const Words special = hn::Or(size, hn::Set(d, 0x7f800000u));
      const Floats unsigned_value =
          hn::IfThenElse(hn::Lt(value, hn::Set(f, 65536.0f)), value, hn::BitCast(f, special));
      return hn::BitCast(f, hn::Or(hn::BitCast(d, unsigned_value), sign));
    }
  }

  template <class Rounding>
  static HWY_INLINE Halves narrow(Floats v, const Rounding& rounding) {
    const Tag f;
    const WordTag d;
    // Rounded here to a number that fp16 has, so that the conversion has nothing left to round.
    const Words bits = hn::BitCast(d, v);
    const Words sum = hn::Add(bits, rounding.template below<13>(bits));
    const Floats normal = hn::BitCast(f, hn::AndNot(hn::Set(d, 0x1fffu), sum));
    // Below the smallest normal fp16 the last bit is worth 2^-24, however small the number.
    const Floats small =
        hn::Mul(rounding.to_whole(hn::Mul(v, hn::Set(f, 0x1p24f))), hn::Set(f, 0x1p-24f));
    Floats rounded = hn::IfThenElse(hn::Lt(hn::Abs(v), hn::Set(f, 0x1p-14f)), small, normal);
    rounded = hn::IfThenElse(hn::IsNaN(v), v, rounded);
    if constexpr (kHasFloat16) {
      return hn::BitCast(HalfTag(), hn::DemoteTo(Half(), rounded));
    } else {
      const Words sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 0x8000u));
      const Floats size = hn::Abs(rounded);
      Words half = hn::ShiftRight<13>(hn::BitCast(d, hn::Mul(size, hn::Set(f, 1.0f / kScale))));
      const auto too_large = hn::Ge(size, hn::Set(f, 65536.0f));
      const auto words = [&](auto mask)
                             HWY_ATTR { return hn::BitCast(d, hn::VecFromMask(f, mask)); };
      half = hn::IfVecThenElse(words(too_large), hn::Set(d, 0x7c00u), half);
      half = hn::IfVecThenElse(words(hn::IsNaN(v)), hn::Set(d, 0x7e00u), half);
      const Words whole = hn::Or(half, sign);
      return hn::DemoteTo(HalfTag(), hn::BitCast(hn::RebindToSigned<Tag>(), whole));
    }
  }
};

}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TWHIN_KERNEL_SIXTEEN_BITS_INL_H_
