#include "twhin/metrics/recommendation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "twhin/base/error.h"

namespace twhin::metrics {
namespace {

std::span<const std::uint64_t> first(std::span<const std::uint64_t> items, std::size_t k) {
  return items.first(std::min(k, items.size()));
}

void check(std::span<const std::uint64_t> shown, std::span<const std::uint64_t> relevant,
           std::size_t k) {
  if (k == 0) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.k")
        .what("a list is measured over no place")
        .found("k = 0")
        .expected("k of at least 1")
        .build();
  }
  const auto unordered =
      std::adjacent_find(relevant.begin(), relevant.end(), [](auto a, auto b) { return a >= b; });
  if (unordered != relevant.end()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.relevant_order")
        .what("the relevant items do not ascend strictly")
        .found(fmt::format("{} before {}", unordered[0], unordered[1]))
        .build();
  }
  std::vector<std::uint64_t> sorted(shown.begin(), shown.end());
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.duplicate_item")
        .what(fmt::format("item {} is recommended twice in one list", *twice))
        .build();
  }
}

[[noreturn]] void throw_unknown_item(std::uint64_t item, std::size_t num_items) {
  throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.unknown_item")
      .what(fmt::format("item {} is not in the catalogue", item))
      .expected(fmt::format("items below {}", num_items))
      .build();
}

}  // namespace

std::optional<ListMetrics> list_metrics(std::span<const std::uint64_t> recommended,
                                        std::span<const std::uint64_t> relevant, std::size_t k) {
  const auto shown = first(recommended, k);
  check(shown, relevant, k);
  if (relevant.empty()) return std::nullopt;

  const std::size_t most_hits = std::min(k, relevant.size());
  std::size_t hits = 0, first_hit = 0;
  double dcg = 0.0, sum_of_precisions = 0.0;
  for (std::size_t i = 1; i <= shown.size(); ++i) {
    if (!std::binary_search(relevant.begin(), relevant.end(), shown[i - 1])) continue;
    ++hits;
    if (first_hit == 0) first_hit = i;
    dcg += 1.0 / std::log2(static_cast<double>(i) + 1.0);
    sum_of_precisions += static_cast<double>(hits) / static_cast<double>(i);
  }
  double ideal = 0.0;
  for (std::size_t i = 1; i <= most_hits; ++i)
    ideal += 1.0 / std::log2(static_cast<double>(i) + 1.0);

  ListMetrics out;
  const auto h = static_cast<double>(hits);
  out.recall = h / static_cast<double>(relevant.size());
  out.capped_recall = h / static_cast<double>(most_hits);
  out.precision = h / static_cast<double>(k);
  out.hit = hits > 0 ? 1.0 : 0.0;
  out.ndcg = dcg / ideal;
  out.average_precision = sum_of_precisions / static_cast<double>(most_hits);
  out.reciprocal_rank = hits > 0 ? 1.0 / static_cast<double>(first_hit) : 0.0;
  return out;
}

void RecommendationAccumulator::add(const std::optional<ListMetrics>& list) {
  if (!list) {
    ++num_without_relevant_;
    return;
  }
  ++num_lists_;
  recall_.add(list->recall);
  capped_recall_.add(list->capped_recall);
  precision_.add(list->precision);
  hit_.add(list->hit);
  ndcg_.add(list->ndcg);
  average_precision_.add(list->average_precision);
  reciprocal_rank_.add(list->reciprocal_rank);
}

void RecommendationAccumulator::merge(const RecommendationAccumulator& other) {
  num_lists_ += other.num_lists_;
  num_without_relevant_ += other.num_without_relevant_;
  recall_.merge(other.recall_);
  capped_recall_.merge(other.capped_recall_);
  precision_.merge(other.precision_);
  hit_.merge(other.hit_);
  ndcg_.merge(other.ndcg_);
  average_precision_.merge(other.average_precision_);
  reciprocal_rank_.merge(other.reciprocal_rank_);
}

RecommendationMetrics RecommendationAccumulator::metrics() const {
  RecommendationMetrics out;
  out.num_lists = num_lists_;
  out.num_without_relevant = num_without_relevant_;
  out.recall = recall_.mean(num_lists_);
  out.capped_recall = capped_recall_.mean(num_lists_);
  out.precision = precision_.mean(num_lists_);
  out.hit_rate = hit_.mean(num_lists_);
  out.ndcg = ndcg_.mean(num_lists_);
  out.map = average_precision_.mean(num_lists_);
  out.mrr = reciprocal_rank_.mean(num_lists_);
  return out;
}

void CatalogueUse::add(std::span<const std::uint64_t> recommended, std::size_t k) {
  const auto shown = first(recommended, k);
  for (const std::uint64_t item : shown) {
    if (item >= shown_.size()) throw_unknown_item(item, shown_.size());
  }
  for (const std::uint64_t item : shown) ++shown_[item];
}

void CatalogueUse::merge(const CatalogueUse& other) {
  if (other.shown_.size() != shown_.size()) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.size_mismatch")
        .what("the uses of different catalogues cannot be merged")
        .found(fmt::format("{} items", other.shown_.size()))
        .expected(fmt::format("{} items", shown_.size()))
        .build();
  }
  for (std::size_t i = 0; i < shown_.size(); ++i) shown_[i] += other.shown_[i];
}

std::optional<double> CatalogueUse::coverage() const {
  if (shown_.empty()) return std::nullopt;
  const auto unused = std::count(shown_.begin(), shown_.end(), std::uint64_t{0});
  const auto num_items = static_cast<double>(shown_.size());
  return (num_items - static_cast<double>(unused)) / num_items;
}

std::optional<double> mean_popularity(std::span<const std::uint64_t> recommended, std::size_t k,
                                      std::span<const double> popularity) {
  const auto shown = first(recommended, k);
  double sum = 0.0;
  for (const std::uint64_t item : shown) {
    if (item >= popularity.size()) throw_unknown_item(item, popularity.size());
    sum += popularity[item];
  }
  if (shown.empty()) return std::nullopt;
  return sum / static_cast<double>(shown.size());
}

// With u_i = x_i / |x_i|, the cosines of all ordered pairs sum to |sum u_i|^2 - sum |u_i|^2.
std::optional<double> intra_list_diversity(std::span<const float> rows, std::size_t num_rows,
                                           std::size_t dim) {
  if (rows.size() != num_rows * dim) {
    throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.size_mismatch")
        .what("the vectors of the list do not have the stated shape")
        .found(fmt::format("{} numbers", rows.size()))
        .expected(fmt::format("{} rows of {}", num_rows, dim))
        .build();
  }
  if (num_rows < 2) return std::nullopt;
  std::vector<double> sum(dim, 0.0);
  double num_directions = 0.0;  // sum |u_i|^2: one for each row that is not zero
  for (std::size_t i = 0; i < num_rows; ++i) {
    const auto row = rows.subspan(i * dim, dim);
    double square = 0.0;
    for (const float x : row) square += static_cast<double>(x) * static_cast<double>(x);
    if (!std::isfinite(square)) {
      throw ErrorBuilder(ErrorKind::invalid_argument, "metrics.nan_vector")
          .what(fmt::format("vector {} of the list is not finite", i))
          .build();
    }
    if (square == 0.0) continue;
    num_directions += 1.0;
    const double inverse = 1.0 / std::sqrt(square);
    for (std::size_t d = 0; d < dim; ++d) sum[d] += inverse * static_cast<double>(row[d]);
  }
  double total = 0.0;
  for (const double x : sum) total += x * x;
  const auto n = static_cast<double>(num_rows);
  return 1.0 - (total - num_directions) / (n * (n - 1.0));
}

}  // namespace twhin::metrics
