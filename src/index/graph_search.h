// index/graph_search.h -- nearest items along the links of an HNSW graph.
//
// The search is that of Malkov and Yashunin, algorithms 2 and 5: down the upper levels to the
// nearest row that each has, then on level 0 with the `ef` nearest rows seen so far under way. They
// are kept in one sorted array: what is not among them would never be gone on from.
//
// Rows and links lie in arrays of their own, in huge pages where there are any, each row at the
// beginning of a cache line.
#pragma once

#include <mutex>

#include "index/item_space.h"
#include "index/links.h"
#include "index/searcher.h"
#include "twhin/base/huge_buffer.h"

namespace twhin {

class GraphSearch final : public Searcher {
 public:
  /// Reads all items of the space.
  GraphSearch(const ItemSpace& space, GraphLinks links, std::size_t threads, const StopFlag& stop);
  ~GraphSearch() override;

  /// effort is ef; at least `count` is used.
  void nearest(const float* query, std::size_t count, std::uint32_t effort,
               std::vector<FlatId>& out) const override;
  std::uint32_t most_effort() const override { return num_rows_; }
  std::uint64_t memory_bytes() const override;

 private:
  struct Visit;  // what one search needs, kept from one to the next
  std::unique_ptr<Visit> take() const;
  void give_back(std::unique_ptr<Visit> visit) const;

  void descend(const float* query, Visit& visit) const;
  void search_level0(const float* query, std::size_t ef, Visit& visit) const;
  const std::uint32_t* upper_list(std::uint32_t row, std::uint32_t level) const;

  kernel::RowDistance distance_;
  std::uint32_t num_rows_, entry_, max_level_;
  std::size_t dim_, width_, level0_stride_, upper_stride_;
  HugeFloats items_;
  HugeBuffer level0_;
  std::vector<std::uint32_t> first_upper_;  // of each row, in lists
  std::vector<std::uint32_t> upper_;

  mutable std::mutex guard_;
  mutable std::vector<std::unique_ptr<Visit>> idle_;
};

}  // namespace twhin
