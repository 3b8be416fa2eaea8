#include "twhin/base/memory.h"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "twhin/base/error.h"

namespace twhin {
namespace {

// Value of a "Name:   123 kB" line of a /proc file, in bytes; 0 if it is not there.
std::uint64_t proc_field(const char* file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(name, 0) == 0) return std::stoull(line.substr(name.size())) * 1024;
  }
  return 0;
}

// A cgroup file that holds one number or "max".
std::uint64_t cgroup_number(const char* file) {
  std::ifstream in(file);
  std::uint64_t value = 0;
  return in >> value ? value : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

std::uint64_t available_memory_bytes() {
  std::uint64_t available = proc_field("/proc/meminfo", "MemAvailable:");
  if (available == 0) {
    available = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  const std::uint64_t limit = cgroup_number("/sys/fs/cgroup/memory.max");
  const std::uint64_t used = cgroup_number("/sys/fs/cgroup/memory.current");
  if (limit != std::numeric_limits<std::uint64_t>::max() && used <= limit) {
    available = std::min(available, limit - used);
  }
  return available;
}

std::uint64_t resident_bytes() { return proc_field("/proc/self/status", "VmRSS:"); }
std::uint64_t peak_resident_bytes() { return proc_field("/proc/self/status", "VmHWM:"); }

void release_free_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024.0 && unit + 1 < std::size(kUnits)) {
    value /= 1024.0;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes)
                   : fmt::format("{:.{}f} {}", value, value < 10 ? 2 : 1, kUnits[unit]);
}

std::uint64_t checked_product(std::uint64_t a, std::uint64_t b, const char* what) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "memory.size_overflow")
        .what(fmt::format("the size of {} does not fit in 64 bits", what))
        .found(fmt::format("{} x {}", a, b))
        .build();
  }
  return product;
}

}  // namespace twhin
