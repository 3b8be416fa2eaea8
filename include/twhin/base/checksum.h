// twhin/base/checksum.h -- XXH3: file checksums and the hash that entity names are placed by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace twhin {

/// XXH3 of `size` bytes, 64 bits. Frozen: it is on disk as checksum.
std::uint64_t checksum(const void* data, std::size_t size);

/// The same, fed piece by piece.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  void update(const void* data, std::size_t size);
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Two independent 64-bit halves of XXH3-128.
struct Hash128 {
  std::uint64_t low = 0;   ///< places the entity: partition and order of ids
  std::uint64_t high = 0;  ///< tells two names with the same `low` apart
};

/// Hash of an entity's name. Frozen: ids on disk follow its order.
Hash128 name_hash(std::string_view name, std::uint64_t seed = 0);

/// 16 hexadecimal digits, as manifests write a checksum.
std::string to_hex(std::uint64_t value);

}  // namespace twhin
