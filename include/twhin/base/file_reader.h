// twhin/base/file_reader.h -- parts of a file, read into memory of the caller's, which a map would
// not bound.
//
// Errors    io "file.open", "file.read" (also at the end of the file), with the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace twhin {

/// Threads   read_at may be called concurrently.
class FileReader {
 public:
  explicit FileReader(const std::filesystem::path& path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  /// Exactly `size` bytes from `offset` on.
  void read_at(std::uint64_t offset, void* out, std::size_t size) const;

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace twhin
