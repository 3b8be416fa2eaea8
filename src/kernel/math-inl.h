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

// Where e^x leaves the normal floats: log(2^-126) and log of the largest.
constexpr float kExpLowest = -87.3365447f;
constexpr float kExpHighest = 88.7228391f;

/// 2^n for whole n in [-126, 127].
HWY_INLINE Floats power_of_two(hn::Vec<hn::RebindToSigned<Tag>> n) {
  const hn::RebindToSigned<Tag> ints;
  return hn::BitCast(Tag(), hn::ShiftLeft<23>(hn::Add(n, hn::Set(ints, 127))));
}

/// e^x = 2^n e^r, n = round(x / log 2), |r| <= log(2) / 2, as the polynomial of e^r and n.
struct SplitExp {
  Floats polynomial;
  hn::Vec<hn::RebindToSigned<Tag>> n;
};

HWY_INLINE SplitExp split_exp(Floats x) {
  const Tag d;
  // Bounded, so that every step is defined; what is out of range is replaced by the caller.
  const Floats whole =
      hn::Min(hn::Max(hn::Round(hn::Mul(x, hn::Set(d, 1.44269504f))), hn::Set(d, -127.0f)),
              hn::Set(d, 128.0f));
  // log 2 in two parts, the first so short that its product with n is exact (Cody and Waite).
  Floats r = hn::NegMulAdd(whole, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(whole, hn::Set(d, -2.12194440e-4f), r);
  // Coefficients of Cephes' expf (S. Moshier): 1 + r + r^2 p(r).
  Floats p = hn::Set(d, 1.9875691500e-4f);
  p = hn::MulAdd(p, r, hn::Set(d, 1.3981999507e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 8.3334519073e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.1665795894e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.6666665459e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 5.0000001201e-1f));
  p = hn::MulAdd(p, hn::Mul(r, r), r);
  return {hn::Add(p, hn::Set(d, 1.0f)), hn::ConvertTo(hn::RebindToSigned<Tag>(), whole)};
}

/// e^x for x <= 0: relative error at most 3 eps; 0 below kExpLowest and for -infinity.
HWY_INLINE Floats exp_of_negative(Floats x) {
  const SplitExp e = split_exp(x);
  const Floats value = hn::Mul(e.polynomial, power_of_two(e.n));
  // The comparison is false for NaN, which so stays.
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(Tag(), kExpLowest)), value);
}

/// e^x for any x: relative error at most 3 eps; 0 below kExpLowest, infinity above kExpHighest.
HWY_INLINE Floats exp_of_any(Floats x) {
  const Tag d;
  const SplitExp e = split_exp(x);
  // n may be 128, for which there is no float 2^n: multiply by its two halves.
  const auto half = hn::ShiftRight<1>(e.n);
  Floats value = hn::Mul(e.polynomial, power_of_two(half));
  value = hn::Mul(value, power_of_two(hn::Sub(e.n, half)));
  value = hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, kExpLowest)), value);
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, kExpHighest)), hn::Set(d, HUGE_VALF), value);
}

/// sigmoid(s) = 1 / (1 + e^-s), within 8 eps, and softplus(s) = log(1 + e^s), within 12 eps of
/// itself. -infinity gives 0 and 0.
struct Logistic {
  Floats sigmoid;
  Floats softplus;
};

HWY_INLINE Logistic logistic(Floats s) {
  const Tag d;
  // With u = e^-|s| in [0, 1] nothing overflows:
  //   sigmoid(|s|) = 1 / (1 + u),  softplus(s) = max(s, 0) + log(1 + u),
  //   log(1 + u) = 2 atanh(t) with t = u / (2 + u) <= 1/3.
  const Floats u = exp_of_negative(hn::Neg(hn::Abs(s)));
  const Floats one_u = hn::Add(hn::Set(d, 1.0f), u);
  const Floats two_u = hn::Add(hn::Set(d, 2.0f), u);
  // One division for both quotients.
  const Floats q = hn::Div(hn::Set(d, 1.0f), hn::Mul(one_u, two_u));
  const Floats positive = hn::Mul(two_u, q);
  const Floats t = hn::Mul(hn::Mul(one_u, u), q);
  const Floats z = hn::Mul(t, t);
  // (atanh(t) / t - 1) / z, interpolated in the Chebyshev nodes of [0, 1/9]: 0.007 eps.
  Floats p = hn::Set(d, 0.11612164229154587f);
  p = hn::MulAdd(p, z, hn::Set(d, 0.10853288322687149f));
  p = hn::MulAdd(p, z, hn::Set(d, 0.142961785197258f));
  p = hn::MulAdd(p, z, hn::Set(d, 0.19999852776527405f));
  p = hn::MulAdd(p, z, hn::Set(d, 0.3333333432674408f));
  const Floats two_t = hn::Add(t, t);
  const Floats log1p = hn::MulAdd(hn::Mul(p, z), two_t, two_t);
  // s <= 0 is false for NaN, so NaN takes the first branch's NaN.
  const auto at_most_0 = hn::Le(s, hn::Zero(d));
  return {hn::IfThenElse(at_most_0, hn::Mul(u, positive), positive),
          hn::Add(hn::IfThenZeroElse(at_most_0, s), log1p)};
}

}  // namespace twhin::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TWHIN_KERNEL_MATH_INL_H_
