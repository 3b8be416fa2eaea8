// Areas under the ROC and the precision-recall curve: what sees only the order of the scores.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "metrics/quantile.h"
#include "metrics/scored.h"
#include "twhin/base/error.h"
#include "twhin/metrics/prediction.h"

namespace twhin::metrics {
namespace {

/// Weights of the two classes above a threshold, and what the threshold adds to each.
struct Step {
  double positive_above, negative_above, positive, negative;
};

/// Visits the distinct scores among `places` from the largest. Sorts `places`.
template <class Visit>
void for_each_threshold(const Scored& scored, std::span<std::size_t> places, Visit visit) {
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return scored.scores[a] > scored.scores[b];
  });
  Step step{};
  for (std::size_t begin = 0, end = 0; begin < places.size(); begin = end) {
    step.positive = step.negative = 0.0;
    const double score = scored.scores[places[begin]];
    for (; end < places.size() && scored.scores[places[end]] == score; ++end) {
      const std::size_t i = places[end];
      (scored.labels[i] != 0 ? step.positive : step.negative) += weight_of(scored, i);
    }
    visit(step);
    step.positive_above += step.positive;
    step.negative_above += step.negative;
  }
}

std::optional<double> auc_of(const Scored& scored, std::span<std::size_t> places) {
  double area = 0.0, positives = 0.0, negatives = 0.0;
  for_each_threshold(scored, places, [&](const Step& step) {
    area += step.negative * (step.positive_above + 0.5 * step.positive);
    positives += step.positive;
    negatives += step.negative;
  });
  if (positives == 0.0 || negatives == 0.0) return std::nullopt;
  return area / (positives * negatives);
}

// The area under precision over recall, each step as wide as the recall that it adds; `height`
// takes the precision at the step and the one before it.
template <class Height>
std::optional<double> precision_recall_area(const Scored& scored, std::span<std::size_t> places,
                                            Height height) {
  double area = 0.0, positives = 0.0, precision_before = 1.0;
  for_each_threshold(scored, places, [&](const Step& step) {
    const double found = step.positive_above + step.positive;
    const double all = found + step.negative_above + step.negative;
    if (all == 0.0) return;  // only examples without weight so far
    const double precision = found / all;
    area += step.positive * height(precision, precision_before);
    positives += step.positive;
    precision_before = precision;
  });
  if (positives == 0.0) return std::nullopt;
  return area / positives;
}

std::optional<double> average_precision_of(const Scored& scored, std::span<std::size_t> places) {
  return precision_recall_area(scored, places, [](double precision, double) { return precision; });
}

std::optional<double> trapezoid_of(const Scored& scored, std::span<std::size_t> places) {
  return precision_recall_area(
      scored, places, [](double precision, double before) { return 0.5 * (precision + before); });
}

using Metric = std::optional<double> (*)(const Scored&, std::span<std::size_t>);

std::optional<double> over_all(const Scored& scored, Metric metric) {
  check_scored(scored);
  std::vector<std::size_t> places(scored.scores.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  return metric(scored, places);
}

GroupMean over_groups(const Scored& scored, std::span<const std::uint64_t> group, Metric metric) {
  check_scored(scored);
  if (group.size() != scored.scores.size()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.size_mismatch")
        .what("scores and groups differ in number")
        .found(fmt::format("{} scores, {} groups", scored.scores.size(), group.size()))
        .build();
  }
  auto places = sorted_places(group, std::less<>());
  GroupMean out;
  double sum = 0.0;
  for (std::size_t begin = 0, end = 0; begin < places.size(); begin = end) {
    const std::uint64_t id = group[places[begin]];
    while (end < places.size() && group[places[end]] == id) ++end;
    if (const auto value = metric(scored, std::span(places).subspan(begin, end - begin))) {
      sum += *value;
      ++out.num_groups;
    } else {
      ++out.num_undefined;
    }
  }
  if (out.num_groups > 0) out.mean = sum / static_cast<double>(out.num_groups);
  return out;
}

}  // namespace

std::optional<double> roc_auc(const Scored& scored) { return over_all(scored, auc_of); }

std::optional<double> average_precision(const Scored& scored) {
  return over_all(scored, average_precision_of);
}

std::optional<double> pr_auc_trapezoid(const Scored& scored) {
  return over_all(scored, trapezoid_of);
}

GroupMean mean_roc_auc(const Scored& scored, std::span<const std::uint64_t> group) {
  return over_groups(scored, group, auc_of);
}

GroupMean mean_average_precision(const Scored& scored, std::span<const std::uint64_t> group) {
  return over_groups(scored, group, average_precision_of);
}

}  // namespace twhin::metrics
