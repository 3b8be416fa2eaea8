// graph/spill.h -- data that stay in memory while there is room, and go to a temporary file then.
//
// The file has no name once it is open, so a process that dies leaves nothing behind.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace twhin {

/// Memory that some part of an import may take; shared by its threads.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

  /// True, and the bytes count as used, if they fit.
  bool take(std::uint64_t num_bytes) {
    if (used_.fetch_add(num_bytes) + num_bytes <= limit_) return true;
    used_.fetch_sub(num_bytes);
    return false;
  }
  /// For what must be had in any case.
  void take_anyway(std::uint64_t num_bytes) { used_.fetch_add(num_bytes); }
  void give_back(std::uint64_t num_bytes) { used_.fetch_sub(num_bytes); }
  std::uint64_t limit() const { return limit_; }

 private:
  std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

using Bytes8 = std::unique_ptr<std::byte[]>;

/// Uninitialised memory.
inline Bytes8 allocate_bytes(std::size_t size) { return Bytes8(new std::byte[size]); }

/// Some bytes in memory, or in the temporary file.
struct Blob {
  Bytes8 memory;  ///< null: on disk
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
};

/// Threads   all members may be called concurrently.
/// Errors    io "file.open", "file.write", "file.read".
class Spill {
 public:
  /// The file is made in `directory` when it is first needed.
  Spill(std::filesystem::path directory, MemoryBudget& budget);
  ~Spill();
  Spill(const Spill&) = delete;
  Spill& operator=(const Spill&) = delete;

  /// Keeps the first `size` bytes of data.
  Blob put(Bytes8 data, std::uint64_t size);
  /// The same, always on disk.
  Blob put_on_disk(const std::byte* data, std::uint64_t size);
  /// The bytes; the blob is gone.
  Bytes8 take(Blob&& blob);
  /// Copies some of the bytes.
  void read(const Blob& blob, std::uint64_t offset, void* out, std::uint64_t size) const;
  /// Forgets the bytes.
  void drop(Blob&& blob);

  /// Bytes written to disk so far.
  std::uint64_t spilled_bytes() const { return end_.load(); }

 private:
  int file() const;

  std::filesystem::path directory_;
  MemoryBudget& budget_;
  mutable std::atomic<int> fd_{-1};
  std::atomic<std::uint64_t> end_{0};
};

}  // namespace twhin
