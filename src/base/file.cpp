#include "twhin/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "twhin/base/error.h"

namespace twhin {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBufferBytes = 1 << 20;

void write_fully(int fd, const char* data, std::size_t size, std::int64_t offset,
                 const fs::path& path) {
  while (size > 0) {
    const ssize_t n = offset < 0 ? ::write(fd, data, size) : ::pwrite(fd, data, size, offset);
    if (n < 0) {
      if (errno == EINTR) continue;
      throw_system_error("file.write", "cannot write", path, errno);
    }
    data += n;
    size -= static_cast<std::size_t>(n);
    if (offset >= 0) offset += n;
  }
}

void sync_path(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) throw_system_error("file.open", "cannot open", path, errno);
  const int failed = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  // Some file systems do not sync directories; there is nothing better to do there.
  if (failed != 0 && failed != EINVAL) throw_system_error("file.sync", "cannot sync", path, failed);
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

void throw_system_error(std::string_view id, std::string_view what, const fs::path& path,
                        int error_number) {
  const bool missing = error_number == ENOENT;
  ErrorBuilder error(missing ? ErrorKind::not_found : ErrorKind::io,
                     missing ? "file.not_found" : id);
  error.what(fmt::format("{} {}", what, quote(path.string())));
  error.found(std::strerror(error_number));
  if (error_number == ENOSPC || error_number == EDQUOT) {
    error.hint("make room on that file system and run the command again; nothing was changed");
  }
  throw error.build();
}

AtomicFile::AtomicFile(fs::path target) : target_(std::move(target)) {
  static std::atomic<unsigned> counter{0};
  temporary_ = target_;
  temporary_ += fmt::format(".tmp-{}-{}", ::getpid(), counter.fetch_add(1));
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) throw_system_error("file.open", "cannot create", target_, errno);
  buffer_.reserve(kBufferBytes);
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t size) {
  const char* bytes = static_cast<const char*>(data);
  size_ += size;
  if (buffer_.size() + size <= kBufferBytes) {
    buffer_.insert(buffer_.end(), bytes, bytes + size);
    return;
  }
  flush();
  if (size < kBufferBytes) {
    buffer_.insert(buffer_.end(), bytes, bytes + size);
  } else {
    write_fully(fd_, bytes, size, -1, target_);
  }
}

void AtomicFile::write_at(std::uint64_t offset, const void* data, std::size_t size) {
  flush();
  write_fully(fd_, static_cast<const char*>(data), size, static_cast<std::int64_t>(offset),
              target_);
}

void AtomicFile::flush() {
  write_fully(fd_, buffer_.data(), buffer_.size(), -1, target_);
  buffer_.clear();
}

void AtomicFile::commit(bool durable) {
  flush();
  if (durable && ::fsync(fd_) != 0) throw_system_error("file.sync", "cannot sync", target_, errno);
  const int closed = ::close(std::exchange(fd_, -1));
  if (closed != 0) throw_system_error("file.write", "cannot write", target_, errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    throw_system_error("file.rename", "cannot rename to", target_, errno);
  }
  committed_ = true;
  if (durable) sync_directory(parent_of(target_));
}

MappedFile::MappedFile(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw_system_error("file.open", "cannot open", path, errno);
  struct stat info = {};
  int failed = ::fstat(fd, &info) == 0 ? 0 : errno;
  if (failed == 0 && !S_ISREG(info.st_mode)) failed = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
  if (failed == 0 && info.st_size > 0) {
    size_ = static_cast<std::size_t>(info.st_size);
    void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) {
      failed = errno;
    } else {
      data_ = static_cast<const std::byte*>(mapped);
    }
  }
  ::close(fd);
  if (failed != 0) throw_system_error("file.read", "cannot read", path, failed);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

DirectoryLock::DirectoryLock(const fs::path& directory, std::string_view purpose) {
  const fs::path path = directory / "LOCK";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) throw_system_error("file.open", "cannot open", path, errno);
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    const int failed = errno;
    char holder[128] = {};
    const ssize_t n = ::pread(fd_, holder, sizeof(holder) - 1, 0);
    ::close(fd_);
    if (failed != EWOULDBLOCK) throw_system_error("file.lock", "cannot lock", path, failed);
    throw ErrorBuilder(ErrorKind::unavailable, "file.locked")
        .what(fmt::format("{} is in use by another process", quote(directory.string())))
        .found(n > 0 ? std::string(holder, static_cast<std::size_t>(n)) : "a lock without a name")
        .expected("one process at a time")
        .hint("wait for it to end, or work in another directory")
        .build();
  }
  const std::string holder = fmt::format("{}, pid {}", purpose, ::getpid());
  // The text only helps the message above: a lock whose text could not be written still holds.
  if (::ftruncate(fd_, 0) == 0)
    static_cast<void>(::pwrite(fd_, holder.data(), holder.size(), 0) > 0);
}

DirectoryLock::~DirectoryLock() { ::close(fd_); }

std::string read_text(const fs::path& path, std::uint64_t limit_bytes) {
  const MappedFile file(path);
  if (file.size() > limit_bytes) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "file.too_large")
        .what(fmt::format("{} is too large to be read as text", quote(path.string())))
        .found(fmt::format("{} bytes", file.size()))
        .expected(fmt::format("at most {} bytes", limit_bytes))
        .build();
  }
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

void write_text(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void sync_file(const fs::path& path) { sync_path(path, O_RDONLY); }
void sync_directory(const fs::path& directory) { sync_path(directory, O_RDONLY | O_DIRECTORY); }

void make_directories(const fs::path& directory) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) throw_system_error("file.open", "cannot create directory", directory, failed.value());
}

void rename_durably(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw_system_error("file.rename", fmt::format("cannot rename {} to", quote(from.string())), to,
                       errno);
  }
  sync_directory(parent_of(to));
}

void link_or_copy(const fs::path& from, const fs::path& to) {
  ::unlink(to.c_str());
  if (::link(from.c_str(), to.c_str()) == 0) return;
  if (errno == ENOENT) throw_system_error("file.open", "cannot link", from, errno);
  const MappedFile source(from);
  AtomicFile copy(to);
  copy.write(source.data(), source.size());
  copy.commit();
}

std::size_t remove_temporaries(const fs::path& directory) {
  std::size_t removed = 0;
  std::error_code failed;
  for (const auto& entry : fs::recursive_directory_iterator(directory, failed)) {
    const std::string name = entry.path().filename().string();
    const std::size_t mark = name.rfind(".tmp-");
    if (mark == std::string::npos || !entry.is_regular_file(failed)) continue;
    const int pid = std::atoi(name.c_str() + mark + 5);
    const bool alive = pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
    if (!alive && fs::remove(entry.path(), failed)) ++removed;
  }
  return removed;
}

}  // namespace twhin
