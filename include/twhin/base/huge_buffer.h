// twhin/base/huge_buffer.h -- large zeroed memory in huge pages.
//
// Training touches rows at random. With 4 KiB pages nearly every row costs a walk of the page
// table; with 2 MiB pages the table of a gigabyte fits the processor's translation cache.
#pragma once

#include <cstddef>
#include <span>

namespace twhin {

/// Owns anonymous memory of a fixed size, zeroed, aligned to at least 64 bytes (2 MiB if it is
/// that large). Asks the system for huge pages and does without where it has none. Memory that was
/// never written takes no room. Movable, not copyable.
class HugeBuffer {
 public:
  HugeBuffer() = default;
  /// Errors    unavailable "base.out_of_memory" if the system has no room for num_bytes.
  explicit HugeBuffer(std::size_t num_bytes);
  ~HugeBuffer();
  HugeBuffer(HugeBuffer&& other) noexcept;
  HugeBuffer& operator=(HugeBuffer&& other) noexcept;
  HugeBuffer(const HugeBuffer&) = delete;
  HugeBuffer& operator=(const HugeBuffer&) = delete;

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  std::size_t size_bytes() const { return size_bytes_; }

  /// Gives back the memory of the whole pages within [offset, offset + num_bytes): their content is
  /// zeros from then on. A page that others share with the range keeps its content and its room.
  void release(std::size_t offset, std::size_t num_bytes);
  bool empty() const { return size_bytes_ == 0; }

  /// The memory as whole elements of a trivial type.
  template <class T>
  std::span<T> as() {
    return {reinterpret_cast<T*>(data_), size_bytes_ / sizeof(T)};
  }
  template <class T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(data_), size_bytes_ / sizeof(T)};
  }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
  std::byte* mapping_ = nullptr;  // what munmap must be given; data_ is its first aligned byte
  std::size_t mapping_bytes_ = 0;
};

/// `count` floats in a HugeBuffer.
class HugeFloats {
 public:
  HugeFloats() = default;
  /// Errors    invalid_argument "base.size_overflow" if count floats have no size;
  ///           unavailable "base.out_of_memory".
  explicit HugeFloats(std::size_t count);

  float* data() { return reinterpret_cast<float*>(buffer_.data()); }
  const float* data() const { return reinterpret_cast<const float*>(buffer_.data()); }
  std::size_t size() const { return buffer_.size_bytes() / sizeof(float); }
  /// See HugeBuffer; counted in floats.
  void release(std::size_t first, std::size_t count) {
    buffer_.release(first * sizeof(float), count * sizeof(float));
  }
  float& operator[](std::size_t i) { return data()[i]; }
  float operator[](std::size_t i) const { return data()[i]; }

 private:
  HugeBuffer buffer_;
};

}  // namespace twhin
