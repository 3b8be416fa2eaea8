// graph/radix_sort.h -- sorts by the low bits of a 64-bit key.
//
// Least significant digit first, 11 bits at a time: a pass reads and writes each item once, and the
// keys of an import have 30 to 50 bits.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace twhin {

/// Stable; key_of(item) must be below 2^num_bits. `scratch` is memory to work in.
template <class Item, class KeyOf>
void radix_sort(std::vector<Item>& items, std::vector<Item>& scratch, unsigned num_bits,
                KeyOf&& key_of) {
  constexpr unsigned kDigitBits = 11;
  constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  constexpr std::size_t kFewItems = 4096;  // below this, comparing is faster than counting
  if (items.size() < kFewItems) {
    std::stable_sort(items.begin(), items.end(),
                     [&](const Item& a, const Item& b) { return key_of(a) < key_of(b); });
    return;
  }
  scratch.resize(items.size());
  for (unsigned shift = 0; shift < num_bits; shift += kDigitBits) {
    std::array<std::size_t, kDigits> begins{};
    for (const Item& item : items) ++begins[(key_of(item) >> shift) & (kDigits - 1)];
    std::size_t sum = 0;
    for (std::size_t& begin : begins) sum += std::exchange(begin, sum);
    for (const Item& item : items) {
      scratch[begins[(key_of(item) >> shift) & (kDigits - 1)]++] = item;
    }
    items.swap(scratch);
  }
}

}  // namespace twhin
