#include "mixture/fold_in_terms.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernel/elementwise.h"
#include "model/operator_rows.h"
#include "twhin/base/error.h"
#include "twhin/base/rng.h"
#include "twhin/model/score_function.h"

namespace twhin {
namespace {

/// Negatives of one side of an edge, and what all of a kind weigh together.
struct SideWeights {
  double num_uniform = 0.0, num_batch = 0.0;
  double uniform = 0.0, batch = 0.0;  ///< of one of them
};

SideWeights weights_of(const TrainedOptions& options, SideNegatives side, std::uint32_t num_uniform,
                       std::uint64_t num_entities) {
  SideWeights out;
  if (side == SideNegatives::all) {
    out.num_uniform = static_cast<double>(num_entities);
  } else {
    out.num_uniform = num_uniform;
  }
  if (has_batch(side) && options.negatives.batch_negatives > 1) {
    out.num_batch = options.negatives.batch_negatives - 1.0;
  }
  const double num = out.num_uniform + out.num_batch;
  const bool mean =
      options.loss.negative_weight == NegativeWeight::mean && options.loss.loss == Loss::logistic;
  const double each = mean && num > 0.0 ? 1.0 / num : 1.0;
  out.uniform = each * options.loss.uniform_factor;
  out.batch = each * options.loss.batch_factor;
  return out;
}

/// `num` of n places, evenly spread.
std::vector<std::size_t> spread(std::size_t num, std::size_t n) {
  std::vector<std::size_t> out(std::min(num, n));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i * n / out.size();
  return out;
}

std::vector<EntityId> uniform_entities(const EntityType& type, std::size_t num, Rng rng) {
  const TypeLayout layout(type);
  std::vector<EntityId> out(layout.size() == 0 ? 0 : num);
  for (EntityId& id : out) id = layout.id(static_cast<FlatId>(rng.below(layout.size())));
  return out;
}

}  // namespace

double log_add(double a, double b) {
  const double larger = std::max(a, b);
  if (!std::isfinite(larger)) return larger;
  return larger + std::log1p(std::exp(std::min(a, b) - larger));
}

double log_sum(std::span<const float> scores, std::span<const double> weights, double temperature) {
  if (scores.empty()) return -std::numeric_limits<double>::infinity();
  const double largest = *std::max_element(scores.begin(), scores.end()) / temperature;
  double sum = 0.0;
  for (std::size_t k = 0; k < scores.size(); ++k) {
    sum += weights[k] * std::exp(scores[k] / temperature - largest);
  }
  return largest + std::log(sum);
}

bool can_fold_in(const LossOptions& loss) {
  return loss.loss != Loss::ranking && !loss.self_adversarial;
}

std::unique_ptr<FoldInModel::Terms> FoldInModel::make_terms(std::uint32_t relation,
                                                            Side own) const {
  const Schema& schema = version_.schema();
  const std::uint32_t own_type =
      own == Side::lhs ? schema.relations[relation].lhs : schema.relations[relation].rhs;
  const std::uint32_t other_type =
      own == Side::lhs ? schema.relations[relation].rhs : schema.relations[relation].lhs;
  const EntityType &own_entities = schema.entities[own_type],
                   &other_entities = schema.entities[other_type];
  const std::size_t dim = version_.info().dim;

  // Operators: g of the relation, h its reciprocal one.
  auto out = std::make_unique<Terms>();
  const ScoreFunction function = ScoreFunction::of(version_, relation);
  const std::span<const float> params = version_.relation(relation);
  const std::size_t one = num_operator_params(function.op(), dim);
  const Transform g{function.op(), params.first(one)};
  const Transform h = version_.info().reciprocal ? Transform{function.op(), params.last(one)} : g;
  out->two_steps = version_.info().reciprocal;
  if (own == Side::lhs) {
    out->known_own = g;
    (out->two_steps ? out->replaced_other : out->replaced_own) = h;
  } else {
    (out->two_steps ? out->known_own : out->known_other) = h;
    out->replaced_other = g;
  }

  const RelationOptions& trained = options_.relations[relation];
  const NegativesOptions& negatives = options_.negatives;
  const SideNegatives lhs = trained.lhs_negatives.value_or(negatives.lhs_negatives);
  const SideNegatives rhs = trained.rhs_negatives.value_or(negatives.rhs_negatives);
  const SideWeights of_lhs = weights_of(options_, lhs, negatives.num_lhs_uniform(lhs),
                                        schema.lhs_type(relation).num_entities());
  const SideWeights of_rhs = weights_of(options_, rhs, negatives.num_rhs_uniform(rhs),
                                        schema.rhs_type(relation).num_entities());
  const SideWeights& known = own == Side::lhs ? of_rhs : of_lhs;
  const SideWeights& replaced = own == Side::lhs ? of_lhs : of_rhs;
  out->known = (own == Side::lhs ? rhs : lhs) != SideNegatives::none;
  out->replaced = (own == Side::lhs ? lhs : rhs) != SideNegatives::none;
  out->relation_weight = trained.weight;
  if (options_.loss.negative_weight == NegativeWeight::mean && !out->two_steps) {
    out->positive = (out->known ? 1.0 : 0.0) + (out->replaced ? 1.0 : 0.0);
  }

  // Samples: uniform entities of both types, and other ends by prevalence.
  const SampledEdges& edges = edges_[relation];
  const TypeLayout own_layout(own_entities), other_layout(other_entities);
  std::vector<EntityId> other_ends, own_ends;
  for (const std::size_t i : spread(samples_, edges.lhs.size())) {
    const FlatId of_own = own == Side::lhs ? edges.lhs[i] : edges.rhs[i];
    const FlatId of_other = own == Side::lhs ? edges.rhs[i] : edges.lhs[i];
    own_ends.push_back(own_layout.id(of_own));
    other_ends.push_back(other_layout.id(of_other));
  }
  const auto rng = [&](std::uint64_t which) {
    return Rng(seed_, RngPurpose::negatives, relation, static_cast<std::uint64_t>(own), which);
  };
  const auto frozen = [&](const Transform& q, std::uint32_t type,
                          const std::vector<EntityId>& ids) {
    const std::vector<float> floats = read(type, ids);
    return freeze(options_.comparator, q, ConstMatrixView(floats.data(), ids.size(), dim));
  };
  const auto add = [](std::vector<double>& weights, double sum, std::size_t n) {
    weights.insert(weights.end(), n, n == 0 ? 0.0 : sum / static_cast<double>(n));
  };

  if (out->known) {
    std::vector<EntityId> ids;
    if (known.num_uniform > 0.0) ids = uniform_entities(other_entities, samples_, rng(0));
    add(out->negative_weights, known.num_uniform * known.uniform, ids.size());
    if (known.num_batch > 0.0) {
      ids.insert(ids.end(), other_ends.begin(), other_ends.end());
      add(out->negative_weights, known.num_batch * known.batch, other_ends.size());
    }
    out->negatives = frozen(out->known_other, other_type, ids);
  }
  const std::vector<EntityId> own_uniform = uniform_entities(own_entities, samples_, rng(1));
  if (out->replaced) {
    out->others = frozen(out->replaced_other, other_type, other_ends);
    out->as_uniform = static_cast<double>(edges.num_edges) * out->relation_weight *
                      replaced.num_uniform * replaced.uniform /
                      static_cast<double>(std::max<std::uint64_t>(1, own_entities.num_entities()));
    out->as_batch = replaced.num_batch * replaced.batch;
    if (options_.loss.loss == Loss::softmax) {
      std::vector<EntityId> ids;
      if (replaced.num_uniform > 0.0) ids = own_uniform;
      add(out->replacement_weights, replaced.num_uniform * replaced.uniform, ids.size());
      if (replaced.num_batch > 0.0) {
        ids.insert(ids.end(), own_ends.begin(), own_ends.end());
        add(out->replacement_weights, replaced.num_batch * replaced.batch, own_ends.size());
      }
      out->replacements = frozen(out->replaced_own, own_type, ids);
      const FrozenRows true_ends = frozen(out->replaced_own, own_type, own_ends);
      std::vector<float> scores(out->replacements.size() + true_ends.size());
      for (std::size_t j = 0; j < out->others.size(); ++j) {
        const ConstMatrixView other = out->others.view().middle_rows(j, 1);
        const FrozenRows alone = [&] {
          FrozenRows row{{other.data, other.data + dim}, {}, dim};
          if (!out->others.squares.empty()) row.squares = {out->others.squares[j]};
          return row;
        }();
        const auto rest = std::span(scores).first(out->replacements.size());
        frozen_scores(options_.comparator, out->replacements, alone,
                      MatrixView(rest.data(), rest.size(), 1));
        FrozenRows end{{true_ends.view().row(j), true_ends.view().row(j) + dim}, {}, dim};
        if (!true_ends.squares.empty()) end.squares = {true_ends.squares[j]};
        float true_score = 0.0f;
        frozen_scores(options_.comparator, end, alone, MatrixView(&true_score, 1, 1));
        const double temperature = options_.loss.temperature;
        out->others_rest.push_back(log_add(log_sum(rest, out->replacement_weights, temperature),
                                           true_score / temperature));
      }
    }
  }
  const std::vector<float> lengths = read(own_type, own_uniform);
  double squares = 0.0;
  for (const float each : lengths) squares += double{each} * each;
  out->row_length = static_cast<float>(
      std::sqrt(squares / static_cast<double>(std::max<std::size_t>(1, own_uniform.size()))));
  return out;
}

}  // namespace twhin
