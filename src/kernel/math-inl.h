// kernel/math-inl.h -- e^x and the logistic function on vectors.
//
// eps = 2^-24. The bounds are those that elementwise_test.cpp finds over the whole range, rounded
// up. NaN comes out of NaN.
#if defined(TWHIN_KERNEL_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TWHIN_KERNEL_MATH_INL_H_
#undef TWHIN_KERNEL_MATH_INL_H_
#else
#define TWHIN_KERNEL_MATH_INL_H_
#endif

#include <cmath>

#include "kernel/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace twhin::kernel::HWY_NAMESPACE {

/// At least `lowest`, and NaN if x is.
HWY_INLINE Floats at_least(float lowest, Floats x) {
  const Floats bound = hn::Set(Tag(), lowest);
#if HWY_TARGET <= HWY_SSSE3  // x86
  return hn::Max(bound, x);  // of a NaN the second operand
#else
  return hn::IfThenElse(hn::Lt(x, bound), bound, x);
#endif
}

/// e^x = 2^n e^r with n = round(x / log 2), |r| <= log(2) / 2.
struct SplitExp {
  Floats of_r;   // e^r
  Floats power;  // 2^(n - kHalved); 0 for -127
};

/// For x in [-88 + kHalved, 89]; NaN comes out in of_r.
template <int kHalved>
HWY_INLINE SplitExp split_exp(Floats x) {
  const Tag d;
  const WordTag words;
  // A number of this size has no bits behind the point: the addition rounds, and the low bits of
  // the sum are n - kHalved + 127, the exponent bits of the power.
  const Floats shift = hn::Set(d, 0x1.8p23f + static_cast<float>(127 - kHalved));
  const Floats shifted = hn::MulAdd(x, hn::Set(d, 1.44269504f), shift);
  const Floats power = hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(words, shifted)));
  const Floats n = hn::Sub(shifted, hn::Set(d, 0x1.8p23f + 127.0f));
  const Floats whole = kHalved == 0 ? n : hn::Add(n, hn::Set(d, static_cast<float>(kHalved)));
  // log 2 in two parts, the first so short that its product with n is exact (Cody and Waite).
  Floats r = hn::NegMulAdd(whole, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(whole, hn::Set(d, -2.12194440e-4f), r);
  // 1 + r + r^2 p(r), p fitted to the least largest relative error, 0.07 eps.
  // In pairs (Estrin), because what limits these loops is the length of this chain.
  const Floats r2 = hn::Mul(r, r);
  const Floats p01 =
      hn::MulAdd(r, hn::Set(d, 0.1666652113199234f), hn::Set(d, 0.4999999403953552f));
  const Floats p23 =
      hn::MulAdd(r, hn::Set(d, 0.008368710055947304f), hn::Set(d, 0.04166838899254799f));
  const Floats p234 = hn::MulAdd(r2, hn::Set(d, 0.001381461275741458f), p23);
  const Floats one_r = hn::Add(r, hn::Set(d, 1.0f));
  const Floats p = hn::MulAdd(r2, p234, p01);
  return {hn::MulAdd(r2, p, one_r), power};
}

/// e^x for x <= 0: relative error at most 3 eps; 0 below -87.68 and for -infinity.
HWY_INLINE Floats exp_of_negative(Floats x) {
  const SplitExp e = split_exp<0>(at_least(-88.0f, x));
  return hn::Mul(e.of_r, e.power);
}

/// e^x for any x: relative error at most 3 eps; 0 below -86.98, infinity where it is no float.
HWY_INLINE Floats exp_of_any(Floats x) {
  const Tag d;
  // n may be 128, for which there is no float 2^n: half of it, twice.
  const Floats bounded = hn::IfThenElse(hn::Gt(x, hn::Set(d, 89.0f)), hn::Set(d, 89.0f), x);
  const SplitExp e = split_exp<1>(at_least(-87.0f, bounded));
  return hn::Mul(hn::Add(e.of_r, e.of_r), e.power);
}

/// sigmoid(s) = 1 / (1 + e^-s), within 8 eps, and softplus(s) = log(1 + e^s), within 12 eps of
/// itself. -infinity gives 0 and 0.
struct Logistic {
  Floats sigmoid;
  Floats softplus;
};

/// e^-|s|
HWY_INLINE Floats exp_of_minus_size(Floats s) {
  return exp_of_negative(hn::Or(s, hn::SignBit(Tag())));
}

/// With u = e^-|s| in [0, 1] nothing overflows:
///   sigmoid(|s|) = 1 / (1 + u),  softplus(s) = max(s, 0) + log(1 + u),
///   log(1 + u) = 2 atanh(t) with t = u / (2 + u) <= 1/3.
HWY_INLINE Logistic logistic(Floats s, Floats u) {
  const Tag d;
  const Floats one_u = hn::Add(hn::Set(d, 1.0f), u);
  const Floats two_u = hn::Add(hn::Set(d, 2.0f), u);
  // One division for both quotients.
  const Floats q = hn::Div(hn::Set(d, 1.0f), hn::Mul(one_u, two_u));
  const Floats positive = hn::Mul(two_u, q);
  const Floats t = hn::Mul(hn::Mul(one_u, u), q);
  const Floats z = hn::Mul(t, t);
  // (atanh(t) / t - 1) / z, interpolated in the Chebyshev nodes of [0, 1/9]: 0.007 eps.
  const Floats z2 = hn::Mul(z, z);
  const Floats p01 =
      hn::MulAdd(z, hn::Set(d, 0.19999852776527405f), hn::Set(d, 0.3333333432674408f));
  const Floats p23 =
      hn::MulAdd(z, hn::Set(d, 0.10853288322687149f), hn::Set(d, 0.142961785197258f));
  const Floats p234 = hn::MulAdd(z2, hn::Set(d, 0.11612164229154587f), p23);
  const Floats p = hn::MulAdd(z2, p234, p01);
  const Floats two_t = hn::Add(t, t);
  const Floats log1p = hn::MulAdd(hn::Mul(p, z), two_t, two_t);
  // s <= 0 is false for NaN, so NaN takes the first branch's NaN.
  const auto at_most_0 = hn::Le(s, hn::Zero(d));
  return {hn::IfThenElse(at_most_0, hn::Mul(u, positive), positive),
          hn::Add(hn::IfThenZeroElse(at_most_0, s), log1p)};
}

HWY_INLINE Logistic logistic(Floats s) { return logistic(s, exp_of_minus_size(s)); }

}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TWHIN_KERNEL_MATH_INL_H_
