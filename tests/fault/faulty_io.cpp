// Preloaded into the program under test: makes its n-th operation on files go wrong.
//
//   TWHIN_FAULT_AT     n, from 1; 0 counts only
//   TWHIN_FAULT_KIND   "full": from the n-th write on, writes fail with ENOSPC, as on a full disk
//                      "kill": the process is killed at its n-th write, sync, rename, link or
//                      removal
//   TWHIN_FAULT_COUNT  file that receives the number of operations when the process ends
//   TWHIN_FAULT_SYNCS  file that receives the path of whatever is synced, one a line
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<long> num_operations{0};

long fault_at() {
  static const long at = [] {
    const char* text = std::getenv("TWHIN_FAULT_AT");
    return text ? std::atol(text) : 0L;
  }();
  return at;
}

bool disk_fills_up() {
  static const bool full = [] {
    const char* text = std::getenv("TWHIN_FAULT_KIND");
    return text && std::strcmp(text, "full") == 0;
  }();
  return full;
}

bool is_regular_file(int fd) {
  struct stat info = {};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

// Counts an operation; true if it must fail.
bool fails(bool writes) {
  if (disk_fills_up() && !writes) return false;
  const long n = ++num_operations;
  if (fault_at() == 0 || n < fault_at()) return false;
  if (disk_fills_up()) return true;
  ::raise(SIGKILL);
  return true;
}

template <class Function>
Function original(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

void note_sync(int fd) {
  const char* log = std::getenv("TWHIN_FAULT_SYNCS");
  if (log == nullptr) return;
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = ::readlink(link, path, sizeof path);
  const int out = ::open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (size > 0) ::dprintf(out, "%.*s\n", static_cast<int>(size), path);
  ::close(out);
}

struct CountAtExit {
  ~CountAtExit() {
    const char* path = std::getenv("TWHIN_FAULT_COUNT");
    if (path == nullptr) return;
    const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dprintf(fd, "%ld\n", num_operations.load());
    ::close(fd);
  }
} count_at_exit;

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  static const auto real = original<ssize_t (*)(int, const void*, size_t)>("write");
  if (is_regular_file(fd) && fails(true)) {
    errno = ENOSPC;
    return -1;
  }
  return real(fd, data, size);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  static const auto real = original<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  if (is_regular_file(fd) && fails(true)) {
    errno = ENOSPC;
    return -1;
  }
  return real(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  return pwrite(fd, data, size, offset);
}

int fsync(int fd) {
  static const auto real = original<int (*)(int)>("fsync");
  fails(false);
  note_sync(fd);
  return real(fd);
}

int rename(const char* from, const char* to) {
  static const auto real = original<int (*)(const char*, const char*)>("rename");
  fails(false);
  return real(from, to);
}

int renameat2(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) {
  static const auto real =
      original<int (*)(int, const char*, int, const char*, unsigned)>("renameat2");
  fails(false);
  return real(from_dir, from, to_dir, to, flags);
}

int link(const char* from, const char* to) {
  static const auto real = original<int (*)(const char*, const char*)>("link");
  fails(false);
  return real(from, to);
}

int unlink(const char* path) {
  static const auto real = original<int (*)(const char*)>("unlink");
  fails(false);
  return real(path);
}

int unlinkat(int directory, const char* path, int flags) {
  static const auto real = original<int (*)(int, const char*, int)>("unlinkat");
  fails(false);
  return real(directory, path, flags);
}

int remove(const char* path) {
  static const auto real = original<int (*)(const char*)>("remove");
  fails(false);
  return real(path);
}

}  // extern "C"
