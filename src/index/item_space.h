// index/item_space.h -- rows of a type as an approximate index holds them, so that the nearest
// items of a prepared query (twhin/model/score_function.h) are the rows of the largest scores.
//
//   comparator        item of row y             distance             order of the queries' scores
//   cos               y / |y|                   -<q, item>           the same
//   l2, squared_l2    y                         |q - item|^2         the same
//   dot, plain        y                         -<q, item>           the same
//        centred      y - m                     -<q, item>           the same: <q, m> is the
//        query's augmented    [y - m, sqrt(R^2 - |y - m|^2)]                 the same: the query
//        has a 0
//
// with m the mean row and R the largest |y - m|. Augmented items have one length, so that -<a, b>
// orders pairs of them as their distance does: a graph built of them is one of near rows (Bachrach
// et al., RecSys 2014), and a search, where the last number of the query is 0, leaves it out.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "kernel/row_distance.h"
#include "model/layout.h"
#include "twhin/base/matrix_view.h"
#include "twhin/base/stop.h"
#include "twhin/index/options.h"
#include "twhin/model/rows.h"

namespace twhin {

/// What an index must keep of its item space.
struct ItemSpaceParams {
  Comparator comparator = Comparator::dot;
  GraphSpace inner_product = GraphSpace::plain;  ///< of dot; else plain
  std::vector<float> mean;                       ///< [dim], or empty: nothing is taken off
  float radius = 0.0f;                           ///< R of the head; 0 unless augmented
};

class ItemSpace {
 public:
  /// Measures mean and radius in up to three passes over the rows. `inner_product` counts for dot
  /// only.
  /// Errors    invalid_argument "index.not_finite", naming the row; cancelled.
  static ItemSpace measure(const Rows& rows, const EntityType& type, Comparator comparator,
                           GraphSpace inner_product, std::size_t threads, const StopFlag& stop);
  /// Borrows the rows.
  ItemSpace(const Rows& rows, const EntityType& type, ItemSpaceParams params);

  const ItemSpaceParams& params() const { return params_; }
  FlatId size() const { return layout_.size(); }
  std::size_t dim() const { return rows_->dim(); }
  /// Whether items have the last number of the head.
  bool augmented() const { return params_.radius > 0.0f; }
  kernel::RowDistance distance() const;

  /// out(i, [0, dim)) = items [first, first + out.rows); what is behind is left alone.
  void read(FlatId first, MatrixView out) const;
  /// The last number of an item [dim].
  float last_number(const float* item) const;

 private:
  const Rows* rows_;
  TypeLayout layout_;
  ItemSpaceParams params_;
};

/// Calls visit(first, count) for all of [0, size) in pieces, from several threads.
void for_each_piece(FlatId size, std::size_t threads, const StopFlag& stop,
                    const std::function<void(FlatId first, std::size_t count)>& visit);

}  // namespace twhin
