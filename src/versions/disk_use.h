// versions/disk_use.h -- what directories take on the disk when files are linked into several.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace twhin {

struct DiskUse {
  std::uint64_t unique_bytes = 0;  ///< of files all of whose links lie in the directories
  std::uint64_t shared_bytes = 0;  ///< of files that have links elsewhere, each once
};

/// Sizes as files have them, not the blocks that they take.
/// Errors    io "file.read" if a directory cannot be read.
DiskUse disk_use(const std::vector<std::filesystem::path>& directories);

}  // namespace twhin
