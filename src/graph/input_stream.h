// graph/input_stream.h -- the bytes of a file, decompressed if they begin like gzip or zstd.
#pragma once

#include <cstdint>
#include <memory>

#include "graph/input_files.h"

namespace twhin {

class InputStream {
 public:
  /// Errors    not_found, io as base/file.h.
  explicit InputStream(const InputFile& file);
  ~InputStream();
  InputStream(const InputStream&) = delete;
  InputStream& operator=(const InputStream&) = delete;

  /// Up to `size` bytes; fewer only at the end.
  /// Errors    corrupt_data "graph.damaged_file": the compressed data are damaged or cut off.
  std::size_t read(char* out, std::size_t size);
  /// Goes on at that byte of the file; false if it is compressed.
  bool seek(std::uint64_t offset);
  /// Bytes of the file itself that have been used, about.
  std::uint64_t position() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace twhin
