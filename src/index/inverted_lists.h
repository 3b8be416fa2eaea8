// index/inverted_lists.h -- near items by lists of codes: FAISS's IVF-PQ, with or without OPQ.
//
// Items are clustered into lists; an item is stored in the list of its nearest centroid as the code
// of what is left of it. A search reads the `nprobe` lists whose centroids are nearest. With OPQ a
// trained rotation comes first. All by distance: items of cos have length 1 and those of dot are
// made equally long (index/item_space.h), so that it orders as the product does. Items are padded
// with zeros to a multiple of code_bytes.
//
//   "lists.ivf": a container of kind "ivf"
//   "mean", "radius"   as in graph.links (index/links.h)
//   "index"            u8 [bytes], as faiss::write_index writes it
//
// Sources: Jegou, Douze, Schmid, TPAMI 2011; Ge et al., CVPR 2013.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "index/item_space.h"
#include "index/searcher.h"
#include "twhin/base/stop.h"

namespace twhin {

struct ListOptions {
  std::uint32_t lists = 1;
  std::uint32_t code_bytes = 1;
  std::uint32_t rows_per_list = 64;  ///< for training
  bool rotated = false;              ///< OPQ
  std::uint64_t seed = 1;
  std::size_t threads = 1;  ///< equal files for an equal number
};

class InvertedLists final : public Searcher {
 public:
  static constexpr const char* kFileName = "lists.ivf";

  /// `progress(stage, done, total)` is called by one thread; total 0: unknown.
  /// Errors    cancelled "index.cancelled".
  static std::unique_ptr<InvertedLists> build(
      const ItemSpace& space, const ListOptions& options,
      const std::function<void(const char* stage, std::uint64_t done, std::uint64_t total)>&
          progress,
      const StopFlag& stop);
  /// Errors    those of Container, before FAISS sees a byte; corrupt_data "index.bad_lists".
  static std::unique_ptr<InvertedLists> read(const std::filesystem::path& directory,
                                             std::uint32_t num_rows, std::size_t dim,
                                             ItemSpaceParams& space);
  ~InvertedLists() override;

  void write(const std::filesystem::path& directory, const ItemSpaceParams& space) const;

  /// effort is nprobe.
  void nearest(const float* query, std::size_t count, std::uint32_t effort,
               std::vector<FlatId>& out) const override;
  std::uint32_t most_effort() const override;
  std::uint64_t memory_bytes() const override;

 private:
  struct State;
  explicit InvertedLists(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace twhin
