// model/score_blocks.h -- all scores of many queries and many candidates, block by block.
//
// A thread packs a chunk of candidates once, column beside column, and multiplies it with the
// queries, some at a time: chunk, queries and scores lie in its second-level cache together, and
// the visitor reads each block of scores while it is there. Memory does not grow with the number of
// candidates.
//
// Exact     a score has the same bits wherever its query and its candidate lie: each is one sum
// over
//           the columns in the same order (kernel/tile_product.h), whatever is beside it.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "model/product_space.h"
#include "twhin/base/huge_buffer.h"
#include "twhin/base/matrix_view.h"

namespace twhin {

/// Queries of one product, at most.
inline constexpr std::size_t kQueryBlock = 128;

/// Prepared candidates with their columns side by side, in panels as wide as the product's tiles.
/// Used again, it allocates only for more than ever before.
class PackedCandidates {
 public:
  void pack(const PreparedRows& prepared);
  std::size_t size() const { return size_; }

  /// out [queries.rows, size()] = the products. queries [n, width] of the same space.
  void multiply(ConstMatrixView queries, MatrixView out) const;
  /// One of these products: that of a query [width] with candidate j.
  float score(const float* query, std::size_t j) const;

 private:
  std::size_t size_ = 0, width_ = 0;
  std::vector<float> panels_;
};

/// Which entities compete: the candidates are numbered by their place here.
struct CandidateList {
  std::span<const FlatId> ids;  ///< ascending; may repeat
  bool all = true;              ///< then ids is empty, and place and id are the same

  /// Where an entity stands: [begin, end).
  std::pair<std::uint32_t, std::uint32_t> places_of(FlatId id) const;
  FlatId id_at(std::size_t place) const { return all ? static_cast<FlatId>(place) : ids[place]; }
};

/// The places of many lists of entities among candidates, as lists; with all candidates the lists
/// themselves.
class PlaceLists {
 public:
  /// `ids(i)` is list i, ascending.
  PlaceLists(const CandidateList& candidates, std::size_t num_lists,
             std::function<std::span<const FlatId>(std::size_t)> ids);
  std::span<const std::uint32_t> operator[](std::size_t i) const {
    if (first_.empty()) return ids_(i);
    return std::span(places_).subspan(first_[i], first_[i + 1] - first_[i]);
  }

 private:
  std::function<std::span<const FlatId>(std::size_t)> ids_;
  std::vector<std::size_t> first_;
  std::vector<std::uint32_t> places_;
};

/// Scores of queries [first_query, + rows) and candidates [first_candidate, + cols). The visitor
/// may overwrite them.
struct ScoreBlock {
  std::size_t thread;
  std::size_t first_query;
  std::size_t first_candidate;
  MatrixView scores;
};

/// Sets the scores [n] of candidates from place `first` on to NaN, which is neither greater than
/// nor equal to anything, where the places (ascending) say so.
void strike_out(float* scores, std::size_t n, std::size_t first,
                std::span<const std::uint32_t> places);

struct ScoreJob {
  const ProductSpace& space;
  CandidateList candidates;
  ConstMatrixView queries;  ///< prepared, [n, space.width()]
  std::size_t threads = 1;
  /// Called often, by all threads; what it throws ends the job. Empty: nothing is called.
  std::function<void()> check_stop = {};
  /// Called by thread 0 now and then with the number of scores computed so far by all.
  std::function<void(std::uint64_t num_scores)> progress = {};

  std::size_t num_candidates() const {
    return candidates.all ? space.num_candidates() : candidates.ids.size();
  }
};

/// Calls visit(block) for every block, from job.threads threads at once; each candidate of each
/// query is in exactly one block. Errors    those of ProductSpace, of the visitor and of
/// check_stop.
void for_each_score_block(const ScoreJob& job, const std::function<void(const ScoreBlock&)>& visit);

/// The candidates at places [first, first + count) of a list.
PreparedRows prepare_candidates(const ProductSpace& space, const CandidateList& list,
                                std::size_t first, std::size_t count,
                                ProductSpace::Workspace& workspace);

/// parallel_for whose body knows its thread.
void for_each_task(std::size_t count, std::size_t threads,
                   const std::function<void(std::size_t task, std::size_t thread)>& body);

}  // namespace twhin
