#include "graph/spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "twhin/base/file.h"

namespace twhin {

Spill::Spill(std::filesystem::path directory, MemoryBudget& budget)
    : directory_(std::move(directory)), budget_(budget) {}

Spill::~Spill() {
  if (fd_ >= 0) ::close(fd_);
}

int Spill::file() const {
  const int open_already = fd_.load();
  if (open_already >= 0) return open_already;
  std::string name = (directory_ / "spill-XXXXXX").string();
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0)
    throw_system_error("file.open", "cannot create a temporary file in", directory_, errno);
  ::unlink(name.c_str());
  int expected = -1;
  if (fd_.compare_exchange_strong(expected, fd)) return fd;
  ::close(fd);  // another thread was first
  return expected;
}

Blob Spill::put(Bytes8 data, std::uint64_t size) {
  if (!budget_.take(size)) return put_on_disk(data.get(), size);
  Blob blob;
  blob.memory = std::move(data);
  blob.size = size;
  return blob;
}

Blob Spill::put_on_disk(const std::byte* data, std::uint64_t size) {
  Blob blob;
  blob.size = size;
  blob.offset = end_.fetch_add(size);
  const int fd = file();
  for (std::uint64_t done = 0; done < size;) {
    const ssize_t n =
        ::pwrite(fd, data + done, size - done, static_cast<off_t>(blob.offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw_system_error("file.write", "cannot write a temporary file in", directory_, errno);
    done += static_cast<std::uint64_t>(n);
  }
  return blob;
}

Bytes8 Spill::take(Blob&& blob) {
  if (blob.memory) {
    budget_.give_back(blob.size);
    return std::move(blob.memory);
  }
  Bytes8 data = allocate_bytes(blob.size);
  read(blob, 0, data.get(), blob.size);
  return data;
}

void Spill::read(const Blob& blob, std::uint64_t offset, void* out, std::uint64_t size) const {
  if (size == 0) return;
  if (blob.memory) {
    std::memcpy(out, blob.memory.get() + offset, size);
    return;
  }
  auto* to = static_cast<char*>(out);
  for (std::uint64_t done = 0; done < size;) {
    const ssize_t n =
        ::pread(file(), to + done, size - done, static_cast<off_t>(blob.offset + offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      throw_system_error("file.read", "cannot read a temporary file in", directory_,
                         n < 0 ? errno : EIO);
    }
    done += static_cast<std::uint64_t>(n);
  }
}

void Spill::drop(Blob&& blob) {
  if (blob.memory) budget_.give_back(blob.size);
  blob = {};
}

}  // namespace twhin
