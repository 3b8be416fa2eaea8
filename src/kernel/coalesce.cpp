#include "kernel/coalesce.h"

#include <algorithm>
#include <limits>

#include "kernel/elementwise.h"
#include "kernel/shapes.h"

namespace twhin::kernel {
namespace {

constexpr std::size_t kSlotsPerRow = 4;  // at most a quarter full: nearly every probe is the first
constexpr std::size_t kFewestSlots = 64;

// Fibonacci hashing: the upper bits of id * 2^32 / golden ratio.
constexpr std::uint32_t kGolden = 2654435769u;

}  // namespace

Coalescer::Coalescer(std::size_t max_rows) { reserve(max_rows); }

void Coalescer::reserve(std::size_t max_rows) {
  if (max_rows <= ids_.size()) return;
  std::size_t num_slots = kFewestSlots;
  while (num_slots < kSlotsPerRow * max_rows) num_slots *= 2;
  slots_.assign(num_slots, 0);
  call_ = 0;
  ids_.resize(max_rows);
  rows_.resize(max_rows);
}

RowGradients Coalescer::coalesce(std::span<const std::uint32_t> ids, MatrixView gradient) {
  check_size("coalesce", "rows of gradient", gradient.rows, ids.size());
  reserve(ids.size());
  if (++call_ == 0) {  // the number of the call wrapped: slots of 2^32 calls ago would look new
    std::fill(slots_.begin(), slots_.end(), 0);
    call_ = 1;
  }
  const std::size_t mask = slots_.size() - 1;
  int shift = 32;
  for (std::size_t n = slots_.size(); n > 1; n /= 2) --shift;
  const std::uint64_t stamp = std::uint64_t{call_} << 32;

  std::uint32_t num_distinct = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::uint32_t id = ids[i];
    std::size_t slot = (id * kGolden) >> shift;
    while (true) {
      const std::uint64_t content = slots_[slot];
      if (content < stamp) {  // empty in this call
        slots_[slot] = stamp | num_distinct;
        ids_[num_distinct] = id;
        rows_[num_distinct] = static_cast<std::uint32_t>(i);
        ++num_distinct;
        break;
      }
      const auto k = static_cast<std::uint32_t>(content);
      if (ids_[k] == id) {
        axpy(1.0f, gradient.row(i), gradient.row(rows_[k]), gradient.cols);
        break;
      }
      slot = (slot + 1) & mask;
    }
  }
  return {{ids_.data(), num_distinct}, {rows_.data(), num_distinct}, gradient};
}

}  // namespace twhin::kernel
