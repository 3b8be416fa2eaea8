#include "twhin/metrics/rank.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "twhin/base/error.h"

namespace twhin::metrics {
namespace {

// Counters of the inner loop are as wide as a score, so that they stay in the same vector
// registers; no run is long enough to overflow them.
constexpr std::size_t kRun = std::size_t{1} << 16;

struct RunCounts {
  std::uint32_t greater = 0, equal = 0, unordered = 0;
};

RunCounts count_run(float positive, const float* scores, std::size_t size) {
  std::uint32_t greater = 0, equal = 0, unordered = 0;
  for (std::size_t i = 0; i < size; ++i) {
    greater += scores[i] > positive ? 1u : 0u;
    equal += scores[i] == positive ? 1u : 0u;
    unordered += scores[i] != scores[i] ? 1u : 0u;
  }
  return {greater, equal, unordered};
}

[[noreturn]] void throw_nan(std::string_view whose) {
  throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.nan_score")
      .what(fmt::format("the score of {} is not a number", whose))
      .expected("scores that can be ordered")
      .hint(
          "an embedding or a relation parameter is NaN: look where the loss became NaN in training")
      .build();
}

}  // namespace

double RankCounts::rank() const {
  return 1.0 + static_cast<double>(greater) + 0.5 * static_cast<double>(equal);
}

std::optional<double> RankCounts::auc() const {
  if (candidates == 0) return std::nullopt;
  const auto less = static_cast<double>(candidates - greater - equal);
  return (less + 0.5 * static_cast<double>(equal)) / static_cast<double>(candidates);
}

RankCounts& RankCounts::operator+=(const RankCounts& other) {
  greater += other.greater;
  equal += other.equal;
  candidates += other.candidates;
  return *this;
}

void add_candidates(float positive, std::span<const float> scores, RankCounts& counts) {
  if (std::isnan(positive)) throw_nan("the positive");
  RankCounts added{.candidates = scores.size()};
  for (std::size_t begin = 0; begin < scores.size(); begin += kRun) {
    const auto run = scores.subspan(begin, std::min(kRun, scores.size() - begin));
    const RunCounts found = count_run(positive, run.data(), run.size());
    if (found.unordered != 0) {
      const auto first = std::find_if(run.begin(), run.end(), [](float s) { return s != s; });
      throw_nan(fmt::format("candidate {} ({} of {} in its block)",
                            begin + static_cast<std::size_t>(first - run.begin()), found.unordered,
                            run.size()));
    }
    added.greater += found.greater;
    added.equal += found.equal;
  }
  counts += added;
}

void remove_candidates(float positive, std::span<const float> scores,
                       std::span<const std::uint32_t> excluded, RankCounts& counts) {
  RankCounts removed{.candidates = excluded.size()};
  for (std::size_t i = 0; i < excluded.size(); ++i) {
    const std::uint32_t place = excluded[i];
    if (place >= scores.size() || (i > 0 && place <= excluded[i - 1])) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.excluded_place")
          .what("the excluded places do not fit the block of candidates")
          .found(fmt::format("place {}{}", place,
                             i > 0 ? fmt::format(" after {}", excluded[i - 1]) : std::string()))
          .expected(fmt::format("strictly ascending places below {}", scores.size()))
          .build();
    }
    removed.greater += scores[place] > positive ? 1u : 0u;
    removed.equal += scores[place] == positive ? 1u : 0u;
  }
  const auto less = [](const RankCounts& c) { return c.candidates - c.greater - c.equal; };
  if (removed.greater > counts.greater || removed.equal > counts.equal ||
      less(removed) > less(counts)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.not_counted")
        .what("candidates are taken back that were never counted")
        .found(fmt::format("{} taken back, {} counted", removed.candidates, counts.candidates))
        .expected("add_candidates() of the same block and positive first")
        .build();
  }
  counts.greater -= removed.greater;
  counts.equal -= removed.equal;
  counts.candidates -= removed.candidates;
}

RankCounts rank_among(float positive, std::span<const float> scores,
                      std::span<const std::uint32_t> excluded) {
  RankCounts counts;
  add_candidates(positive, scores, counts);
  remove_candidates(positive, scores, excluded, counts);
  return counts;
}

}  // namespace twhin::metrics
