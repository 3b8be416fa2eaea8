#include "twhin/metrics/clustering.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "twhin/base/error.h"

namespace twhin::metrics {
namespace {

// n H = sum c log(n / c) over the counts c of the values.
// The counts are summed in ascending order, so that the names of the labels do not show in the
// bits.
template <class T>
double entropy_times_n(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  std::vector<std::size_t> counts;
  for (std::size_t begin = 0, end = 0; begin < values.size(); begin = end) {
    while (end < values.size() && values[end] == values[begin]) ++end;
    counts.push_back(end - begin);
  }
  if (counts.size() == 1) return 0.0;
  std::sort(counts.begin(), counts.end());
  const auto n = static_cast<double>(values.size());
  double sum = 0.0;
  for (const std::size_t count : counts) {
    const auto c = static_cast<double>(count);
    sum += c * std::log(n / c);
  }
  return sum;
}

}  // namespace

std::optional<double> normalized_mutual_information(std::span<const std::uint32_t> a,
                                                    std::span<const std::uint32_t> b) {
  if (a.size() != b.size()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.size_mismatch")
        .what("two labellings of the same things differ in length")
        .found(fmt::format("{} and {} labels", a.size(), b.size()))
        .build();
  }
  if (a.empty()) return std::nullopt;
  std::vector<std::uint64_t> joint(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) joint[i] = (std::uint64_t{a[i]} << 32) | b[i];
  const double of_a = entropy_times_n(std::vector<std::uint32_t>(a.begin(), a.end()));
  const double of_b = entropy_times_n(std::vector<std::uint32_t>(b.begin(), b.end()));
  if (of_a == 0.0 && of_b == 0.0) return 1.0;
  // I(A; B) = H(A) + H(B) - H(A, B); rounding may leave it a hair outside its range.
  const double shared = of_a + of_b - entropy_times_n(std::move(joint));
  return std::clamp(2.0 * shared / (of_a + of_b), 0.0, 1.0);
}

}  // namespace twhin::metrics
