#include "model/reference_model.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>

#include "twhin/base/rng.h"

namespace twhin::test {
namespace {

using Row = std::vector<double>;

Row transformed(const GroupCase& c, const Numbers& x, std::size_t source) {
  const std::size_t dim = c.dim, half = dim / 2;
  const Row in(x.lhs.begin() + source * dim, x.lhs.begin() + (source + 1) * dim);
  const Row& p = x.params;
  Row out = in;
  const auto multiply_complex = [&](auto factor) {
    for (std::size_t k = 0; k < half; ++k) {
      const std::complex<double> z = factor(k) * std::complex<double>(in[k], in[half + k]);
      out[k] = z.real();
      out[half + k] = z.imag();
    }
  };
  switch (c.op) {
    case Operator::none:
      break;
    case Operator::translation:
      for (std::size_t d = 0; d < dim; ++d) out[d] = in[d] + p[d];
      break;
    case Operator::diagonal:
      for (std::size_t d = 0; d < dim; ++d) out[d] = in[d] * p[d];
      break;
    case Operator::complex_diagonal:
      multiply_complex([&](std::size_t k) { return std::complex<double>(p[k], p[half + k]); });
      break;
    case Operator::rotation:
      multiply_complex([&](std::size_t k) { return std::polar(1.0, p[k]); });
      break;
    case Operator::linear:
    case Operator::affine:
      for (std::size_t k = 0; k < dim; ++k) {
        out[k] = c.op == Operator::affine ? p[dim * dim + k] : 0.0;
        for (std::size_t d = 0; d < dim; ++d) out[k] += p[k * dim + d] * in[d];
      }
      break;
  }
  return out;
}

double softplus(double s) { return std::max(s, 0.0) + std::log1p(std::exp(-std::abs(s))); }

/// A negative of one edge on one side.
struct Negative {
  std::size_t source, target;
  double weight;
};

std::vector<Negative> negatives_of(const GroupCase& c, std::size_t edge, Side side) {
  const bool rhs = side == Side::rhs;
  const SideNegatives kind = rhs ? c.rhs_negatives : c.lhs_negatives;
  const std::size_t p = c.num_positives, num_uniform = rhs ? c.num_rhs_uniform : c.num_lhs_uniform;
  const LossOptions& loss = c.options.loss;
  std::vector<Negative> out;
  std::size_t num_all = 0;
  const auto add = [&](std::size_t other, double factor) {
    ++num_all;
    const std::size_t source = rhs ? edge : other, target = rhs ? other : edge;
    if (reference_counts(c, source, target)) out.push_back({source, target, factor});
  };
  for (std::size_t j = 0; has_batch(kind) && j < p; ++j) {
    if (j != edge) add(j, loss.batch_factor);
  }
  for (std::size_t k = 0; k < num_uniform; ++k) add(p + k, loss.uniform_factor);
  if (loss.negative_weight == NegativeWeight::mean) {
    for (Negative& negative : out) negative.weight /= static_cast<double>(num_all);
  }
  return out;
}

double side_loss(const GroupCase& c, const Numbers& x, const Numbers& weights_at, std::size_t edge,
                 Side side) {
  const LossOptions& loss = c.options.loss;
  std::vector<Negative> negatives = negatives_of(c, edge, side);
  const double positive = reference_score(c, x, edge, edge);
  if (loss.self_adversarial) {
    double total = 0.0, sum = 0.0;
    for (const Negative& negative : negatives) total += negative.weight;
    for (Negative& negative : negatives) {
      negative.weight *= std::exp(loss.adversarial_temperature *
                                  reference_score(c, weights_at, negative.source, negative.target));
      sum += negative.weight;
    }
    for (Negative& negative : negatives) negative.weight *= total / sum;
  }
  double value = 0.0, denominator = 1.0;  // of softmax, with the positive's exponential taken out
  for (const Negative& negative : negatives) {
    const double s = reference_score(c, x, negative.source, negative.target);
    value +=
        negative.weight * (loss.loss == Loss::logistic ? softplus(s + loss.score_offset)
                                                       : std::max(0.0, loss.margin - positive + s));
    denominator += negative.weight * std::exp((s - positive) / loss.temperature);
  }
  return loss.loss == Loss::softmax ? std::log(denominator) : value;
}

double penalty_of(const GroupCase& c, std::span<const double> row) {
  const bool complex = c.op == Operator::complex_diagonal || c.op == Operator::rotation;
  const std::size_t half = row.size() / 2;
  double cubes = 0.0, squares = 0.0;
  for (std::size_t d = 0; d < row.size(); ++d) {
    squares += row[d] * row[d];
    if (!complex) cubes += std::pow(std::abs(row[d]), 3);
    if (complex && d < half) cubes += std::pow(std::hypot(row[d], row[half + d]), 3);
  }
  return c.options.regularization.n3 * cubes + c.options.regularization.l2 * squares;
}

}  // namespace

void GroupCase::fill(std::uint64_t seed, double scale) {
  Rng rng(seed);
  const auto normal = [&](std::vector<float>& out, std::size_t n) {
    out.resize(n);
    for (float& value : out) value = static_cast<float>(scale * rng.normal());
  };
  normal(lhs, num_sources() * dim);
  normal(rhs, num_targets() * dim);
  normal(params, num_operator_params(op, dim));
  lhs_ids.resize(num_sources());
  rhs_ids.resize(num_targets());
  std::iota(lhs_ids.begin(), lhs_ids.end(), 100u);
  std::iota(rhs_ids.begin(), rhs_ids.end(), 100u);
}

Group GroupCase::view() const {
  Group group;
  group.num_positives = num_positives;
  group.lhs = {lhs.data(), num_sources(), dim};
  group.rhs = {rhs.data(), num_targets(), dim};
  group.lhs_ids = lhs_ids;
  group.rhs_ids = rhs_ids;
  group.op = op;
  group.params = params;
  group.relation_weight = relation_weight;
  group.edge_weights = edge_weights;
  group.lhs_negatives = lhs_negatives;
  group.rhs_negatives = rhs_negatives;
  group.known_edges = known_edges;
  return group;
}

GroupOutput run_step(const GroupCase& c) {
  constexpr float kUnwritten = 1e30f;
  GroupOutput out;
  out.lhs.assign(c.lhs.size(), kUnwritten);
  out.rhs.assign(c.rhs.size(), kUnwritten);
  out.params.assign(c.params.size(), kUnwritten);
  GroupStep step(c.options);
  out.result = step.run(c.view(), {MatrixView(out.lhs.data(), c.num_sources(), c.dim),
                                   MatrixView(out.rhs.data(), c.num_targets(), c.dim), out.params});
  return out;
}

Numbers::Numbers(const GroupCase& c)
    : lhs(c.lhs.begin(), c.lhs.end()),
      rhs(c.rhs.begin(), c.rhs.end()),
      params(c.params.begin(), c.params.end()) {}

double reference_score(const GroupCase& c, const Numbers& x, std::size_t source,
                       std::size_t target) {
  const Row a = transformed(c, x, source);
  const double* b = x.rhs.data() + target * c.dim;
  double ab = 0.0, aa = 0.0, bb = 0.0, squared = 0.0;
  for (std::size_t d = 0; d < c.dim; ++d) {
    ab += a[d] * b[d];
    aa += a[d] * a[d];
    bb += b[d] * b[d];
    squared += (a[d] - b[d]) * (a[d] - b[d]);
  }
  switch (c.options.comparator) {
    case Comparator::dot:
      return ab;
    case Comparator::cos:
      return ab / (std::sqrt(aa) * std::sqrt(bb));
    case Comparator::l2:
      return -std::sqrt(std::max(squared, 1e-30));
    case Comparator::squared_l2:
      return -squared;
  }
  return 0.0;
}

bool reference_counts(const GroupCase& c, std::size_t source, std::size_t target) {
  if (source < c.num_positives && c.rhs_ids[source] == c.rhs_ids[target]) return false;
  if (target < c.num_positives && c.lhs_ids[source] == c.lhs_ids[target]) return false;
  return std::none_of(c.known_edges.begin(), c.known_edges.end(), [&](kernel::MaskedEntry known) {
    return known.source == source && known.target == target;
  });
}

double reference_loss(const GroupCase& c, const Numbers& x, const Numbers& weights_at) {
  const LossOptions& loss = c.options.loss;
  std::vector<Side> sides;
  if (c.rhs_negatives != SideNegatives::none) sides.push_back(Side::rhs);
  if (c.lhs_negatives != SideNegatives::none) sides.push_back(Side::lhs);
  double value = 0.0;
  for (std::size_t i = 0; i < c.num_positives; ++i) {
    double edge = 0.0;
    if (loss.loss == Loss::logistic) {
      const double times =
          loss.negative_weight == NegativeWeight::mean ? static_cast<double>(sides.size()) : 1.0;
      edge += times * softplus(-reference_score(c, x, i, i) - loss.score_offset);
    }
    for (const Side side : sides) edge += side_loss(c, x, weights_at, i, side);
    edge += penalty_of(c, {x.lhs.data() + i * c.dim, c.dim});
    edge += penalty_of(c, {x.rhs.data() + i * c.dim, c.dim});
    if (c.op != Operator::rotation) edge += penalty_of(c, x.params);
    value += edge * c.relation_weight * (c.edge_weights.empty() ? 1.0 : c.edge_weights[i]);
  }
  return value;
}

ReferenceGradients reference_gradients(const GroupCase& c) {
  // Error of the difference: h^2 / 6 times the third derivative, and 2^-53 of the loss over h. With
  // both loss and derivatives below 1e3, each stays below 1e-7.
  constexpr double h = 1e-5;
  const Numbers at(c);
  Numbers x = at;
  ReferenceGradients out;
  const auto differentiate = [&](std::vector<double>& numbers, std::vector<double>& gradient) {
    for (double& number : numbers) {
      const double value = number;
      number = value + h;
      const double above = reference_loss(c, x, at);
      number = value - h;
      const double below = reference_loss(c, x, at);
      number = value;
      gradient.push_back((above - below) / (2.0 * h));
      out.largest = std::max(out.largest, std::abs(gradient.back()));
    }
  };
  differentiate(x.lhs, out.lhs);
  differentiate(x.rhs, out.rhs);
  differentiate(x.params, out.params);
  return out;
}

}  // namespace twhin::test
