#include "versions/disk_use.h"

#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <utility>

#include "twhin/base/file.h"

namespace twhin {
namespace fs = std::filesystem;

DiskUse disk_use(const std::vector<fs::path>& directories) {
  struct File {
    std::uint64_t num_bytes = 0, links = 0, links_inside = 0;
  };
  std::map<std::pair<dev_t, ino_t>, File> files;
  for (const fs::path& directory : directories) {
    std::error_code failed;
    fs::recursive_directory_iterator entries(directory, failed);
    if (failed)
      throw_system_error("file.read", "cannot list the directory", directory, failed.value());
    for (const auto& entry : entries) {
      struct stat status = {};
      if (::lstat(entry.path().c_str(), &status) != 0) {
        if (errno == ENOENT) continue;  // removed since it was listed
        throw_system_error("file.read", "cannot look at the file", entry.path(), errno);
      }
      if (!S_ISREG(status.st_mode)) continue;
      File& file = files[{status.st_dev, status.st_ino}];
      file.num_bytes = static_cast<std::uint64_t>(status.st_size);
      file.links = status.st_nlink;
      ++file.links_inside;
    }
  }
  DiskUse use;
  for (const auto& [id, file] : files) {
    (file.links_inside >= file.links ? use.unique_bytes : use.shared_bytes) += file.num_bytes;
  }
  return use;
}

}  // namespace twhin
