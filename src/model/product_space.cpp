#include "model/product_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernel/elementwise.h"
#include "model/comparator_scores.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

[[noreturn]] void throw_not_finite(const char* what, const std::string& at, float square) {
  throw ErrorBuilder(ErrorKind::invalid_argument, "model.not_finite")
      .what(fmt::format("{} cannot be compared", what))
      .at(at)
      .found(std::isnan(square) ? "NaN" : "an infinite length")
      .hint("training diverged: look where its loss became NaN; a smaller learning rate helps")
      .build();
}

/// With finite squared lengths, all sums on the way to a product are finite (Cauchy-Schwarz), so
/// that no score is NaN.
template <class Describe>
void check_finite(const char* what, std::span<const float> squares, const Describe& describe) {
  for (std::size_t i = 0; i < squares.size(); ++i) {
    if (!std::isfinite(squares[i])) throw_not_finite(what, describe(i), squares[i]);
  }
}

}  // namespace

std::string describe_row(const EntityType& type, EntityId id) {
  return fmt::format("{}, partition {}, row {}", type.name, id.partition, id.row);
}

ProductSpace::ProductSpace(const Rows& rows, const EntityType& type, ScoreFunction function,
                           Side wanted)
    : rows_(rows),
      type_(type),
      layout_(type),
      function_(std::move(function)),
      wanted_(wanted),
      dim_(rows.dim()),
      extended_(is_distance(function_.comparator())) {}

template <class IdOf>
PreparedRows ProductSpace::prepare(ConstMatrixView rows, const IdOf& id_of,
                                   Workspace& workspace) const {
  const auto name = [&](std::size_t i) { return describe_row(type_, layout_.id(id_of(i))); };
  workspace.squares_.resize(rows.rows);
  kernel::sums_of_squares(rows, workspace.squares_.data());
  check_finite("a row", workspace.squares_, name);

  const bool transforms = function_.transforms_candidates(wanted_);
  if (transforms) {
    // An operator may be a product, whose bits depend on its shape: so that is always the same.
    workspace.padded_.assign(kChunk * dim_, 0.0f);
    for (std::size_t i = 0; i < rows.rows; ++i) {
      std::copy_n(rows.row(i), dim_, workspace.padded_.data() + i * dim_);
    }
    function_.prepare_candidates(wanted_, ConstMatrixView(workspace.padded_.data(), kChunk, dim_),
                                 workspace.candidates_);
  } else {
    function_.prepare_candidates(wanted_, rows, workspace.candidates_);
  }
  PreparedRows out{workspace.candidates_.rows().middle_rows(0, rows.rows), {}};
  if (transforms) {
    kernel::sums_of_squares(out.rows, workspace.squares_.data());
    check_finite("a row that the operator was applied to", workspace.squares_, name);
  }
  if (extended_) {
    workspace.extension_.resize(rows.rows);
    std::transform(workspace.squares_.begin(), workspace.squares_.end(),
                   workspace.extension_.begin(), [](float square) { return -0.5f * square; });
    out.extension = workspace.extension_;
  }
  return out;
}

PreparedRows ProductSpace::candidates(FlatId first, std::size_t count, Workspace& workspace) const {
  const auto id_of = [&](std::size_t i) { return first + static_cast<FlatId>(i); };
  if (count == 0) return {ConstMatrixView(nullptr, 0, dim_), {}};
  const EntityId begin = layout_.id(first);
  if (const float* in_place = rows_.in_place(begin.partition);
      in_place != nullptr && rows_.size(begin.partition) - begin.row >= count) {
    return prepare(ConstMatrixView(in_place + std::size_t{begin.row} * dim_, count, dim_), id_of,
                   workspace);
  }
  workspace.rows_.resize(count * dim_);
  for (std::size_t done = 0; done < count;) {
    const EntityId id = layout_.id(id_of(done));
    const std::uint32_t left = rows_.size(id.partition) - id.row;
    const auto piece = static_cast<std::uint32_t>(std::min<std::size_t>(left, count - done));
    rows_.read(id.partition, id.row, piece, workspace.rows_.data() + done * dim_);
    done += piece;
  }
  return prepare(ConstMatrixView(workspace.rows_.data(), count, dim_), id_of, workspace);
}

PreparedRows ProductSpace::candidates(std::span<const FlatId> ids, Workspace& workspace) const {
  workspace.rows_.resize(ids.size() * dim_);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    rows_.read(layout_.id(ids[i]), workspace.rows_.data() + i * dim_);
  }
  return prepare(
      ConstMatrixView(workspace.rows_.data(), ids.size(), dim_),
      [&](std::size_t i) { return ids[i]; }, workspace);
}

void ProductSpace::queries(const ScoreFunction& relation, Side wanted, ConstMatrixView known,
                           const std::function<std::string(std::size_t)>& describe,
                           MatrixView out) const {
  const Queries prepared = relation.prepare_queries(wanted, known);
  std::vector<float> squares(known.rows);
  kernel::sums_of_squares(prepared.rows(), squares.data());
  check_finite("a query", squares, describe);
  for (std::size_t i = 0; i < known.rows; ++i) query(prepared.rows().row(i), out.row(i));
}

void ProductSpace::query(const float* prepared, float* out) const {
  std::copy_n(prepared, dim_, out);
  if (extended_) out[dim_] = 1.0f;
}

}  // namespace twhin
