#include "twhin/model/score_function.h"

#include <algorithm>

#include "kernel/elementwise.h"
#include "kernel/products.h"
#include "kernel/scratch.h"
#include "model/check.h"
#include "model/comparator_scores.h"
#include "model/operator_rows.h"
#include "twhin/base/error.h"
#include "twhin/model/version.h"

namespace twhin {
namespace {

template <class E>
E enum_of(std::string_view name, const std::string& at) {
  std::vector<std::string> names;
  for (const EnumName<E>& each : EnumNames<E>::values) {
    if (each.name == name) return each.value;
    names.emplace_back(each.name);
  }
  throw ErrorBuilder(ErrorKind::corrupt_data, "model.bad_meta")
      .what("the version's manifest names " + quote(name) + ", which does not exist")
      .at(at)
      .expected("one of " + list(names))
      .build();
}

}  // namespace

struct Candidates::Work {
  std::vector<float> rows;
  std::vector<float> norms;  // of the rows: inverse for cos, squared for distances
  kernel::Scratch scratch;
};

Candidates::Candidates() : work_(std::make_unique<Work>()) {}
Candidates::~Candidates() = default;
Candidates::Candidates(Candidates&&) noexcept = default;
Candidates& Candidates::operator=(Candidates&&) noexcept = default;

ScoreFunction::ScoreFunction(Comparator comparator, std::size_t dim, Operator op,
                             std::span<const float> params, std::span<const float> reciprocal)
    : comparator_(comparator),
      dim_(dim),
      op_(op),
      params_(params.begin(), params.end()),
      reciprocal_(reciprocal.begin(), reciprocal.end()) {
  check_size("parameters of the operator", params.size(), num_operator_params(op, dim));
  if (!reciprocal.empty()) {
    check_size("parameters of the reciprocal operator", reciprocal.size(), params.size());
  }
}

ScoreFunction ScoreFunction::of(const ModelVersion& model, std::uint32_t relation) {
  const ModelInfo& info = model.info();
  const std::string at =
      model.path().string() + ", relation " + quote(info.schema.relations[relation].name);
  const Operator op = enum_of<Operator>(info.operators[relation], at);
  const std::span<const float> params = model.relation(relation);
  const std::size_t one = num_operator_params(op, info.dim);
  const std::size_t expected = info.reciprocal ? 2 * one : one;
  if (params.size() != expected) {
    throw ErrorBuilder(ErrorKind::corrupt_data, "model.wrong_shape")
        .what("the parameters of a relation do not fit its operator")
        .at(at)
        .found(std::to_string(params.size()) + " floats")
        .expected(std::to_string(expected) + " for " + info.operators[relation] + " of dim " +
                  std::to_string(info.dim))
        .build();
  }
  return {raw(model).comparator(), info.dim, op, params.first(one), params.subspan(one)};
}

ScoreFunction ScoreFunction::raw(const ModelVersion& model) {
  return raw(enum_of<Comparator>(model.info().comparator, model.path().string() + ", comparator"),
             model.info().dim);
}

/// Whether an lhs query can do without transformed candidates: head of the header.
bool ScoreFunction::moves_to_query() const {
  return !reciprocal_.empty() || op_ == Operator::none || op_ == Operator::rotation ||
         comparator_ == Comparator::dot ||
         (op_ == Operator::translation && is_distance(comparator_));
}

bool ScoreFunction::transforms_candidates(Side wanted) const {
  return wanted == Side::lhs && !moves_to_query();
}

void ScoreFunction::prepare_queries(Side wanted, ConstMatrixView known, Queries& out) const {
  check_size("columns of the queries' rows", known.cols, dim_);
  out.wanted_ = wanted;
  out.num_ = known.rows;
  out.dim_ = dim_;
  out.rows_.resize(known.rows * dim_);
  out.bias_.assign(known.rows, 0.0f);
  const MatrixView rows(out.rows_.data(), known.rows, dim_);
  kernel::Scratch scratch;
  if (wanted == Side::rhs) {
    apply_operator(op_, params_, known, rows, scratch);
  } else if (!reciprocal_.empty()) {
    apply_operator(op_, reciprocal_, known, rows, scratch);
  } else if (transforms_candidates(wanted)) {
    apply_operator(Operator::none, {}, known, rows, scratch);
  } else if (op_ == Operator::translation && is_distance(comparator_)) {
    apply_operator(Operator::none, {}, known, rows, scratch);
    for (std::size_t i = 0; i < rows.rows; ++i)
      kernel::axpy(-1.0f, params_.data(), rows.row(i), dim_);
  } else {
    apply_adjoint(op_, params_, known, rows, out.bias_, scratch);
  }
  out.norms_.resize(known.rows);
  if (comparator_ == Comparator::cos) normalize(rows, rows, out.norms_);
  if (is_distance(comparator_)) kernel::sums_of_squares(rows, out.norms_.data());
}

Queries ScoreFunction::prepare_queries(Side wanted, ConstMatrixView known) const {
  Queries queries;
  prepare_queries(wanted, known, queries);
  return queries;
}

void ScoreFunction::prepare_candidates(Side wanted, ConstMatrixView rows, Candidates& out) const {
  check_size("columns of the candidates", rows.cols, dim_);
  Candidates::Work& work = *out.work_;
  out.wanted_ = wanted;
  out.rows_ = rows;
  work.norms.resize(std::max(work.norms.size(), rows.rows));
  const bool transform = transforms_candidates(wanted);
  if (transform || comparator_ == Comparator::cos) {
    work.rows.resize(std::max(work.rows.size(), rows.rows * dim_));
    const MatrixView own(work.rows.data(), rows.rows, dim_);
    if (transform) apply_operator(op_, params_, rows, own, work.scratch);
    if (comparator_ == Comparator::cos)
      normalize(transform ? ConstMatrixView(own) : rows, own, work.norms);
    out.rows_ = own;
  }
  if (is_distance(comparator_)) kernel::sums_of_squares(out.rows_, work.norms.data());
}

void ScoreFunction::score(const Queries& queries, Candidates& candidates, MatrixView out) const {
  check_size("columns of the queries", queries.dim_, dim_);
  check_size("columns of the candidates", candidates.rows_.cols, dim_);
  check_size("rows of the scores", out.rows, queries.size());
  check_size("columns of the scores", out.cols, candidates.size());
  if (queries.wanted_ != candidates.wanted_) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "model.shape")
        .what("queries and candidates are for different sides")
        .build();
  }
  kernel::multiply_abt(queries.rows(), candidates.rows_, out, candidates.work_->scratch);
  for (std::size_t q = 0; q < out.rows; ++q) {
    float* row = out.row(q);
    if (is_distance(comparator_)) {
      scores_from_products(comparator_, queries.norms_[q], candidates.work_->norms.data(), out.cols,
                           row);
    } else if (const float bias = queries.bias_[q]; bias != 0.0f) {
      for (std::size_t k = 0; k < out.cols; ++k) row[k] += bias;
    }
  }
}

void ScoreFunction::score_pairs(ConstMatrixView lhs, ConstMatrixView rhs,
                                std::span<float> out) const {
  check_size("columns of rhs", rhs.cols, dim_);
  check_size("rows of rhs", rhs.rows, lhs.rows);
  check_size("scores of the pairs", out.size(), lhs.rows);
  const Queries queries = prepare_queries(Side::rhs, lhs);
  Candidates candidates;
  prepare_candidates(Side::rhs, rhs, candidates);
  if (is_distance(comparator_)) {
    kernel::squared_distances(queries.rows(), candidates.rows(), out.data());
    for (float& score : out) score = score_of_distance(comparator_, score);
  } else {
    kernel::dot_rows(queries.rows(), candidates.rows(), out.data());
  }
}

}  // namespace twhin
