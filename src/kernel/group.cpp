#include "kernel/group.h"

#include <cmath>
#include <string>

#include "kernel/reference.h"
#include "kernel/shapes.h"
#include "twhin/base/error.h"

namespace twhin::kernel {
namespace {

void check_group(std::string_view function, const GroupShape& shape, ConstMatrixView sources,
                 ConstMatrixView targets) {
  check_size(function, "columns of targets", targets.cols, sources.cols);
  check_size(function, "rows of sources", sources.rows, shape.num_sources());
  check_size(function, "rows of targets", targets.rows, shape.num_targets());
}

void check_scores(std::string_view function, const GroupShape& shape, ConstMatrixView scores,
                  std::span<const float> edges) {
  check_shape(function, "rows of scores", "columns of scores", scores, shape.num_sources(),
              shape.num_targets());
  if (!edges.empty()) check_size(function, "weights.edges", edges.size(), shape.num_positives);
}

}  // namespace

void group_scores(const GroupShape& shape, ConstMatrixView sources, ConstMatrixView targets,
                  MatrixView scores, Scratch&) {
  check_group("group_scores", shape, sources, targets);
  check_scores("group_scores", shape, scores, {});
  reference::group_scores(shape, sources, targets, scores);
}

void group_gradients(const GroupShape& shape, ConstMatrixView coefficients, ConstMatrixView sources,
                     ConstMatrixView targets, MatrixView d_sources, MatrixView d_targets) {
  check_group("group_gradients", shape, sources, targets);
  check_scores("group_gradients", shape, coefficients, {});
  check_shape("group_gradients", "rows of d_sources", "columns of d_sources", d_sources,
              sources.rows, sources.cols);
  check_shape("group_gradients", "rows of d_targets", "columns of d_targets", d_targets,
              targets.rows, targets.cols);
  reference::group_gradients(shape, coefficients, sources, targets, d_sources, d_targets);
}

double logistic_coefficients(const GroupShape& shape, const GroupWeights& weights,
                             std::span<const MaskedEntry> masked, MatrixView scores) {
  check_scores("logistic_coefficients", shape, scores, weights.edges);
  return reference::logistic_coefficients(shape, weights, masked, scores);
}

double softmax_coefficients(const GroupShape& shape, const SoftmaxWeights& weights,
                            float temperature, std::span<const MaskedEntry> masked,
                            MatrixView scores, Scratch&) {
  check_scores("softmax_coefficients", shape, scores, weights.edges);
  if (!(temperature > 0) || !std::isfinite(temperature)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "kernel.temperature")
        .what("the softmax loss needs a positive temperature")
        .found(std::to_string(temperature))
        .build();
  }
  return reference::softmax_coefficients(shape, weights, temperature, masked, scores);
}

double ranking_coefficients(const GroupShape& shape, const GroupWeights& weights, float margin,
                            std::span<const MaskedEntry> masked, MatrixView scores) {
  check_scores("ranking_coefficients", shape, scores, weights.edges);
  return reference::ranking_coefficients(shape, weights, margin, masked, scores);
}

}  // namespace twhin::kernel
