#include "evaluate/list_judge.h"

#include <algorithm>
#include <array>
#include <limits>

namespace twhin {
namespace {

using metrics::ListMetrics;

constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

struct Mean {
  double sum = 0.0;
  std::uint64_t num = 0;
  void add(const std::optional<double>& x) {
    if (!x) return;
    sum += *x;
    ++num;
  }
  double value() const { return sum / static_cast<double>(num); }
};

}  // namespace

ListJudge::ListJudge(const ScoringView& model, const ItemLists& lists,
                     const RecommendOptions& options, std::size_t threads)
    : rows_(*model.rows[lists.item_type]),
      layout_(model.schema->entities[lists.item_type]),
      lists_(lists),
      options_(options),
      threads_(threads),
      figures_(options.k.size(), std::vector<Figures>(lists.users.size())),
      best_place_(lists.popularity.size(), kNowhere) {}

void ListJudge::add(std::size_t first, const std::vector<std::vector<std::uint64_t>>& recommended) {
  for_each_task(recommended.size(), threads_,
                [&](std::size_t i, std::size_t) { judge(first + i, recommended[i]); });
  for (const std::vector<std::uint64_t>& items : recommended) {
    for (std::uint32_t place = 0; place < items.size(); ++place) {
      best_place_[items[place]] = std::min(best_place_[items[place]], place);
    }
  }
}

void ListJudge::judge(std::size_t user, const std::vector<std::uint64_t>& items) {
  const auto wanted = lists_.relevant[user];
  const std::vector<std::uint64_t> relevant(wanted.begin(), wanted.end());
  const std::size_t dim = rows_.dim();
  std::vector<float> rows(items.size() * dim);
  for (std::size_t i = 0; i < items.size(); ++i) {
    rows_.read(layout_.id(static_cast<FlatId>(items[i])), rows.data() + i * dim);
  }
  for (std::size_t i = 0; i < options_.k.size(); ++i) {
    const std::size_t k = options_.k[i], length = std::min(k, items.size());
    Figures& figures = figures_[i][user];
    figures.metrics = metrics::list_metrics(items, relevant, k);
    if (!figures.metrics) continue;
    figures.diversity =
        metrics::intra_list_diversity(std::span(rows).first(length * dim), length, dim);
    figures.popularity = metrics::mean_popularity(items, k, lists_.popularity);
  }
}

std::vector<ListQuality> ListJudge::quality() const {
  std::vector<ListQuality> out;
  for (std::size_t i = 0; i < options_.k.size(); ++i) out.push_back(quality_at(i));
  return out;
}

ListQuality ListJudge::quality_at(std::size_t i) const {
  ListQuality out;
  out.k = options_.k[i];
  metrics::RecommendationAccumulator sum;
  Mean diversity, popularity;
  for (const Figures& each : figures_[i]) {
    sum.add(each.metrics);
    diversity.add(each.diversity);
    popularity.add(each.popularity);
  }
  out.metrics = sum.metrics();
  out.diversity = diversity.value();
  out.popularity = popularity.value();
  if (options_.resamples > 0 && out.metrics.num_lists > 0) out.intervals = intervals(figures_[i]);
  const auto num_shown = std::count_if(best_place_.begin(), best_place_.end(),
                                       [&](std::uint32_t place) { return place < out.k; });
  out.coverage = static_cast<double>(num_shown) / static_cast<double>(lists_.num_items());
  return out;
}

RecommendationIntervals ListJudge::intervals(std::span<const Figures> figures) const {
  std::vector<std::array<double, 5>> users;
  for (const Figures& each : figures) {
    if (!each.metrics) continue;
    const ListMetrics& m = *each.metrics;
    users.push_back({m.recall, m.precision, m.hit, m.ndcg, m.average_precision});
  }
  const auto means = [&](std::span<const std::uint32_t> counts, std::span<double> out) {
    std::fill(out.begin(), out.end(), 0.0);
    for (std::size_t u = 0; u < users.size(); ++u) {
      if (counts[u] == 0) continue;
      for (std::size_t s = 0; s < out.size(); ++s) out[s] += counts[u] * users[u][s];
    }
    for (double& each : out) each /= static_cast<double>(users.size());
  };
  metrics::BootstrapOptions bootstrap{options_.seed, options_.resamples};
  bootstrap.threads = threads_;
  const auto found = metrics::bootstrap(users.size(), 5, means, bootstrap);
  return {found[0], found[1], found[2], found[3], found[4]};
}

std::vector<std::vector<metrics::RecommendationMetrics>> ListJudge::groups(
    const Division& division) const {
  std::vector<std::vector<metrics::RecommendationMetrics>> out(division.names.size());
  for (const auto& at_k : figures_) {
    std::vector<metrics::RecommendationAccumulator> sums(out.size());
    for (std::size_t u = 0; u < at_k.size(); ++u) {
      sums[division.of_target[u]].add(at_k[u].metrics);
    }
    for (std::size_t g = 0; g < out.size(); ++g) out[g].push_back(sums[g].metrics());
  }
  return out;
}

}  // namespace twhin
