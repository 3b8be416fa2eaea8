#include "twhin/base/huge_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "twhin/base/error.h"
#include "twhin/base/memory.h"

namespace twhin {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

TEST(HugeBuffer, IsZeroedAndAligned) {
  for (const std::size_t bytes :
       {std::size_t{1}, std::size_t{4096}, kHugePage - 1, kHugePage, 3 * kHugePage + 5}) {
    const HugeBuffer buffer(bytes);
    ASSERT_EQ(buffer.size_bytes(), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0u);
    if (bytes >= kHugePage) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % kHugePage, 0u);
    }
    EXPECT_TRUE(std::all_of(buffer.data(), buffer.data() + bytes,
                            [](std::byte b) { return b == std::byte{0}; }));
  }
}

TEST(HugeBuffer, EveryByteMayBeWritten) {
  HugeBuffer buffer(2 * kHugePage + 3);
  std::fill_n(buffer.data(), buffer.size_bytes(), std::byte{0x5a});
  EXPECT_EQ(buffer.data()[0], std::byte{0x5a});
  EXPECT_EQ(buffer.data()[buffer.size_bytes() - 1], std::byte{0x5a});
}

TEST(HugeBuffer, OfNothingIsEmpty) {
  const HugeBuffer buffer(0);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.as<float>().size(), 0u);
}

TEST(HugeBuffer, MovesItsMemory) {
  HugeBuffer a(100);
  a.as<float>()[3] = 7.0f;
  HugeBuffer b(std::move(a));
  EXPECT_EQ(b.as<float>()[3], 7.0f);
  HugeBuffer c;
  c = std::move(b);
  EXPECT_EQ(c.as<float>()[3], 7.0f);
  EXPECT_EQ(c.as<float>().size(), 25u);
}

// Also within a huge page, and at places that no page begins at.
TEST(HugeBuffer, GivesBackWholePagesOnly) {
  constexpr std::size_t kBytes = 8 << 20, kFirst = (3 << 20) + 100, kCount = (2 << 20) + 9000;
  HugeBuffer buffer(kBytes);
  const auto bytes = buffer.as<unsigned char>();
  std::fill(bytes.begin(), bytes.end(), static_cast<unsigned char>(7));
  const std::uint64_t before = resident_bytes();
  buffer.release(kFirst, kCount);
  EXPECT_LT(resident_bytes() + kCount / 2, before);
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < kBytes; ++i) {
    ASSERT_TRUE(bytes[i] == 7 || (bytes[i] == 0 && i >= kFirst && i < kFirst + kCount)) << i;
    zeros += bytes[i] == 0 ? 1 : 0;
  }
  EXPECT_GT(zeros + std::size_t{2} * 65536, kCount);  // pages are at most so large
}

TEST(HugeBuffer, SaysThatThereIsNoRoom) {
  try {
    const HugeBuffer buffer(std::numeric_limits<std::size_t>::max() - 1);
    FAIL() << "allocated all memory there is";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "base.out_of_memory");
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  }
}

TEST(HugeFloats, CountsFloats) {
  HugeFloats floats(1000);
  EXPECT_EQ(floats.size(), 1000u);
  EXPECT_EQ(floats[999], 0.0f);
  EXPECT_THROW(HugeFloats(std::numeric_limits<std::size_t>::max() / 2), Error);
}

}  // namespace
}  // namespace twhin
