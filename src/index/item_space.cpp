#include "index/item_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "index/check_stop.h"
#include "kernel/elementwise.h"
#include "model/comparator_scores.h"
#include "twhin/base/error.h"
#include "twhin/base/threads.h"

namespace twhin {
namespace {

constexpr std::size_t kPiece = 1024;

void check_finite(const ItemSpace& space, const TypeLayout& layout, const EntityType& type,
                  FlatId first, std::span<const float> squares) {
  for (std::size_t i = 0; i < squares.size(); ++i) {
    if (std::isfinite(squares[i])) continue;
    const EntityId id = layout.id(first + static_cast<FlatId>(i));
    throw ErrorBuilder(ErrorKind::invalid_argument, "index.not_finite")
        .what("a row cannot be compared")
        .at(fmt::format("{}, partition {}, row {}", type.name, id.partition, id.row))
        .found(std::isnan(squares[i]) ? "NaN" : "an infinite length")
        .expected(fmt::format("{} finite numbers", space.dim()))
        .hint("training diverged: look where its loss became NaN; a smaller learning rate helps")
        .build();
  }
}

/// Of the items' squared lengths; throws for one that is not finite.
float largest_square(const ItemSpace& space, const EntityType& type, std::size_t threads,
                     const StopFlag& stop) {
  const TypeLayout layout(type);
  float largest = 0.0f;
  std::mutex guard;
  for_each_piece(space.size(), threads, stop, [&](FlatId first, std::size_t count) {
    const std::size_t dim = space.dim();
    std::vector<float> items(count * dim), squares(count);
    space.read(first, MatrixView(items.data(), count, dim));
    kernel::sums_of_squares(ConstMatrixView(items.data(), count, dim), squares.data());
    check_finite(space, layout, type, first, squares);
    const std::lock_guard lock(guard);
    largest = std::max(largest, *std::max_element(squares.begin(), squares.end()));
  });
  return largest;
}

// Pieces are summed one by one and then in their order, so that no bit depends on threads.
std::vector<float> mean_of(const ItemSpace& space, std::size_t threads, const StopFlag& stop) {
  const std::size_t dim = space.dim(), num_pieces = (space.size() + kPiece - 1) / kPiece;
  std::vector<float> sums(num_pieces * dim, 0.0f);
  for_each_piece(space.size(), threads, stop, [&](FlatId first, std::size_t count) {
    std::vector<float> rows(count * dim);
    space.read(first, MatrixView(rows.data(), count, dim));
    kernel::add_sum_of_rows(ConstMatrixView(rows.data(), count, dim),
                            sums.data() + first / kPiece * dim);
  });
  std::vector<double> total(dim, 0.0);
  for (std::size_t p = 0; p < num_pieces; ++p) {
    for (std::size_t d = 0; d < dim; ++d) total[d] += double{sums[p * dim + d]};
  }
  std::vector<float> mean(dim);
  for (std::size_t d = 0; d < dim; ++d) {
    mean[d] = static_cast<float>(total[d] / std::max<double>(1.0, space.size()));
  }
  return mean;
}

}  // namespace

void for_each_piece(FlatId size, std::size_t threads, const StopFlag& stop,
                    const std::function<void(FlatId, std::size_t)>& visit) {
  const std::size_t num_pieces = (std::size_t{size} + kPiece - 1) / kPiece;
  parallel_for(num_pieces, threads, [&](std::size_t piece) {
    check_index_stop(stop);
    const std::size_t first = piece * kPiece;
    visit(static_cast<FlatId>(first), std::min<std::size_t>(kPiece, size - first));
  });
}

ItemSpace::ItemSpace(const Rows& rows, const EntityType& type, ItemSpaceParams params)
    : rows_(&rows), layout_(type), params_(std::move(params)) {}

ItemSpace ItemSpace::measure(const Rows& rows, const EntityType& type, Comparator comparator,
                             GraphSpace inner_product, std::size_t threads, const StopFlag& stop) {
  ItemSpaceParams params{comparator, GraphSpace::plain, {}, 0.0f};
  if (comparator == Comparator::dot) params.inner_product = inner_product;
  ItemSpace space(rows, type, std::move(params));
  // Before any mean is taken, so that the row itself is named.
  largest_square(space, type, threads, stop);
  if (space.params_.inner_product != GraphSpace::plain) {
    space.params_.mean = mean_of(space, threads, stop);
  }
  if (space.params_.inner_product == GraphSpace::augmented) {
    space.params_.radius = std::sqrt(largest_square(space, type, threads, stop));
  }
  return space;
}

kernel::RowDistance ItemSpace::distance() const {
  return is_distance(params_.comparator) ? kernel::RowDistance::squared
                                         : kernel::RowDistance::negative_dot;
}

void ItemSpace::read(FlatId first, MatrixView out) const {
  for (std::size_t done = 0; done < out.rows;) {
    const EntityId id = layout_.id(first + static_cast<FlatId>(done));
    const std::size_t left = rows_->size(id.partition) - id.row;
    const std::size_t count = std::min(left, out.rows - done);
    if (out.stride == dim()) {
      rows_->read(id.partition, id.row, static_cast<std::uint32_t>(count), out.row(done));
    } else {
      for (std::size_t i = 0; i < count; ++i) {
        rows_->read({id.partition, id.row + static_cast<std::uint32_t>(i)}, out.row(done + i));
      }
    }
    done += count;
  }
  const MatrixView items = out.block(0, out.rows, 0, dim());
  if (params_.comparator == Comparator::cos) {
    std::vector<float> inverse_norms(out.rows);
    normalize(items, items, inverse_norms);
  }
  if (!params_.mean.empty()) {
    for (std::size_t i = 0; i < items.rows; ++i) {
      kernel::axpy(-1.0f, params_.mean.data(), items.row(i), dim());
    }
  }
}

float ItemSpace::last_number(const float* item) const {
  const float square = kernel::dot(item, item, dim());
  return std::sqrt(std::max(0.0f, params_.radius * params_.radius - square));
}

}  // namespace twhin
