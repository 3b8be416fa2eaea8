// twhin/metrics/prediction.h -- how good predictions of a yes/no label are.
//
// With label y_i in {0, 1}, prediction p_i, weight w_i (1 if none are given), W = sum w_i, and
// CE(q) = sum_i w_i ( -y_i log(q_i) - (1 - y_i) log(1 - q_i) ) / W in nats:
//
//     log loss = CE(p)
//     RCE      = 100 ( CE(m) - CE(p) ) / CE(m),   m = sum w_i y_i / W             (1)
//     NRCE     = RCE of p_i * m / (sum w_i p_i / W)                               (2)
//
// RCE is the improvement over the constant predictor m, in percent: 100 is perfect, 0 no better
// than m, negative worse. NRCE puts the predictions' mean right first, and so says what the model
// would reach if it were calibrated on average.
//
//     ROC-AUC  = sum_{i pos, j neg} w_i w_j ( [s_i > s_j] + [s_i = s_j] / 2 ) / (W_pos W_neg)
//     average precision   = sum_t (R_t - R_{t-1}) P_t                             (3)
//     PR-AUC, trapezoid   = sum_t (R_t - R_{t-1}) (P_t + P_{t-1}) / 2             (4)
//
// t runs over the distinct scores from the largest, P_t and R_t are precision and recall of
// "score at least t", R_0 = 0, P_0 = 1. (3) is a step function and does not flatter; (4) joins the
// points by straight lines, which no classifier reaches (Davis and Goadrich, ICML 2006), and is
// here to compare with figures that were computed so. These three see only the order of scores.
//
// Sources: El-Kishky et al., KDD 2022, Eq. 4 (RCE); twitter/the-algorithm-ml, metrics/rce.py
// (epsilon, smoothing, NRCE); Fawcett, 2006 (ROC); Guo et al., ICML 2017 (calibration error).
// Undefined (no weight, one class only) is an empty optional, never an error.
// Errors of every function here: invalid_argument "metrics.size_mismatch", "metrics.bad_label"
// (not 0 or 1), "metrics.bad_weight" (negative or not finite), "metrics.nan_score"; those that need
// probabilities also "metrics.bad_probability" (outside [0, 1]).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace twhin::metrics {

/// A view of scored examples; scores and labels equally long, weights as long or empty (all 1).
struct Scored {
  std::span<const double> scores;  ///< larger is likelier; probabilities where stated
  std::span<const std::uint8_t> labels;
  std::span<const double> weights = {};
};

struct CrossEntropyOptions {
  double epsilon = 1e-7;         ///< predictions are held in [epsilon, 1 - epsilon]
  double label_smoothing = 0.0;  ///< a: a label y counts as y (1 - a) + a / 2
};

struct RelativeCrossEntropy {
  double rce = 0.0;               ///< in percent
  double model = 0.0;             ///< CE(p)
  double reference = 0.0;         ///< CE(m)
  double mean_label = 0.0;        ///< m, after smoothing
  double mean_prediction = 0.0;   ///< of the predictions that were scored, before the clamp
  std::uint64_t num_clamped = 0;  ///< predictions outside [epsilon, 1 - epsilon]
};

/// Equation (1) as Twitter's code computes it: predictions are clamped, and epsilon is added inside
/// the logarithm, in CE(p) and CE(m) alike. Empty unless both labels have weight.
///
/// Errors    also invalid_argument "metrics.cross_entropy_options" unless 0 < epsilon < 0.5 and
///           0 <= label_smoothing < 1.
std::optional<RelativeCrossEntropy> relative_cross_entropy(const Scored& probabilities,
                                                           const CrossEntropyOptions& options = {});

/// Equation (2), with the means of the whole set. (Twitter's code uses the means of what it has
/// seen so far, so that its figure depends on the order.) Scaled predictions above 1 are clamped
/// and counted. Empty also if all predictions are 0.
std::optional<RelativeCrossEntropy> normalized_relative_cross_entropy(
    const Scored& probabilities, const CrossEntropyOptions& options = {});

/// CE(p) with predictions clamped to [epsilon, 1 - epsilon] and nothing added. Empty without
/// weight.
std::optional<double> log_loss(const Scored& probabilities, double epsilon = 1e-15);

/// Empty unless both labels have weight. Cost: one sort.
std::optional<double> roc_auc(const Scored& scored);
/// Equation (3). Empty unless label 1 has weight.
std::optional<double> average_precision(const Scored& scored);
/// Equation (4). Empty unless label 1 has weight.
std::optional<double> pr_auc_trapezoid(const Scored& scored);

/// Unweighted mean over groups (queries, sessions) of a metric computed inside each.
struct GroupMean {
  std::optional<double> mean;       ///< empty if the metric is undefined in every group
  std::uint64_t num_groups = 0;     ///< groups that enter the mean
  std::uint64_t num_undefined = 0;  ///< groups left out: one class only, or no weight
};

/// Mean of roc_auc() over groups. `group`: one number an example; equal numbers are one group.
GroupMean mean_roc_auc(const Scored& scored, std::span<const std::uint64_t> group);
/// Mean of average_precision() over groups: the classical MAP where scores have no ties.
GroupMean mean_average_precision(const Scored& scored, std::span<const std::uint64_t> group);

/// How calibration() forms its bins.
enum class Binning {
  equal_width,  ///< bin b holds b/B <= p < (b+1)/B; the last one also 1
  equal_count,  ///< quantile groups (groups.h): equal predictions share a bin
};

struct CalibrationBin {
  std::uint64_t count = 0;
  double weight = 0.0;
  double mean_prediction = 0.0, mean_label = 0.0;  ///< NaN if weight is 0
};

struct Calibration {
  std::vector<CalibrationBin> bins;
  double ratio = 0.0;           ///< mean prediction / mean label: 1 is right, above 1 too sure
  double expected_error = 0.0;  ///< ECE: weighted mean over bins of |mean prediction - mean label|
  double largest_error = 0.0;   ///< the largest of these
};

/// Empty unless label 1 has weight.
///
/// Errors    also invalid_argument "metrics.num_bins" if num_bins is 0 or above 2^20.
std::optional<Calibration> calibration(const Scored& probabilities, std::size_t num_bins = 10,
                                       Binning binning = Binning::equal_width);

}  // namespace twhin::metrics
