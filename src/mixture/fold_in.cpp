#include "mixture/fold_in.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "kernel/elementwise.h"
#include "mixture/fold_in_terms.h"
#include "model/operator_rows.h"
#include "twhin/model/optimizers.h"
#include "twhin/model/score_function.h"

namespace twhin {
namespace {

double softplus(double x) {
  return x > 0.0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}
double sigmoid(double x) {
  return x >= 0.0 ? 1.0 / (1.0 + std::exp(-x)) : 1.0 - 1.0 / (1.0 + std::exp(x));
}

std::span<float> room(std::vector<float>& v, std::size_t n) {
  v.resize(std::max(v.size(), n));
  return std::span(v).first(n);
}

}  // namespace

/// The loss of one list.
class FoldInModel::Problem {
 public:
  Problem(const FoldInModel& model, Side own, std::span<const Engagement> engagements)
      : model_(model), dim_(model.version_.info().dim) {
    std::map<std::uint32_t, std::vector<const Engagement*>> by_relation;
    for (const Engagement& each : engagements) by_relation[each.relation].push_back(&each);
    for (const auto& [relation, list] : by_relation) add_relation(relation, own, list);
  }

  float row_length() const { return row_length_; }

  double loss(const float* x, float* gradient) {
    std::fill_n(gradient, dim_, 0.0f);
    double sum = 0.0;
    for (Part& part : parts_) {
      sum += model_.options_.loss.loss == Loss::softmax ? softmax(part, x, gradient)
                                                        : logistic(part, x, gradient);
    }
    return sum + penalty(x, gradient);
  }

 private:
  struct Part {
    const Terms* terms;
    OneRow known, replaced;
    FrozenRows known_others, replaced_others;  // of the list's own edges
    std::vector<double> weights;
    double weight = 0.0;       // their sum
    std::vector<double> rest;  // softmax: log of the replaced side's other terms, of each own edge
  };

  void add_relation(std::uint32_t relation, Side own, const std::vector<const Engagement*>& list) {
    const Terms& terms = model_.terms(relation, own);
    const RelationType& type = model_.version_.schema().relations[relation];
    const Comparator comparator = model_.options_.comparator;
    Part part{&terms,
              OneRow(comparator, terms.known_own, dim_),
              OneRow(comparator, terms.replaced_own, dim_),
              {},
              {},
              {},
              0.0,
              {}};
    std::vector<EntityId> ids;
    for (const Engagement* each : list) {
      ids.push_back(each->other);
      part.weights.push_back(each->weight * terms.relation_weight);
      part.weight += part.weights.back();
    }
    const std::vector<float> rows = model_.read(own == Side::lhs ? type.rhs : type.lhs, ids);
    const ConstMatrixView view(rows.data(), ids.size(), dim_);
    part.known_others = freeze(comparator, terms.known_other, view);
    part.replaced_others = freeze(comparator, terms.replaced_other, view);
    if (model_.options_.loss.loss == Loss::softmax && terms.replaced) {
      std::vector<float> scores(terms.replacements.size() * ids.size());
      frozen_scores(comparator, part.replaced_others, terms.replacements,
                    MatrixView(scores.data(), ids.size(), terms.replacements.size()));
      for (std::size_t i = 0; i < ids.size(); ++i) {
        part.rest.push_back(log_sum(
            std::span(scores).subspan(i * terms.replacements.size(), terms.replacements.size()),
            terms.replacement_weights, model_.options_.loss.temperature));
      }
    }
    row_length_ = std::max(row_length_, terms.row_length);
    parts_.push_back(std::move(part));
  }

  /// What x counts for as a replacement in the edges of others, of each of the sampled ones.
  static double as_replacement(const Part& part) {
    return (part.terms->as_uniform + part.weight * part.terms->as_batch) /
           static_cast<double>(std::max<std::size_t>(1, part.terms->others.size()));
  }

  // Scores of some rows, coefficient(k, score) of each, and the way back; returns the sum of what
  // `term` returns.
  template <class Term>
  double through(OneRow& row, const float* x, const FrozenRows& rows, float* gradient, Term term) {
    const std::span<float> scores = room(scores_, rows.size());
    const std::span<float> coefficients = room(coefficients_, rows.size());
    row.scores(x, rows, scores);
    double sum = 0.0;
    for (std::size_t k = 0; k < rows.size(); ++k) sum += term(k, scores[k], coefficients[k]);
    row.add_gradient(x, rows, scores, coefficients, gradient);
    return sum;
  }

  double logistic(Part& part, const float* x, float* gradient) {
    const Terms& terms = *part.terms;
    const double offset = model_.options_.loss.score_offset;
    const auto positives = [&](double factor) {
      return [&part, offset, factor](std::size_t i, float score, float& coefficient) {
        const double z = score + offset, w = part.weights[i] * factor;
        coefficient = static_cast<float>(w * (sigmoid(z) - 1.0));
        return w * softplus(-z);
      };
    };
    const auto negatives = [&](auto weight_of) {
      return [weight_of, offset](std::size_t k, float score, float& coefficient) {
        const double z = score + offset, w = weight_of(k);
        coefficient = static_cast<float>(w * sigmoid(z));
        return w * softplus(z);
      };
    };
    double sum = 0.0;
    if (terms.known || !terms.two_steps) {
      sum += through(part.known, x, part.known_others, gradient, positives(terms.positive));
    }
    sum +=
        through(part.known, x, terms.negatives, gradient,
                negatives([&](std::size_t k) { return part.weight * terms.negative_weights[k]; }));
    if (terms.replaced && terms.two_steps) {
      sum += through(part.replaced, x, part.replaced_others, gradient, positives(1.0));
    }
    const double weight = as_replacement(part);
    return sum + through(part.replaced, x, terms.others, gradient,
                         negatives([weight](std::size_t) { return weight; }));
  }

  double softmax(Part& part, const float* x, float* gradient) {
    const Terms& terms = *part.terms;
    const double t = model_.options_.loss.temperature;
    double sum = 0.0;
    if (terms.known) {
      // Denominators first: all own edges share their negatives.
      const std::span<float> scores = room(scores_, terms.negatives.size());
      part.known.scores(x, terms.negatives, scores);
      const double rest = log_sum(scores, terms.negative_weights, t);
      double share = 0.0;  // sum of W_i / Z_i, times e^rest
      sum += through(part.known, x, part.known_others, gradient,
                     [&](std::size_t i, float score, float& coefficient) {
                       const double all = log_add(score / t, rest);
                       share += part.weights[i] * std::exp(rest - all);
                       coefficient = static_cast<float>(part.weights[i] / t *
                                                        (std::exp(score / t - all) - 1.0));
                       return part.weights[i] * (all - score / t);
                     });
      through(part.known, x, terms.negatives, gradient,
              [&](std::size_t k, float score, float& coefficient) {
                coefficient = static_cast<float>(share / t * terms.negative_weights[k] *
                                                 std::exp(score / t - rest));
                return 0.0;
              });
    }
    if (!terms.replaced) return sum;
    sum += through(
        part.replaced, x, part.replaced_others, gradient,
        [&](std::size_t i, float score, float& coefficient) {
          const double all = log_add(score / t, part.rest[i]);
          coefficient = static_cast<float>(part.weights[i] / t * (std::exp(score / t - all) - 1.0));
          return part.weights[i] * (all - score / t);
        });
    const double weight = as_replacement(part);
    return sum + through(part.replaced, x, terms.others, gradient,
                         [&](std::size_t k, float score, float& coefficient) {
                           const double z = score / t - terms.others_rest[k];
                           coefficient = static_cast<float>(weight / t * sigmoid(z));
                           return weight * softplus(z);
                         });
  }

  // A step of a reciprocal relation penalises the rows of the edge, and there are two.
  double penalty(const float* x, float* gradient) const {
    const RegularizationOptions& options = model_.options_.regularization;
    double weight = 0.0;
    for (const Part& part : parts_) {
      const bool both = part.terms->two_steps && part.terms->known && part.terms->replaced;
      weight += part.weight * (both ? 2.0 : 1.0);
    }
    double squares = 0.0, cubes = 0.0;
    for (std::size_t d = 0; d < dim_; ++d) {
      squares += double{x[d]} * x[d];
      cubes += std::abs(double{x[d]}) * x[d] * x[d];
      gradient[d] += static_cast<float>(
          weight * (2.0 * options.l2 * x[d] + 3.0 * options.n3 * std::abs(x[d]) * x[d]));
    }
    return weight * (options.l2 * squares + options.n3 * cubes);
  }

  const FoldInModel& model_;
  std::size_t dim_;
  std::vector<Part> parts_;
  float row_length_ = 0.0f;
  std::vector<float> scores_, coefficients_;
};

FoldInModel::FoldInModel(const ModelVersion& version, std::vector<SampledEdges> edges,
                         std::size_t samples, std::uint64_t seed)
    : version_(version),
      options_(TrainedOptions::of(version)),
      edges_(std::move(edges)),
      samples_(samples),
      seed_(seed),
      terms_(2 * version.schema().relations.size()) {
  for (std::uint32_t t = 0; t < version.schema().entities.size(); ++t) {
    rows_.push_back(version.rows(t));
  }
}

FoldInModel::~FoldInModel() = default;

const FoldInModel::Terms& FoldInModel::terms(std::uint32_t relation, Side own) const {
  const std::lock_guard lock(mutex_);
  auto& found = terms_[2 * relation + (own == Side::rhs ? 1 : 0)];
  if (!found) found = make_terms(relation, own);
  return *found;
}

std::vector<float> FoldInModel::read(std::uint32_t type, std::span<const EntityId> ids) const {
  std::vector<float> out(ids.size() * version_.info().dim);
  rows_[type]->read(ids, out.data());
  return out;
}

std::vector<float> FoldInModel::mean(Side own, std::span<const Engagement> engagements) const {
  const std::size_t dim = version_.info().dim;
  std::vector<double> sum(dim);
  double total = 0.0;
  std::vector<float> moved(dim);
  kernel::Scratch scratch;
  for (const Engagement& each : engagements) {
    const RelationType& type = version_.schema().relations[each.relation];
    const ScoreFunction function = ScoreFunction::of(version_, each.relation);
    const auto params =
        version_.relation(each.relation).first(num_operator_params(function.op(), dim));
    std::vector<float> row =
        read(own == Side::lhs ? type.rhs : type.lhs, std::span(&each.other, 1));
    const ConstMatrixView view(row.data(), 1, dim);
    const MatrixView out(moved.data(), 1, dim);
    if (own == Side::rhs) {
      apply_operator(function.op(), params, view, out, scratch);
    } else {
      if (function.op() == Operator::translation || function.op() == Operator::affine) {
        kernel::axpy(-1.0f, params.last(dim).data(), row.data(), dim);
      }
      float bias = 0.0f;
      apply_adjoint(function.op(), params, view, out, {&bias, 1}, scratch);
    }
    for (std::size_t d = 0; d < dim; ++d) sum[d] += double{each.weight} * moved[d];
    total += each.weight;
  }
  std::vector<float> out(dim);
  for (std::size_t d = 0; d < dim; ++d) out[d] = static_cast<float>(sum[d] / total);
  return out;
}

std::vector<float> FoldInModel::fold_in(Side own, std::span<const Engagement> engagements,
                                        std::size_t steps) const {
  const std::size_t dim = version_.info().dim;
  Problem problem(*this, own, engagements);
  std::vector<float> x = mean(own, engagements), gradient(dim), state(1);
  // The first step is a quarter of the rows' usual length; later ones are shorter.
  const float rate = 0.25f * problem.row_length() / std::sqrt(static_cast<float>(dim));
  for (std::size_t i = 0; i < steps; ++i) {
    problem.loss(x.data(), gradient.data());
    if (std::all_of(gradient.begin(), gradient.end(), [](float g) { return g == 0.0f; })) break;
    update_row(Optimizer::row_adagrad, rate, gradient, state, x);
    if (options_.regularization.max_norm) {
      limit_norms(MatrixView(x.data(), 1, dim), *options_.regularization.max_norm);
    }
  }
  return x;
}

double FoldInModel::loss(Side own, std::span<const Engagement> engagements, const float* x,
                         float* gradient) const {
  return Problem(*this, own, engagements).loss(x, gradient);
}

}  // namespace twhin
