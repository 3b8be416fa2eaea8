#include "twhin/base/huge_buffer.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <limits>
#include <utility>

#include "twhin/base/error.h"

namespace twhin {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

HugeBuffer::HugeBuffer(std::size_t num_bytes) {
  if (num_bytes == 0) return;
  // A huge page needs an aligned address, which mmap does not promise: ask for one page more.
  const std::size_t slack = num_bytes >= kHugePage ? kHugePage : 0;
  void* mapping = MAP_FAILED;
  if (num_bytes <= std::numeric_limits<std::size_t>::max() - slack) {
    mapping = mmap(nullptr, num_bytes + slack, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  }
  if (mapping == MAP_FAILED) {
    throw ErrorBuilder(ErrorKind::unavailable, "base.out_of_memory")
        .what("no room for a buffer in memory")
        .found(fmt::format("{} bytes wanted", num_bytes))
        .hint("use more partitions, a smaller dim, or a machine with more memory")
        .build();
  }
  mapping_ = static_cast<std::byte*>(mapping);
  mapping_bytes_ = num_bytes + slack;
  size_bytes_ = num_bytes;
  const auto address = reinterpret_cast<std::size_t>(mapping_);
  data_ = mapping_ + (slack == 0 ? 0 : (kHugePage - address % kHugePage) % kHugePage);
#ifdef MADV_HUGEPAGE
  // Advice only: a kernel without huge pages refuses it, and everything works, more slowly.
  if (slack != 0) static_cast<void>(madvise(data_, size_bytes_, MADV_HUGEPAGE));
#endif
}

HugeBuffer::~HugeBuffer() {
  if (mapping_ != nullptr) munmap(mapping_, mapping_bytes_);
}

HugeBuffer::HugeBuffer(HugeBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_bytes_(std::exchange(other.size_bytes_, 0)),
      mapping_(std::exchange(other.mapping_, nullptr)),
      mapping_bytes_(std::exchange(other.mapping_bytes_, 0)) {}

HugeBuffer& HugeBuffer::operator=(HugeBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  std::swap(mapping_, other.mapping_);
  std::swap(mapping_bytes_, other.mapping_bytes_);
  return *this;
}

void HugeBuffer::release(std::size_t offset, std::size_t num_bytes) {
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  // data_ begins a page, or the mapping does: offsets and addresses are aligned alike.
  const std::size_t first = (offset + page - 1) / page * page;
  const std::size_t last = (offset + num_bytes) / page * page;
  if (first < last) static_cast<void>(madvise(data_ + first, last - first, MADV_DONTNEED));
}

HugeFloats::HugeFloats(std::size_t count) {
  if (count > std::numeric_limits<std::size_t>::max() / sizeof(float)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "base.size_overflow")
        .what("a buffer of floats is larger than any memory")
        .found(fmt::format("{} floats", count))
        .build();
  }
  buffer_ = HugeBuffer(count * sizeof(float));
}

}  // namespace twhin
