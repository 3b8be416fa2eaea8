#include "twhin/base/file_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "twhin/base/file.h"

namespace twhin {

FileReader::FileReader(const std::filesystem::path& path) : path_(path) {
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw_system_error("file.open", "cannot open", path, errno);
}

FileReader::~FileReader() {
  if (fd_ >= 0) ::close(fd_);
}

void FileReader::read_at(std::uint64_t offset, void* out, std::size_t size) const {
  auto* to = static_cast<char*>(out);
  while (size > 0) {
    const ssize_t n = ::pread(fd_, to, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw_system_error("file.read", "cannot read", path_, n < 0 ? errno : EIO);
    to += n;
    offset += static_cast<std::uint64_t>(n);
    size -= static_cast<std::size_t>(n);
  }
}

}  // namespace twhin
