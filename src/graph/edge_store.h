// graph/edge_store.h -- the rows of an import between reading and sorting: hashes instead of names,
// divided into ranges by the hash of the lhs.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "graph/spill.h"

namespace twhin {

/// Relation, in the order in which relations were met, and the split that a source names, 0 if it
/// names none.
struct EdgeTag {
  static constexpr std::uint32_t kSplitBits = 8;
  static std::uint32_t make(std::uint32_t relation, std::uint32_t split) {
    return relation << kSplitBits | split;
  }
  static std::uint32_t relation(std::uint32_t tag) { return tag >> kSplitBits; }
  static std::uint32_t split(std::uint32_t tag) { return tag & ((1u << kSplitBits) - 1); }
};

/// Rows as columns; weight and timestamp are empty where the import has none.
struct EdgeColumns {
  std::vector<std::uint64_t> lhs, rhs;
  std::vector<std::uint32_t> tag;
  std::vector<float> weight;
  std::vector<std::int64_t> timestamp;

  std::size_t size() const { return lhs.size(); }
};

/// Threads   a Writer belongs to one thread; the rest may be called concurrently.
class EdgeStore {
 public:
  struct Layout {
    bool weights = false;
    bool timestamps = false;
    std::size_t record_bytes() const { return 20 + (weights ? 4u : 0u) + (timestamps ? 8u : 0u); }
  };

  EdgeStore(Layout layout, unsigned log2_ranges, std::size_t page_bytes, Spill& spill);

  const Layout& layout() const { return layout_; }
  std::size_t num_ranges() const { return std::size_t{1} << log2_ranges_; }

  class Writer {
   public:
    explicit Writer(EdgeStore& store);
    void add(std::uint64_t lhs, std::uint64_t rhs, std::uint32_t tag, float weight,
             std::int64_t timestamp) {
      // A shift by 64 is not defined, hence in two steps.
      add_to((lhs >> 1) >> (63 - store_->log2_ranges_), lhs, rhs, tag, weight, timestamp);
    }
    /// The same into a range of the caller's choice.
    void add_to(std::size_t range, std::uint64_t lhs, std::uint64_t rhs, std::uint32_t tag,
                float weight, std::int64_t timestamp) {
      Page& page = pages_[range];
      if (page.size == page.capacity) turn(page);
      const std::size_t i = page.size++;
      page.lhs[i] = lhs;
      page.rhs[i] = rhs;
      page.tag[i] = tag;
      if (page.weight != nullptr) page.weight[i] = weight;
      if (page.timestamp != nullptr) page.timestamp[i] = timestamp;
    }
    /// Hands over what is left.
    void flush();

   private:
    struct Page {
      std::uint64_t* lhs = nullptr;
      std::uint64_t* rhs = nullptr;
      std::int64_t* timestamp = nullptr;
      std::uint32_t* tag = nullptr;
      float* weight = nullptr;
      std::uint32_t size = 0;
      std::uint32_t capacity = 0;
      Bytes8 data;
    };
    void turn(Page& page);

    EdgeStore* store_;
    std::vector<Page> pages_;
  };

  std::uint64_t size(std::size_t range) const { return ranges_[range].num_edges; }
  /// All rows of a range, which are then no longer here.
  EdgeColumns take(std::size_t range);
  /// All rows of a range, which stay.
  EdgeColumns read(std::size_t range) const;
  /// Calls body(columns) for the rows of each page, which stay.
  template <class Body>
  void for_each_page(std::size_t range, Body&& body) const {
    for (const StoredPage& page : ranges_[range].pages) body(load(page));
  }
  /// The same for rows that are then no longer here.
  template <class Body>
  void take_each_page(std::size_t range, Body&& body) {
    for (StoredPage& page : ranges_[range].pages) body(unload(page));
    clear(range);
  }

 private:
  struct StoredPage {
    Blob blob;
    std::uint32_t size = 0;
  };
  struct Range {
    std::mutex mutex;
    std::vector<StoredPage> pages;
    std::uint64_t num_edges = 0;
  };

  void add_page(std::size_t range, Bytes8 data, std::uint32_t size);
  EdgeColumns load(const StoredPage& page) const;
  EdgeColumns unload(StoredPage& page);
  void clear(std::size_t range);
  EdgeColumns reserved(const Range& range) const;
  void append_page(const StoredPage& page, EdgeColumns& out) const;
  void append(const std::byte* data, std::uint32_t size, EdgeColumns& out) const;

  Layout layout_;
  unsigned log2_ranges_;
  std::size_t page_records_;
  Spill& spill_;
  std::vector<Range> ranges_;
};

}  // namespace twhin
