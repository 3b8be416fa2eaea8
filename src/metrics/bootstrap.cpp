#include "twhin/metrics/bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "twhin/base/error.h"
#include "twhin/base/rng.h"
#include "twhin/base/threads.h"

namespace twhin::metrics {
namespace {

void check(std::size_t num_units, const BootstrapOptions& options) {
  if (options.resamples == 0 || !(options.confidence > 0.0 && options.confidence < 1.0)) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.bootstrap_options")
        .what("no confidence interval comes from these options")
        .found(fmt::format("{} resamples, confidence {}", options.resamples, options.confidence))
        .expected("at least 1 resample, a confidence between 0 and 1")
        .build();
  }
  if (num_units > std::numeric_limits<std::uint32_t>::max()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.too_many_units")
        .what("too many units to resample")
        .found(fmt::format("{}", num_units))
        .expected("fewer than 2^32")
        .build();
  }
}

Interval percentile_interval(std::vector<double> values, double confidence) {
  const auto undefined =
      std::remove_if(values.begin(), values.end(), [](double value) { return std::isnan(value); });
  Interval out;
  out.num_undefined = static_cast<std::uint32_t>(values.end() - undefined);
  values.erase(undefined, values.end());
  std::sort(values.begin(), values.end());
  out.low = quantile_of_sorted(values, 0.5 * (1.0 - confidence));
  out.high = quantile_of_sorted(values, 0.5 * (1.0 + confidence));
  return out;
}

}  // namespace

double quantile_of_sorted(std::span<const double> ascending, double q) {
  if (ascending.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double place = q * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double part = place - static_cast<double>(below);
  // Also where nothing is to be interpolated because both are the same infinity.
  if (part == 0.0 || ascending[below] == ascending[below + 1]) return ascending[below];
  return ascending[below] + part * (ascending[below + 1] - ascending[below]);
}

std::vector<Interval> bootstrap(std::size_t num_units, std::size_t num_statistics,
                                const BootstrapStatistic& statistic,
                                const BootstrapOptions& options) {
  check(num_units, options);
  std::vector<std::vector<double>> values(num_statistics, std::vector<double>(options.resamples));
  const auto one = [&](std::uint32_t resample, std::vector<std::uint32_t>& counts) {
    Rng rng(options.seed, RngPurpose::bootstrap, resample);
    std::fill(counts.begin(), counts.end(), 0u);
    for (std::size_t i = 0; i < num_units; ++i) ++counts[rng.below(num_units)];
    std::vector<double> out(num_statistics);
    statistic(counts, out);
    for (std::size_t s = 0; s < num_statistics; ++s) values[s][resample] = out[s];
  };
  const std::size_t threads = std::clamp<std::size_t>(options.threads, 1, options.resamples);
  std::atomic<std::uint32_t> next{0};
  run_threads(threads, [&](std::size_t thread) {
    std::vector<std::uint32_t> counts(num_units);
    for (std::uint32_t resample; (resample = next.fetch_add(1)) < options.resamples;) {
      try {
        one(resample, counts);
        if (thread == 0 && options.progress) options.progress(resample + 1);
      } catch (...) {
        next = options.resamples;
        throw;
      }
    }
  });
  std::vector<Interval> intervals;
  intervals.reserve(num_statistics);
  for (std::vector<double>& of_statistic : values) {
    intervals.push_back(percentile_interval(std::move(of_statistic), options.confidence));
  }
  return intervals;
}

Interval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options) {
  const auto nan = std::find_if(values.begin(), values.end(), [](double v) { return v != v; });
  if (nan != values.end()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.nan_value")
        .what(fmt::format("value {} is not a number", nan - values.begin()))
        .expected("a number for each unit; leave undefined ones out and say how many")
        .build();
  }
  const auto mean = [&](std::span<const std::uint32_t> counts, std::span<double> out) {
    double sum = 0.0;
    // A unit that was not drawn adds nothing, even if its value is infinite.
    for (std::size_t u = 0; u < values.size(); ++u) {
      if (counts[u] != 0) sum += static_cast<double>(counts[u]) * values[u];
    }
    out[0] = sum / static_cast<double>(values.size());
  };
  return bootstrap(values.size(), 1, mean, options).front();
}

RankingIntervals bootstrap_ranking(std::span<const RankCounts> queries,
                                   const BootstrapOptions& options) {
  struct Terms {
    double rank, reciprocal, auc, with_auc;
    std::array<double, kHitsAt.size()> hits;
  };
  std::vector<Terms> terms;
  terms.reserve(queries.size());
  for (const RankCounts& query : queries) {
    const double rank = query.rank();
    const auto auc = query.auc();
    Terms term{rank, 1.0 / rank, auc.value_or(0.0), auc ? 1.0 : 0.0, {}};
    for (std::size_t i = 0; i < kHitsAt.size(); ++i) term.hits[i] = rank <= kHitsAt[i] ? 1.0 : 0.0;
    terms.push_back(term);
  }
  constexpr std::size_t kMr = 0, kMrr = 1, kAuc = 2, kHits = 3;
  const auto means = [&](std::span<const std::uint32_t> counts, std::span<double> out) {
    Terms sum{};
    for (std::size_t q = 0; q < terms.size(); ++q) {
      const auto weight = static_cast<double>(counts[q]);
      sum.rank += weight * terms[q].rank;
      sum.reciprocal += weight * terms[q].reciprocal;
      sum.auc += weight * terms[q].auc;
      sum.with_auc += weight * terms[q].with_auc;
      for (std::size_t i = 0; i < kHitsAt.size(); ++i) sum.hits[i] += weight * terms[q].hits[i];
    }
    const auto n = static_cast<double>(terms.size());
    out[kMr] = sum.rank / n;
    out[kMrr] = sum.reciprocal / n;
    out[kAuc] = sum.auc / sum.with_auc;
    for (std::size_t i = 0; i < kHitsAt.size(); ++i) out[kHits + i] = sum.hits[i] / n;
  };
  const auto found = bootstrap(queries.size(), kHits + kHitsAt.size(), means, options);
  RankingIntervals out{found[kMr], found[kMrr], found[kAuc], {}};
  std::copy_n(found.begin() + kHits, kHitsAt.size(), out.hits.begin());
  return out;
}

}  // namespace twhin::metrics
