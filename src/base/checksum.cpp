#include "twhin/base/checksum.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <new>

namespace twhin {

struct Checksum::State {
  XXH3_state_t* xxh = XXH3_createState();
  ~State() { XXH3_freeState(xxh); }
};

Checksum::Checksum() : state_(std::make_unique<State>()) {
  if (state_->xxh == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(state_->xxh);
}
Checksum::~Checksum() = default;

void Checksum::update(const void* data, std::size_t size) {
  XXH3_64bits_update(state_->xxh, data, size);
}
std::uint64_t Checksum::value() const { return XXH3_64bits_digest(state_->xxh); }

std::uint64_t checksum(const void* data, std::size_t size) { return XXH3_64bits(data, size); }

Hash128 name_hash(std::string_view name, std::uint64_t seed) {
  const XXH128_hash_t h = XXH3_128bits_withSeed(name.data(), name.size(), seed);
  return {h.low64, h.high64};
}

std::string to_hex(std::uint64_t value) { return fmt::format("{:016x}", value); }

}  // namespace twhin
