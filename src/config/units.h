// config/units.h -- the units of sizes and times, in the order in which writing prefers them.
#pragma once

#include <cstdint>
#include <string_view>

namespace twhin::config {

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
inline constexpr SizeUnit kSizeUnits[] = {
    {"TiB", 1ull << 40},
    {"GiB", 1ull << 30},
    {"MiB", 1ull << 20},
    {"KiB", 1ull << 10},
    {"TB", 1'000'000'000'000ull},
    {"GB", 1'000'000'000ull},
    {"MB", 1'000'000ull},
    {"kB", 1'000ull},
    {"B", 1},
};

struct TimeUnit {
  std::string_view name;
  double seconds;
};
inline constexpr TimeUnit kTimeUnits[] = {
    {"d", 86400.0}, {"h", 3600.0}, {"m", 60.0}, {"s", 1.0}, {"ms", 0.001}, {"w", 604800.0},
};

}  // namespace twhin::config
