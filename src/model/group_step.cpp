#include "model/group_step.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernel/elementwise.h"
#include "model/check.h"
#include "model/comparator_scores.h"
#include "model/group_runs.h"
#include "model/operator_rows.h"
#include "model/own_endpoints.h"
#include "model/penalty.h"
#include "twhin/base/error.h"

namespace twhin {
namespace {

constexpr std::size_t kAlign = 16;  // floats in a cache line: every row of scores begins on one

std::size_t padded(std::size_t n) { return (n + kAlign - 1) / kAlign * kAlign; }

Error not_an_entry(std::size_t source, std::size_t target) {
  return ErrorBuilder(ErrorKind::invalid_argument, "model.mask")
      .what("a known edge of a group is none of its negatives")
      .found(fmt::format("source {}, target {}", source, target))
      .expected("a source and a target of the group, one of them at least a positive's")
      .build();
}

void check_group(const Group& group, const GroupGradients& gradients) {
  const std::size_t p = group.num_positives, dim = group.rhs.cols;
  const std::size_t num_params = num_operator_params(group.op, dim);
  const auto check_side = [&](const char* rows, const char* ids, const char* gradient,
                              ConstMatrixView side, std::size_t num_ids, MatrixView out,
                              SideNegatives negatives) {
    const bool has_more = negatives == SideNegatives::all || has_uniform(negatives);
    check_size(rows, side.rows, has_more ? std::max(p, side.rows) : p);
    check_size(ids, num_ids, side.rows);
    check_size(gradient, out.rows, side.rows);
    check_size(gradient, out.cols, dim);
  };
  check_size("columns of lhs", group.lhs.cols, dim);
  check_side("rows of lhs", "lhs_ids", "gradient of lhs", group.lhs, group.lhs_ids.size(),
             gradients.lhs, group.lhs_negatives);
  check_side("rows of rhs", "rhs_ids", "gradient of rhs", group.rhs, group.rhs_ids.size(),
             gradients.rhs, group.rhs_negatives);
  check_size("parameters of the operator", group.params.size(), num_params);
  check_size("gradient of the parameters", gradients.params.size(), num_params);
  if (!group.edge_weights.empty()) check_size("edge_weights", group.edge_weights.size(), p);
  for (const auto [source, target] : group.known_edges) {
    const bool exists = source < group.lhs.rows && target < group.rhs.rows &&
                        (source < p || target < p) && source != target;
    if (!exists) throw not_an_entry(source, target);
  }
}

}  // namespace

GroupStep::GroupStep(const GroupStepOptions& options) : options_(options), loss_(options.loss) {
  options.loss.validate("loss of a group");
}

void GroupStep::reserve(std::size_t num_positives, std::size_t num_lhs_uniform,
                        std::size_t num_rhs_uniform, std::size_t dim) {
  kernel::GroupShape shape;
  shape.num_positives = num_positives;
  shape.num_lhs_uniform = num_lhs_uniform;
  shape.num_rhs_uniform = num_rhs_uniform;
  const std::size_t rows = shape.num_sources(), cols = shape.num_targets();
  loss_.reserve(shape);
  sources_.reserve(rows * dim);
  targets_.reserve(options_.comparator == Comparator::cos ? cols * dim : 0);
  scores_.reserve(rows * padded(cols));
  coefficients_.reserve(rows * padded(cols));
  for (kernel::Scratch* one : {&source_norms_, &source_sums_}) one->reserve(rows);
  for (kernel::Scratch* one : {&target_norms_, &target_sums_}) one->reserve(cols);
  masked_.reserve(4 * (rows + cols));
}

GroupResult GroupStep::run(const Group& group, const GroupGradients& gradients) {
  check_group(group, gradients);
  const GroupSides sides{group.lhs_negatives, group.rhs_negatives, group.relation_weight,
                         group.edge_weights};
  const kernel::GroupShape shape =
      group_shape(sides, group.num_positives, group.lhs.rows - group.num_positives,
                  group.rhs.rows - group.num_positives);

  const Prepared rows = prepare(group);
  const std::size_t stride = padded(shape.num_targets());
  const MatrixView scores(scores_.floats(shape.num_sources() * stride), shape.num_sources(),
                          shape.num_targets(), stride);
  kernel::group_scores(shape, rows.sources, rows.targets, scores, kernel_scratch_);
  const bool distance = is_distance(options_.comparator);
  if (distance) products_to_scores(shape, rows, scores);

  find_masked(shape, group);
  MatrixView coefficients = scores;
  if (distance || loss_.needs_copy(shape, sides)) {
    coefficients.data = coefficients_.floats(shape.num_sources() * stride);
  }
  GroupResult result;
  result.num_masked = masked_.size();
  result.loss = loss_.coefficients(shape, sides, masked_, scores, coefficients);
  if (distance) to_product_gradients(shape, scores, coefficients);

  kernel::group_gradients(shape, coefficients, rows.sources, rows.targets, gradients.lhs,
                          gradients.rhs);
  through_comparator(shape, rows, gradients);
  std::fill(gradients.params.begin(), gradients.params.end(), 0.0f);
  operator_gradient(group.op, group.params, group.lhs, gradients.lhs, gradients.params,
                    kernel_scratch_);
  result.penalty = add_penalty(options_.regularization, group, gradients);
  return result;
}

GroupStep::Prepared GroupStep::prepare(const Group& group) {
  Prepared rows{group.lhs, group.rhs};
  const std::size_t dim = group.rhs.cols;
  MatrixView sources(nullptr, group.lhs.rows, dim);
  if (group.op != Operator::none || options_.comparator == Comparator::cos) {
    sources.data = sources_.floats(group.lhs.rows * dim);
  }
  if (group.op != Operator::none) {
    apply_operator(group.op, group.params, group.lhs, sources, kernel_scratch_);
    rows.sources = sources;
  }
  if (options_.comparator == Comparator::cos) {
    const MatrixView targets(targets_.floats(group.rhs.rows * dim), group.rhs.rows, dim);
    normalize(rows.sources, sources, {source_norms_.floats(sources.rows), sources.rows});
    normalize(group.rhs, targets, {target_norms_.floats(targets.rows), targets.rows});
    rows = {sources, targets};
  }
  return rows;
}

void GroupStep::products_to_scores(const kernel::GroupShape& shape, const Prepared& rows,
                                   MatrixView scores) {
  float* source_norms = source_norms_.floats(rows.sources.rows);
  float* target_norms = target_norms_.floats(rows.targets.rows);
  kernel::sums_of_squares(rows.sources, source_norms);
  kernel::sums_of_squares(rows.targets, target_norms);
  for_each_run(shape, [&](std::size_t i, std::size_t j, std::size_t n) {
    scores_from_products(options_.comparator, source_norms[i], target_norms + j, n,
                         scores.row(i) + j);
  });
}

void GroupStep::find_masked(const kernel::GroupShape& shape, const Group& group) {
  masked_.clear();
  find_own_endpoints(shape, group.lhs_ids, group.rhs_ids, masked_);
  const std::size_t p = shape.num_positives;
  for (const kernel::MaskedEntry& known : group.known_edges) {
    const bool in_batch = known.source < p && known.target < p;
    if (in_batch && !shape.batch_negatives) continue;
    if (!is_own_endpoint(shape, group.lhs_ids, group.rhs_ids, known)) masked_.push_back(known);
  }
}

void GroupStep::to_product_gradients(const kernel::GroupShape& shape, ConstMatrixView scores,
                                     MatrixView coefficients) {
  float* source_sums = source_sums_.floats(scores.rows);
  float* target_sums = target_sums_.floats(scores.cols);
  std::fill_n(source_sums, scores.rows, 0.0f);
  std::fill_n(target_sums, scores.cols, 0.0f);
  for_each_run(shape, [&](std::size_t i, std::size_t j, std::size_t n) {
    product_gradient(options_.comparator, scores.row(i) + j, n, coefficients.row(i) + j,
                     source_sums + i, target_sums + j);
  });
}

void GroupStep::through_comparator(const kernel::GroupShape& shape, const Prepared& rows,
                                   const GroupGradients& gradients) {
  if (options_.comparator == Comparator::cos) {
    normalize_gradient(rows.sources, {source_norms_.floats(rows.sources.rows), rows.sources.rows},
                       gradients.lhs);
    normalize_gradient(rows.targets, {target_norms_.floats(rows.targets.rows), rows.targets.rows},
                       gradients.rhs);
  }
  if (is_distance(options_.comparator)) {
    float* source_sums = source_sums_.floats(shape.num_sources());
    float* target_sums = target_sums_.floats(shape.num_targets());
    kernel::scale(-1.0f, source_sums, shape.num_sources());
    kernel::scale(-1.0f, target_sums, shape.num_targets());
    kernel::axpy_rows(source_sums, rows.sources, gradients.lhs);
    kernel::axpy_rows(target_sums, rows.targets, gradients.rhs);
  }
}

}  // namespace twhin
