#include "model/group_loss.h"

#include <algorithm>
#include <limits>

#include "kernel/elementwise.h"
#include "model/group_runs.h"
#include "model/side_loss.h"

namespace twhin {
namespace {

constexpr float kMasked = -std::numeric_limits<float>::infinity();
constexpr std::size_t kPanel = 16;  // columns taken at once: a cache line of each row

struct Counts {
  std::size_t lhs = 0, rhs = 0;
};

/// Negatives of an edge on each side, before any is masked.
Counts negatives_of_an_edge(const GroupSides& sides, const kernel::GroupShape& shape) {
  const std::size_t others = shape.num_positives > 0 ? shape.num_positives - 1 : 0;
  return {(has_batch(sides.lhs) ? others : 0) + shape.num_lhs_uniform,
          (has_batch(sides.rhs) ? others : 0) + shape.num_rhs_uniform};
}

float weight_of_edge(const GroupSides& sides, std::size_t i) {
  return sides.relation_weight * (sides.edge_weights.empty() ? 1.0f : sides.edge_weights[i]);
}

/// The first row of column j that exists, apart from the diagonal.
std::size_t first_row(const kernel::GroupShape& shape) {
  return shape.batch_negatives ? 0 : shape.num_positives;
}

}  // namespace

kernel::GroupShape group_shape(const GroupSides& sides, std::size_t num_positives,
                               std::size_t num_lhs_uniform, std::size_t num_rhs_uniform) {
  kernel::GroupShape shape;
  shape.num_positives = num_positives;
  shape.num_lhs_uniform = num_lhs_uniform;
  shape.num_rhs_uniform = num_rhs_uniform;
  shape.batch_negatives = has_batch(sides.lhs) || has_batch(sides.rhs);
  return shape;
}

kernel::GroupWeights group_weights(const LossOptions& options, const GroupSides& sides,
                                   const kernel::GroupShape& shape) {
  const bool mean = options.negative_weight == NegativeWeight::mean;
  const auto [n_lhs, n_rhs] = negatives_of_an_edge(sides, shape);
  const auto weight = [&](bool present, float factor, std::size_t n) {
    if (!present || n == 0) return 0.0f;
    return mean ? factor / static_cast<float>(n) : factor;
  };
  const int num_sides =
      (sides.lhs != SideNegatives::none ? 1 : 0) + (sides.rhs != SideNegatives::none ? 1 : 0);
  kernel::GroupWeights weights;
  weights.positive = static_cast<float>(mean ? num_sides : 1);
  weights.batch_lhs = weight(has_batch(sides.lhs), options.batch_factor, n_lhs);
  weights.batch_rhs = weight(has_batch(sides.rhs), options.batch_factor, n_rhs);
  weights.uniform_lhs = weight(shape.num_lhs_uniform > 0, options.uniform_factor, n_lhs);
  weights.uniform_rhs = weight(shape.num_rhs_uniform > 0, options.uniform_factor, n_rhs);
  weights.edges = sides.edge_weights;
  return weights;
}

void GroupLoss::reserve(const kernel::GroupShape& shape) {
  const std::size_t longest = std::max(shape.num_sources(), shape.num_targets());
  panel_.reserve(kPanel * longest);
  work_.reserve(2 * (longest + 1));
}

bool GroupLoss::needs_copy(const kernel::GroupShape& shape, const GroupSides& sides) const {
  if (options_.loss != Loss::softmax) return options_.self_adversarial;
  // The kernel's softmax has one weight, 1, for all negatives of a side.
  const kernel::GroupWeights w = group_weights(options_, sides, shape);
  const auto plain = [&](SideNegatives side, float batch, float uniform, std::size_t num_uniform) {
    if (side == SideNegatives::none) return true;
    const bool batch_fits =
        shape.num_positives < 2 || batch == (shape.batch_negatives ? 1.0f : 0.0f);
    return batch_fits && (num_uniform == 0 || uniform == 1.0f);
  };
  return !plain(sides.lhs, w.batch_lhs, w.uniform_lhs, shape.num_lhs_uniform) ||
         !plain(sides.rhs, w.batch_rhs, w.uniform_rhs, shape.num_rhs_uniform);
}

double GroupLoss::coefficients(const kernel::GroupShape& shape, const GroupSides& sides,
                               std::span<const kernel::MaskedEntry> masked, MatrixView scores,
                               MatrixView coefficients) {
  if (needs_copy(shape, sides)) return by_sides(shape, sides, masked, scores, coefficients);
  if (scores.data != coefficients.data) {
    for_each_run(shape, [&](std::size_t i, std::size_t j, std::size_t n) {
      std::copy_n(scores.row(i) + j, n, coefficients.row(i) + j);
    });
  }
  return by_kernel(shape, sides, masked, coefficients);
}

double GroupLoss::by_kernel(const kernel::GroupShape& shape, const GroupSides& sides,
                            std::span<const kernel::MaskedEntry> masked, MatrixView entries) {
  kernel::GroupWeights weights = group_weights(options_, sides, shape);
  for (float* weight : {&weights.positive, &weights.batch_rhs, &weights.batch_lhs,
                        &weights.uniform_rhs, &weights.uniform_lhs}) {
    *weight *= sides.relation_weight;
  }
  switch (options_.loss) {
    case Loss::logistic:
      if (offset() != 0.0f) {
        for_each_run(shape, [&](std::size_t i, std::size_t j, std::size_t n) {
          for (std::size_t k = j; k < j + n; ++k) entries(i, k) += offset();
        });
      }
      return kernel::logistic_coefficients(shape, weights, masked, entries);
    case Loss::ranking:
      return kernel::ranking_coefficients(shape, weights, options_.margin, masked, entries);
    case Loss::softmax:
      break;
  }
  const float w = sides.relation_weight;
  const kernel::SoftmaxWeights softmax{sides.rhs == SideNegatives::none ? 0.0f : w,
                                       sides.lhs == SideNegatives::none ? 0.0f : w,
                                       sides.edge_weights};
  return kernel::softmax_coefficients(shape, softmax, options_.temperature, masked, entries,
                                      kernel_scratch_);
}

double GroupLoss::by_sides(const kernel::GroupShape& shape, const GroupSides& sides,
                           std::span<const kernel::MaskedEntry> masked, MatrixView scores,
                           MatrixView coefficients) {
  reserve(shape);
  for (const auto [source, target] : masked) scores(source, target) = kMasked;
  for_each_run(shape, [&](std::size_t i, std::size_t j, std::size_t n) {
    std::fill_n(coefficients.row(i) + j, n, 0.0f);
  });
  double loss = 0.0;
  if (options_.loss == Loss::logistic) {
    const float count = group_weights(options_, sides, shape).positive;
    for (std::size_t i = 0; i < shape.num_positives; ++i) {
      const float positive = scores(i, i) + offset();
      loss += kernel::logistic_positives(&positive, 1, count * weight_of_edge(sides, i),
                                         &coefficients(i, i));
    }
  }
  if (sides.rhs != SideNegatives::none) loss += add_rhs_sides(shape, sides, scores, coefficients);
  if (sides.lhs != SideNegatives::none) loss += add_lhs_sides(shape, sides, scores, coefficients);
  return loss;
}

double GroupLoss::add_rhs_sides(const kernel::GroupShape& shape, const GroupSides& sides,
                                MatrixView scores, MatrixView coefficients) {
  const kernel::GroupWeights weights = group_weights(options_, sides, shape);
  const std::size_t first = first_row(shape), n = shape.num_targets() - first;
  float* negatives = panel_.floats(n);
  double loss = 0.0;
  for (std::size_t i = 0; i < shape.num_positives; ++i) {
    for (std::size_t j = 0; j < n; ++j) negatives[j] = scores(i, first + j) + offset();
    if (shape.batch_negatives) negatives[i] = kMasked;
    const SideScores side{scores(i, i) + offset(),
                          {negatives, n},
                          shape.num_positives - first,
                          weights.batch_rhs,
                          weights.uniform_rhs};
    loss += side_loss(options_, weight_of_edge(sides, i), side, coefficients(i, i),
                      {work_.floats(2 * (n + 1)), 2 * (n + 1)});
    for (std::size_t j = 0; j < n; ++j) coefficients(i, first + j) += negatives[j];
  }
  return loss;
}

double GroupLoss::add_lhs_sides(const kernel::GroupShape& shape, const GroupSides& sides,
                                MatrixView scores, MatrixView coefficients) {
  const kernel::GroupWeights weights = group_weights(options_, sides, shape);
  const std::size_t first = first_row(shape), n = shape.num_sources() - first;
  float* panel = panel_.floats(kPanel * n);
  double loss = 0.0;
  for (std::size_t begin = 0; begin < shape.num_positives; begin += kPanel) {
    const std::size_t width = std::min(kPanel, shape.num_positives - begin);
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t c = 0; c < width; ++c) {
        panel[c * n + k] = scores(first + k, begin + c) + offset();
      }
    }
    for (std::size_t c = 0; c < width; ++c) {
      const std::size_t i = begin + c;
      float* negatives = panel + c * n;
      if (shape.batch_negatives) negatives[i] = kMasked;
      const SideScores side{scores(i, i) + offset(),
                            {negatives, n},
                            shape.num_positives - first,
                            weights.batch_lhs,
                            weights.uniform_lhs};
      loss += side_loss(options_, weight_of_edge(sides, i), side, coefficients(i, i),
                        {work_.floats(2 * (n + 1)), 2 * (n + 1)});
    }
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t c = 0; c < width; ++c) {
        coefficients(first + k, begin + c) += panel[c * n + k];
      }
    }
  }
  return loss;
}

}  // namespace twhin
