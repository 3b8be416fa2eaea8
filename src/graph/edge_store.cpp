#include "graph/edge_store.h"

#include <algorithm>
#include <cstring>

namespace twhin {
namespace {

// Columns of a page, the widest first so that each is aligned.
struct PageColumns {
  PageColumns(std::byte* data, std::size_t records, const EdgeStore::Layout& layout) {
    lhs = reinterpret_cast<std::uint64_t*>(data);
    rhs = lhs + records;
    data += records * 16;
    if (layout.timestamps) {
      timestamp = reinterpret_cast<std::int64_t*>(data);
      data += records * 8;
    }
    tag = reinterpret_cast<std::uint32_t*>(data);
    data += records * 4;
    if (layout.weights) weight = reinterpret_cast<float*>(data);
  }
  std::uint64_t *lhs, *rhs;
  std::int64_t* timestamp = nullptr;
  std::uint32_t* tag;
  float* weight = nullptr;
};

template <class T>
void append_values(const T* values, std::uint32_t size, std::vector<T>& out) {
  if (values != nullptr) out.insert(out.end(), values, values + size);
}

}  // namespace

EdgeStore::EdgeStore(Layout layout, unsigned log2_ranges, std::size_t page_bytes, Spill& spill)
    : layout_(layout),
      log2_ranges_(log2_ranges),
      page_records_(std::max<std::size_t>(8, page_bytes / layout.record_bytes() / 8 * 8)),
      spill_(spill),
      ranges_(num_ranges()) {}

EdgeStore::Writer::Writer(EdgeStore& store) : store_(&store), pages_(store.num_ranges()) {}

void EdgeStore::Writer::turn(Page& page) {
  if (page.size > 0) {
    store_->add_page(static_cast<std::size_t>(&page - pages_.data()), std::move(page.data),
                     page.size);
  }
  page.data = allocate_bytes(store_->page_records_ * store_->layout_.record_bytes());
  const PageColumns columns(page.data.get(), store_->page_records_, store_->layout_);
  page.lhs = columns.lhs;
  page.rhs = columns.rhs;
  page.timestamp = columns.timestamp;
  page.tag = columns.tag;
  page.weight = columns.weight;
  page.size = 0;
  page.capacity = static_cast<std::uint32_t>(store_->page_records_);
}

void EdgeStore::Writer::flush() {
  for (std::size_t range = 0; range < pages_.size(); ++range) {
    Page& page = pages_[range];
    if (page.size > 0) store_->add_page(range, std::move(page.data), page.size);
    page = {};
  }
}

void EdgeStore::add_page(std::size_t range, Bytes8 data, std::uint32_t size) {
  StoredPage page;
  page.blob = spill_.put(std::move(data), page_records_ * layout_.record_bytes());
  page.size = size;
  Range& r = ranges_[range];
  const std::lock_guard lock(r.mutex);
  r.pages.push_back(std::move(page));
  r.num_edges += size;
}

void EdgeStore::append(const std::byte* data, std::uint32_t size, EdgeColumns& out) const {
  const PageColumns page(const_cast<std::byte*>(data), page_records_, layout_);
  append_values(page.lhs, size, out.lhs);
  append_values(page.rhs, size, out.rhs);
  append_values(page.tag, size, out.tag);
  append_values(page.weight, size, out.weight);
  append_values(page.timestamp, size, out.timestamp);
}

void EdgeStore::append_page(const StoredPage& page, EdgeColumns& out) const {
  if (page.blob.memory) return append(page.blob.memory.get(), page.size, out);
  const Bytes8 data = allocate_bytes(page.blob.size);
  spill_.read(page.blob, 0, data.get(), page.blob.size);
  append(data.get(), page.size, out);
}

EdgeColumns EdgeStore::load(const StoredPage& page) const {
  EdgeColumns out;
  append_page(page, out);
  return out;
}

EdgeColumns EdgeStore::unload(StoredPage& page) {
  EdgeColumns out;
  const Bytes8 data = spill_.take(std::move(page.blob));
  append(data.get(), page.size, out);
  return out;
}

void EdgeStore::clear(std::size_t range) {
  std::vector<StoredPage>().swap(ranges_[range].pages);
  ranges_[range].num_edges = 0;
}

EdgeColumns EdgeStore::reserved(const Range& range) const {
  EdgeColumns out;
  out.lhs.reserve(range.num_edges);
  out.rhs.reserve(range.num_edges);
  out.tag.reserve(range.num_edges);
  if (layout_.weights) out.weight.reserve(range.num_edges);
  if (layout_.timestamps) out.timestamp.reserve(range.num_edges);
  return out;
}

EdgeColumns EdgeStore::read(std::size_t range) const {
  EdgeColumns out = reserved(ranges_[range]);
  for (const StoredPage& page : ranges_[range].pages) append_page(page, out);
  return out;
}

EdgeColumns EdgeStore::take(std::size_t range) {
  Range& r = ranges_[range];
  EdgeColumns out = reserved(r);
  for (StoredPage& page : r.pages) {
    const Bytes8 data = spill_.take(std::move(page.blob));
    append(data.get(), page.size, out);
  }
  clear(range);
  return out;
}

}  // namespace twhin
