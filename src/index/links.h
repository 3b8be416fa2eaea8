// index/links.h -- the links of an HNSW graph, as they lie in memory and in "graph.links".
//
// A container of kind "hnsw":
//   "shape"    u32 [1, 4]            rows n, M, entry row, highest level
//   "level0"   u32 [n, 1 + 2 M]      number of links, then the rows that they go to
//   "levels"   u8  [n]               highest level of each row
//   "upper"    u32 [sum, 1 + M]      the same for levels 1, 2, … of row 0, then of row 1, …
//   "mean"     f32 [dim] or [0]      of the item space (index/item_space.h)
//   "radius"   f32 [1]
//
// The items themselves are not stored: the version has the rows that they come from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "index/item_space.h"
#include "twhin/storage/container.h"

namespace twhin {

struct GraphLinks {
  static constexpr const char* kFileName = "graph.links";

  std::uint32_t num_rows = 0;
  std::uint32_t m = 0;  ///< links on the upper levels; twice as many on level 0
  std::uint32_t entry = 0;
  std::uint32_t max_level = 0;
  std::vector<std::uint32_t> level0;
  std::vector<std::uint8_t> levels;
  std::vector<std::uint32_t> upper;

  std::size_t level0_stride() const { return 1 + 2 * std::size_t{m}; }
  std::size_t upper_stride() const { return 1 + std::size_t{m}; }

  /// Durable, through a temporary file.
  void write(const std::filesystem::path& directory, const ItemSpaceParams& space) const;
  /// Reads what write() wrote; every byte is checked before it is believed.
  /// Errors    those of Container; corrupt_data "index.bad_graph" for links that lead nowhere.
  static GraphLinks read(const std::filesystem::path& directory, std::uint32_t num_rows,
                         std::size_t dim, ItemSpaceParams& space);
};

}  // namespace twhin
