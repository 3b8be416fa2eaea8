#include "graph/exact_sum.h"

#include <bit>
#include <cmath>

namespace twhin {
namespace {

constexpr int kLeastExponent = -149;

}  // namespace

void ExactSum::add(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t exponent = bits >> 23 & 0xff;  // 0: no leading one, else as exponent 1
  std::uint64_t digits = bits & 0x7fffff;
  if (exponent > 0) digits |= 1u << 23;
  const std::uint32_t shift = exponent > 0 ? exponent - 1 : 0;
  std::size_t i = shift / 64;
  const std::uint32_t offset = shift % 64;
  std::uint64_t carry = offset > 40 ? digits >> (64 - offset) : 0;  // what the shift pushes out
  std::uint64_t low = digits << offset;
  while (true) {
    words_[i] += low;
    carry += words_[i] < low;
    if (carry == 0 || ++i == words_.size()) return;
    low = carry;
    carry = 0;
  }
}

float ExactSum::value() const {
  int top = static_cast<int>(words_.size()) - 1;
  while (top >= 0 && words_[static_cast<std::size_t>(top)] == 0) --top;
  if (top < 0) return 0.0f;
  const auto word = [&](int i) { return i < 0 ? 0 : words_[static_cast<std::size_t>(i)]; };
  // The 64 highest bits, the last of them set if anything is left below: rounding once is then
  // enough.
  const int zeros = std::countl_zero(word(top));
  std::uint64_t high = word(top) << zeros;
  std::uint64_t below = 0;
  if (zeros > 0) {
    high |= word(top - 1) >> (64 - zeros);
    below = word(top - 1) << zeros;
  } else {
    below = word(top - 1);
  }
  for (int i = top - 2; i >= 0; --i) below |= word(i);
  if (below != 0) high |= 1;
  return std::ldexp(static_cast<float>(high), 64 * (top - 1) + 64 - zeros + kLeastExponent);
}

}  // namespace twhin
