// twhin/base/memory.h -- what this process and this machine have of memory.
#pragma once

#include <cstdint>
#include <string>

namespace twhin {

/// Bytes that a new job may expect to get: MemAvailable, or what the cgroup leaves if that is less.
std::uint64_t available_memory_bytes();
/// Resident set of this process now (VmRSS) and its highest so far (VmHWM); 0 where unknown.
std::uint64_t resident_bytes();
std::uint64_t peak_resident_bytes();

/// Gives memory that was freed back to the machine, as far as the allocator can.
void release_free_memory();

/// "1.5 GiB", "312 MiB", "17 B".
std::string format_bytes(std::uint64_t bytes);

/// a * b, or Error invalid_argument "memory.size_overflow" naming `what`.
std::uint64_t checked_product(std::uint64_t a, std::uint64_t b, const char* what);

}  // namespace twhin
