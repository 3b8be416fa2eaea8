// twhin/base/file.h -- files that are whole or not there.
//
// A writer writes to "<name>.tmp-<pid>-<n>" beside the target, syncs, renames, syncs the directory.
// A process that dies leaves at most a temporary file, which `remove_temporaries` clears away.
// Errors    io "file.open", "file.read", "file.write" (full disk, quota, limit), "file.rename", …;
//           not_found "file.not_found". Each names the path and what the system said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twhin {

/// Writes one file so that it appears under its name complete and synced, or not at all.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path target);
  /// Removes the temporary file unless commit() was reached.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Overwrites bytes that lie before the end, e.g. a header whose checksums are known last.
  void write_at(std::uint64_t offset, const void* data, std::size_t size);
  std::uint64_t size() const { return size_; }

  /// Syncs, renames, syncs the directory. With durable = false the syncs are left out: for files
  /// that a later `sync_file` makes durable, or that may be lost.
  void commit(bool durable = true);

 private:
  void flush();

  std::filesystem::path target_, temporary_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  std::vector<char> buffer_;
  bool committed_ = false;
};

/// A file mapped read-only. Movable. An empty file gives an empty span.
class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Holds a directory for one process (flock on "<directory>/LOCK"); freed when the process ends,
/// however it ends.
/// Errors    unavailable "file.locked", with `purpose` and the pid of the holder.
class DirectoryLock {
 public:
  DirectoryLock(const std::filesystem::path& directory, std::string_view purpose);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  int fd_ = -1;
};

/// The whole file; refuses more than `limit_bytes` ("file.too_large").
std::string read_text(const std::filesystem::path& path, std::uint64_t limit_bytes = 1ull << 30);
/// AtomicFile in one call.
void write_text(const std::filesystem::path& path, std::string_view text);

void sync_file(const std::filesystem::path& path);
void sync_directory(const std::filesystem::path& directory);
void make_directories(const std::filesystem::path& directory);
/// rename(2) and sync of the target's directory.
void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);
/// Hard link, or a copy where the file system has none. An existing target is replaced.
void link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to);
/// Deletes "*.tmp-*" files below the directory that no living process holds; returns how many.
std::size_t remove_temporaries(const std::filesystem::path& directory);

/// "what: No space left on device" as an Error of kind io.
[[noreturn]] void throw_system_error(std::string_view id, std::string_view what,
                                     const std::filesystem::path& path, int error_number);

}  // namespace twhin
