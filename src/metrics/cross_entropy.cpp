// Cross entropies and calibration: what needs probabilities rather than scores.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "metrics/quantile.h"
#include "metrics/scored.h"
#include "twhin/base/error.h"
#include "twhin/metrics/prediction.h"

namespace twhin::metrics {
namespace {

void check_options(const CrossEntropyOptions& options) {
  if (options.epsilon > 0.0 && options.epsilon < 0.5 && options.label_smoothing >= 0.0 &&
      options.label_smoothing < 1.0) {
    return;
  }
  throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.cross_entropy_options")
      .what("the cross entropy cannot be computed with these options")
      .found(
          fmt::format("epsilon {}, label_smoothing {}", options.epsilon, options.label_smoothing))
      .expected("epsilon between 0 and 0.5, label_smoothing from 0 to below 1")
      .build();
}

// Terms of CE as Twitter's code has them: clamp, and epsilon inside the logarithm as well.
double cross_entropy(double prediction, double label, double epsilon) {
  const double p = std::clamp(prediction, epsilon, 1.0 - epsilon);
  return -label * std::log(p + epsilon) - (1.0 - label) * std::log(1.0 - p + epsilon);
}

struct Means {
  double weight = 0.0, positive_weight = 0.0, prediction = 0.0;
};

Means means_of(const Scored& scored) {
  Means out;
  for (std::size_t i = 0; i < scored.scores.size(); ++i) {
    const double w = weight_of(scored, i);
    out.weight += w;
    if (scored.labels[i] != 0) out.positive_weight += w;
    out.prediction += w * scored.scores[i];
  }
  out.prediction /= out.weight;
  return out;
}

bool has_both_classes(const Scored& scored) {
  bool has[2] = {false, false};
  for (std::size_t i = 0; i < scored.labels.size(); ++i) {
    if (weight_of(scored, i) > 0.0) has[scored.labels[i]] = true;
  }
  return has[0] && has[1];
}

double smooth(double label, double a) { return label * (1.0 - a) + 0.5 * a; }

// RCE of scale * p; requires both classes.
RelativeCrossEntropy scaled_rce(const Scored& scored, const Means& means, double scale,
                                const CrossEntropyOptions& options) {
  RelativeCrossEntropy out;
  out.mean_label = smooth(means.positive_weight / means.weight, options.label_smoothing);
  out.mean_prediction = scale * means.prediction;
  double sum = 0.0;
  for (std::size_t i = 0; i < scored.scores.size(); ++i) {
    const double p = scale * scored.scores[i];
    if (p < options.epsilon || p > 1.0 - options.epsilon) ++out.num_clamped;
    const double label = smooth(scored.labels[i], options.label_smoothing);
    sum += weight_of(scored, i) * cross_entropy(p, label, options.epsilon);
  }
  out.model = sum / means.weight;
  out.reference = cross_entropy(out.mean_label, out.mean_label, options.epsilon);
  out.rce = 100.0 * (out.reference - out.model) / out.reference;
  return out;
}

}  // namespace

std::optional<RelativeCrossEntropy> relative_cross_entropy(const Scored& probabilities,
                                                           const CrossEntropyOptions& options) {
  check_probabilities(probabilities);
  check_options(options);
  if (!has_both_classes(probabilities)) return std::nullopt;
  return scaled_rce(probabilities, means_of(probabilities), 1.0, options);
}

std::optional<RelativeCrossEntropy> normalized_relative_cross_entropy(
    const Scored& probabilities, const CrossEntropyOptions& options) {
  check_probabilities(probabilities);
  check_options(options);
  if (!has_both_classes(probabilities)) return std::nullopt;
  const Means means = means_of(probabilities);
  if (means.prediction == 0.0) return std::nullopt;
  const double label = smooth(means.positive_weight / means.weight, options.label_smoothing);
  return scaled_rce(probabilities, means, label / means.prediction, options);
}

std::optional<double> log_loss(const Scored& probabilities, double epsilon) {
  check_probabilities(probabilities);
  check_options({.epsilon = epsilon});
  double sum = 0.0, weight = 0.0;
  for (std::size_t i = 0; i < probabilities.scores.size(); ++i) {
    const double p = std::clamp(probabilities.scores[i], epsilon, 1.0 - epsilon);
    const double w = weight_of(probabilities, i);
    sum -= w * (probabilities.labels[i] != 0 ? std::log(p) : std::log1p(-p));
    weight += w;
  }
  if (weight == 0.0) return std::nullopt;
  return sum / weight;
}

std::optional<Calibration> calibration(const Scored& probabilities, std::size_t num_bins,
                                       Binning binning) {
  constexpr std::size_t kMostBins = std::size_t{1} << 20;
  check_probabilities(probabilities);
  if (num_bins == 0 || num_bins > kMostBins) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.num_bins")
        .what("the number of bins is out of range")
        .found(fmt::format("{}", num_bins))
        .expected(fmt::format("1 to {}", kMostBins))
        .build();
  }
  const Means means = means_of(probabilities);
  if (means.positive_weight == 0.0) return std::nullopt;

  const auto& p = probabilities.scores;
  std::vector<std::uint32_t> bin_of;
  if (binning == Binning::equal_count) {
    bin_of = quantile_groups(p, num_bins);
  } else {
    bin_of.resize(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) {
      const auto bin = static_cast<std::size_t>(p[i] * static_cast<double>(num_bins));
      bin_of[i] = static_cast<std::uint32_t>(std::min(bin, num_bins - 1));
    }
  }
  Calibration out;
  out.bins.resize(num_bins);
  for (std::size_t i = 0; i < p.size(); ++i) {
    CalibrationBin& bin = out.bins[bin_of[i]];
    const double w = weight_of(probabilities, i);
    ++bin.count;
    bin.weight += w;
    bin.mean_prediction += w * p[i];
    bin.mean_label += w * probabilities.labels[i];
  }
  for (CalibrationBin& bin : out.bins) {
    bin.mean_prediction /= bin.weight;  // NaN in a bin without weight
    bin.mean_label /= bin.weight;
    if (bin.weight == 0.0) continue;
    const double error = std::abs(bin.mean_prediction - bin.mean_label);
    out.expected_error += bin.weight / means.weight * error;
    out.largest_error = std::max(out.largest_error, error);
  }
  out.ratio = means.prediction / (means.positive_weight / means.weight);
  return out;
}

}  // namespace twhin::metrics
